// SPDX-License-Identifier: Apache-2.0
#include "util/sandbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace krepro::util {

namespace {

void add(std::vector<std::string>& argv, std::initializer_list<std::string_view> words) {
    for (const auto word : words) argv.emplace_back(word);
}

void add_isolation(std::vector<std::string>& argv) {
    // No network, no foreign processes, no shared memory of the host, an unprivileged user
    // namespace where the kernel allows one.
    add(argv, {"--unshare-all"});
    // Killing bwrap ends the whole pid namespace: nothing can fork its way out of a deadline.
    add(argv, {"--die-with-parent"});
    // Its own session, so that it cannot push keystrokes into krepro's terminal (TIOCSTI).
    add(argv, {"--new-session"});
    // Root outside stays uid 0 inside: without capabilities it owns its files and nothing more.
    add(argv, {"--cap-drop", "ALL"});
    // A name that does not tell one build host from another.
    add(argv, {"--hostname", "krepro"});
}

void add_system(std::vector<std::string>& argv) {
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
    // Before the caller's folders, so that one below /tmp is not hidden.
    add(argv, {"--tmpfs", "/tmp"});
}

void add_folders(std::vector<std::string>& argv, const SandboxSpec& spec) {
    for (const auto& path : spec.read_only) add(argv, {"--ro-bind", path.native(), path.native()});
    // After the read-only ones: an object folder may lie inside a source tree.
    for (const auto& path : spec.read_write) add(argv, {"--bind", path.native(), path.native()});
    if (!spec.cwd.empty()) add(argv, {"--chdir", spec.cwd.native()});
}

bool has_name(const std::vector<std::string>& env, std::string_view name) {
    return std::any_of(env.begin(), env.end(), [&](const std::string& entry) {
        return entry.starts_with(name) && entry.substr(name.size()).starts_with("=");
    });
}

void add_environment(std::vector<std::string>& argv, const std::vector<std::string>& env) {
    // Tokens and GIT_*, KBUILD_* or MAKEFLAGS of the caller stay outside.
    add(argv, {"--clearenv"});
    if (!has_name(env, "PATH")) add(argv, {"--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin"});
    if (!has_name(env, "LC_ALL")) add(argv, {"--setenv", "LC_ALL", "C.UTF-8"});
    for (const auto& entry : env) {
        const auto equals = entry.find('=');
        if (equals == std::string::npos) continue;
        add(argv, {"--setenv", entry.substr(0, equals), entry.substr(equals + 1)});
    }
}

void add_limits(std::vector<std::string>& argv, const SandboxLimits& limits) {
    // No limit on processes: RLIMIT_NPROC does not count for uid 0. The deadline ends a fork bomb.
    std::vector<std::string> options;
    constexpr std::uint64_t mib = 1 << 20;
    if (limits.memory_mib != 0) options.push_back(fmt::format("--as={}", limits.memory_mib * mib));
    if (limits.file_size_mib != 0)
        options.push_back(fmt::format("--fsize={}", limits.file_size_mib * mib));
    if (options.empty()) return;
    argv.emplace_back("prlimit");
    argv.insert(argv.end(), options.begin(), options.end());
    argv.emplace_back("--");
}

}  // namespace

std::vector<std::string> sandbox_argv(const SandboxSpec& spec) {
    std::vector<std::string> argv{"bwrap"};
    add_isolation(argv);
    add_system(argv);
    add_folders(argv, spec);
    add_environment(argv, spec.env);
    argv.emplace_back("--");
    add_limits(argv, spec.limits);
    return argv;
}

}  // namespace krepro::util
