// SPDX-License-Identifier: Apache-2.0
#include "util/sandbox.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <system_error>

namespace krepro::util {

namespace {

namespace fs = std::filesystem;

// Between the ids of people and services and those that containers are given.
constexpr unsigned k_sandbox_id = 64737;

bool is_root() {
    return ::geteuid() == 0;
}

void add(std::vector<std::string>& argv, std::initializer_list<std::string_view> words) {
    for (const auto word : words) argv.emplace_back(word);
}

void add_isolation(std::vector<std::string>& argv, Network network) {
    // No network, no foreign processes, no shared memory of the host, an unprivileged user
    // namespace where the kernel allows one.
    add(argv, {"--unshare-all"});
    if (network == Network::host) add(argv, {"--share-net"});
    // Killing bwrap ends the whole pid namespace: nothing can fork its way out of a deadline.
    add(argv, {"--die-with-parent"});
    // Its own session, so that it cannot push keystrokes into krepro's terminal (TIOCSTI).
    add(argv, {"--new-session"});
    // Root outside stays uid 0 inside: without capabilities it owns its files and nothing more.
    add(argv, {"--cap-drop", "ALL"});
    // A name that does not tell one build host from another.
    add(argv, {"--hostname", "krepro"});
}

constexpr std::uint64_t k_mib = 1 << 20;

// A folder whose files are in memory.
void add_memory_folder(std::vector<std::string>& argv, std::string_view folder,
                       std::uint64_t most_mib) {
    if (most_mib != 0) add(argv, {"--size", std::to_string(most_mib * k_mib)});
    add(argv, {"--tmpfs", folder});
}

void add_system(std::vector<std::string>& argv, const SandboxLimits& limits) {
    // Compilers, git, shells. The lib folders are links into /usr on a merged system, and folders
    // of their own elsewhere: binding what is there serves both.
    add(argv, {"--ro-bind", "/usr", "/usr"});
    for (const auto* folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"})
        add(argv, {"--ro-bind-try", folder, folder});
    // awk, cc and others are links through alternatives; the cache makes the loader start faster.
    // Nothing else of /etc: no accounts, no host names, no credentials.
    for (const auto* file : {"/etc/alternatives", "/etc/ld.so.cache"})
        add(argv, {"--ro-bind-try", file, file});
    // Makefiles ask /proc for themselves and write to /dev/null; both are fresh instances.
    add(argv, {"--proc", "/proc", "--dev", "/dev"});
    add_memory_folder(argv, "/dev/shm", limits.tmp_mib);
    // /dev itself is in memory too, and has no size of its own.
    add(argv, {"--remount-ro", "/dev"});
    // Before the caller's folders, so that one below /tmp is not hidden.
    add_memory_folder(argv, "/tmp", limits.tmp_mib);
}

// What a program needs to find another machine and to know it again.
void add_names(std::vector<std::string>& argv) {
    for (const auto* file :
         {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services", "/etc/ssl",
          "/etc/ca-certificates", "/etc/passwd", "/etc/group"})
        add(argv, {"--ro-bind-try", file, file});
}

void add_folders(std::vector<std::string>& argv, const SandboxSpec& spec) {
    for (const auto& path : spec.read_only) add(argv, {"--ro-bind", path.native(), path.native()});
    // After the read-only ones: an object folder may lie inside a source tree.
    for (const auto& path : spec.read_write) add(argv, {"--bind", path.native(), path.native()});
    for (const auto& overlay : spec.overlays)
        add(argv, {"--ro-bind", overlay.from.native(), overlay.over.native()});
    // The root, in which all this is mounted, is in memory as well: nothing more comes into it.
    add(argv, {"--remount-ro", "/"});
    if (!spec.cwd.empty()) add(argv, {"--chdir", spec.cwd.native()});
}

bool has_name(const std::vector<std::string>& env, std::string_view name) {
    return std::any_of(env.begin(), env.end(), [&](const std::string& entry) {
        return entry.starts_with(name) && entry.substr(name.size()).starts_with("=");
    });
}

// "NAME=value", all of it: tokens and GIT_*, KBUILD_* or MAKEFLAGS of the caller stay outside.
std::vector<std::string> environment_of(const std::vector<std::string>& env) {
    std::vector<std::string> all;
    if (!has_name(env, "PATH")) all.emplace_back("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    if (!has_name(env, "LC_ALL")) all.emplace_back("LC_ALL=C.UTF-8");
    std::copy_if(env.begin(), env.end(), std::back_inserter(all),
                 [](const std::string& entry) { return entry.find('=') != std::string::npos; });
    return all;
}

void add_environment(std::vector<std::string>& argv, const std::vector<std::string>& env) {
    add(argv, {"--clearenv"});
    for (const auto& entry : environment_of(env)) {
        const auto equals = entry.find('=');
        add(argv, {"--setenv", entry.substr(0, equals), entry.substr(equals + 1)});
    }
}

std::atomic<Sandboxes> sandboxes_of_process{Sandboxes::made};

// What is left of a room that is refused.
void add_no_room(std::vector<std::string>& argv, const SandboxSpec& spec) {
    add(argv, {"env", "-i"});
    if (!spec.cwd.empty()) argv.push_back("--chdir=" + spec.cwd.native());
    argv.emplace_back("--");
    for (auto& entry : environment_of(spec.env)) argv.push_back(std::move(entry));
}

void add_limits(std::vector<std::string>& argv, const SandboxLimits& limits) {
    std::vector<std::string> options;
    if (limits.memory_mib != 0)
        options.push_back(fmt::format("--as={}", limits.memory_mib * k_mib));
    if (limits.file_size_mib != 0)
        options.push_back(fmt::format("--fsize={}", limits.file_size_mib * k_mib));
    if (limits.processes != 0) options.push_back(fmt::format("--nproc={}", limits.processes));
    if (options.empty()) return;
    argv.emplace_back("prlimit");
    argv.insert(argv.end(), options.begin(), options.end());
    argv.emplace_back("--");
}

bool is_in_no_room(const std::vector<std::string>& argv) {
    return argv.size() > 1 && argv[0] == "env" && argv[1] == "-i";
}

bool is_sandboxed(const std::vector<std::string>& argv) {
    return !argv.empty() &&
           (argv.front() == "bwrap" || argv.front() == "setpriv" || is_in_no_room(argv));
}

bool is_assignment(const std::string& word) {
    return word.find('=') != std::string::npos;
}

}  // namespace

void use_sandboxes(Sandboxes sandboxes) {
    sandboxes_of_process = sandboxes;
}

Sandboxes sandboxes() {
    return sandboxes_of_process;
}

std::vector<std::string> sandbox_argv(const SandboxSpec& spec) {
    std::vector<std::string> argv;
    if (spec.user == SandboxUser::own && is_root())
        argv = {"setpriv", fmt::format("--reuid={}", k_sandbox_id),
                fmt::format("--regid={}", k_sandbox_id), "--clear-groups"};
    if (sandboxes() == Sandboxes::refused) {
        add_no_room(argv, spec);
        add_limits(argv, spec.limits);
        return argv;
    }
    argv.emplace_back("bwrap");
    add_isolation(argv, spec.network);
    add_system(argv, spec.limits);
    if (spec.network == Network::host) add_names(argv);
    add_folders(argv, spec);
    add_environment(argv, spec.env);
    argv.emplace_back("--");
    add_limits(argv, spec.limits);
    return argv;
}

Result<void> give_to_sandbox_user(const fs::path& folder) {
    if (!is_root()) return {};
    const auto give = [](const fs::path& path) -> Result<void> {
        struct stat info {};
        const bool looked = ::lstat(path.c_str(), &info) == 0;
        if (looked && info.st_uid == k_sandbox_id) return {};
        if (looked && ::lchown(path.c_str(), k_sandbox_id, k_sandbox_id) == 0) return {};
        return fail(ErrorKind::unavailable, std::generic_category().message(errno), path.string(),
                    "krepro needs a cache on a file system with owners");
    };
    auto given = give(folder);
    std::error_code code;
    for (fs::recursive_directory_iterator at(folder, code), end; !code && given && at != end;
         at.increment(code))
        given = give(at->path());
    if (code) return fail(ErrorKind::unavailable, code.message(), folder.string());
    return given;
}

std::string command_words(const std::vector<std::string>& argv) {
    auto first = argv.begin();
    if (is_sandboxed(argv)) {
        const auto end_of_room = std::find(first, argv.end(), "--");
        if (end_of_room != argv.end()) first = end_of_room + 1;
        const bool no_room = std::find(argv.begin(), end_of_room, "env") != end_of_room;
        if (no_room) first = std::find_if_not(first, argv.end(), is_assignment);
        // The room's limits, which are set from inside.
        const auto end_of_limits = std::find(first, argv.end(), "--");
        if (first != argv.end() && *first == "prlimit" && end_of_limits != argv.end())
            first = end_of_limits + 1;
    }
    return fmt::format("{}", fmt::join(first, argv.end(), " "));
}

bool sandbox_was_refused(const std::vector<std::string>& argv, std::string_view output) {
    // What bwrap itself says; that it found no such program is the program's matter.
    return is_sandboxed(argv) && output.starts_with("bwrap: ") &&
           !output.starts_with("bwrap: execvp ");
}

}  // namespace krepro::util
