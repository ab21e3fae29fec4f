// SPDX-License-Identifier: Apache-2.0
#include "checkout/git.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "util/files.hpp"
#include "util/sandbox.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::pair<std::string_view, std::string_view> k_config[] = {
    {"safe.directory", "*"},          // a user's repository, read by a daemon that runs as root
    {"core.autocrlf", "false"},       // files as they are
    {"core.hooksPath", "/dev/null"},  // nothing of a cloned repository is run
    {"core.fsmonitor", "false"},
    {"core.quotePath", "false"},
    {"core.compression", "0"},  // objects are read once or never: time counts, not space
    {"gc.auto", "0"},           // no repacking of 80,000 objects in the middle of a job
    {"advice.detachedHead", "false"},
    {"commit.gpgSign", "false"},
};

std::vector<std::string> git_environment() {
    auto env = util::scrubbed_environment();
    for (const auto* entry :
         {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
          // No ext:: and the like, which run commands.
          "GIT_ALLOW_PROTOCOL=file:https:http:git:ssh", "GIT_AUTHOR_NAME=krepro",
          "GIT_AUTHOR_EMAIL=krepro@localhost", "GIT_AUTHOR_DATE=2000-01-01T00:00:00Z",
          "GIT_COMMITTER_NAME=krepro", "GIT_COMMITTER_EMAIL=krepro@localhost",
          "GIT_COMMITTER_DATE=2000-01-01T00:00:00Z"})
        env.emplace_back(entry);
    std::size_t count = 0;
    for (const auto& [key, value] : k_config) {
        env.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", count, key));
        env.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", count++, value));
    }
    env.push_back(fmt::format("GIT_CONFIG_COUNT={}", count));
    return env;
}

// The other side of a clone, on this machine, is a git of its own that is not given our settings:
// it must be told by itself that a user's repository may be read by a daemon that runs as root.
std::vector<std::string> other_side(const std::string& location) {
    if (!location.starts_with('/') && !location.starts_with("file:")) return {};
    return words("--upload-pack=git -c safe.directory='*' upload-pack");
}

// The repositories that a repository on this machine borrows objects from, and those they borrow
// from.
void add_alternates(const fs::path& repository, std::vector<fs::path>& folders) {
    constexpr std::size_t k_enough = 20;
    for (const auto* inside : {"objects/info/alternates", ".git/objects/info/alternates"}) {
        const auto text = util::read_file(repository / inside, 1U << 16U);
        std::size_t at = 0;
        while (text && at < text->size() && folders.size() < k_enough) {
            const auto end = std::min(text->find('\n', at), text->size());
            const fs::path objects = text->substr(at, end - at);
            at = end + 1;
            std::error_code code;
            if (!objects.is_absolute() || !fs::is_directory(objects, code)) continue;
            folders.push_back(objects.parent_path());
            add_alternates(objects.parent_path(), folders);
        }
    }
}

bool is_on_this_machine(const std::string& location) {
    return location.starts_with('/') || location.starts_with("file:");
}

fs::path path_of(const std::string& location) {
    constexpr std::string_view k_file = "file://";
    return location.starts_with(k_file) ? location.substr(k_file.size()) : location;
}

bool is_over_ssh(const std::string& location) {
    return location.starts_with("ssh:") || location.starts_with("git+ssh:") ||
           location.find("://") == std::string::npos;
}

// What a fetch may read, beside the repository that it writes.
std::vector<fs::path> readable_for(const std::string& location) {
    if (is_on_this_machine(location)) {
        auto folders = git_folders(path_of(location));
        for (const auto& folder : std::vector(folders)) add_alternates(folder, folders);
        return folders;
    }
    std::vector<fs::path> keys;
    std::error_code code;
    if (const char* home = std::getenv("HOME"); home != nullptr && is_over_ssh(location))
        if (const auto folder = fs::path(home) / ".ssh"; fs::is_directory(folder, code))
            keys.push_back(folder);
    return keys;
}

}  // namespace

util::ProcessSpec git_command(const fs::path& repository, std::vector<std::string> arguments) {
    util::ProcessSpec spec;
    spec.argv = {"git"};
    spec.argv.insert(spec.argv.end(), std::make_move_iterator(arguments.begin()),
                     std::make_move_iterator(arguments.end()));
    spec.cwd = repository;
    spec.env = git_environment();
    spec.deadline = std::chrono::minutes(30);
    spec.streams = util::Streams::separate;
    return spec;
}

util::ProcessSpec in_git_sandbox(const fs::path& repository, util::ProcessSpec spec,
                                 std::vector<fs::path> writable) {
    util::SandboxSpec sandbox;
    sandbox.read_write = git_folders(repository);
    sandbox.read_write.insert(sandbox.read_write.end(), writable.begin(), writable.end());
    sandbox.cwd = spec.cwd;
    sandbox.env = spec.env;
    auto argv = util::sandbox_argv(sandbox);
    argv.insert(argv.end(), spec.argv.begin(), spec.argv.end());
    spec.argv = std::move(argv);
    return spec;
}

asio::awaitable<Result<std::string>> git(fs::path repository, std::vector<std::string> arguments) {
    auto spec = git_command(repository, std::move(arguments));
    auto out = co_await util::run_checked(in_git_sandbox(repository, std::move(spec)));
    if (out && out->ends_with('\n')) out->pop_back();
    co_return out;
}

asio::awaitable<Result<std::string>> commit_all(fs::path folder, std::string message) {
    // -f: a tarball may hold files that its own .gitignore names, and they are part of the tree.
    auto out = co_await git(folder, words("init", "-q", "--template="));
    if (out) out = co_await git(folder, words("add", "-A", "-f"));
    if (out) out = co_await git(folder, words("commit", "-q", "-m", message));
    if (out) out = co_await git(folder, words("rev-parse", "HEAD"));
    co_return out;
}

void remove_stale_locks(const fs::path& git_folder) {
    std::vector<fs::path> stale;
    std::error_code ignored;
    const auto note = [&](const fs::directory_entry& entry) {
        if (entry.path().extension() == ".lock") stale.push_back(entry.path());
    };
    for (const auto& entry : fs::directory_iterator(git_folder, ignored)) note(entry);
    // No ref's own name ends so: git refuses it.
    for (const auto& entry : fs::recursive_directory_iterator(git_folder / "refs", ignored))
        note(entry);
    for (const auto& path : stale) fs::remove(path, ignored);
}

Result<util::ProcessSpec> fetch_command(const fs::path& repository, const std::string& location,
                                        std::vector<std::string> refs) {
    std::error_code code;
    const bool here = is_on_this_machine(location);
    if (here && !fs::exists(path_of(location), code))
        return fail(ErrorKind::unavailable, "there is no such repository on this machine", location,
                    "name a git repository by its whole path");
    auto arguments = words("fetch", "-q", "--force", "--prune", "--no-write-fetch-head");
    for (const auto& option : other_side(location)) arguments.push_back(option);
    arguments.emplace_back("--");
    arguments.push_back(location);
    arguments.insert(arguments.end(), refs.begin(), refs.end());
    auto spec = git_command(repository, std::move(arguments));
    util::SandboxSpec sandbox;
    sandbox.read_only = readable_for(location);
    sandbox.read_write = {repository};
    sandbox.cwd = repository;
    sandbox.env = spec.env;
    sandbox.network = here ? util::Network::none : util::Network::host;
    auto argv = util::sandbox_argv(sandbox);
    argv.insert(argv.end(), spec.argv.begin(), spec.argv.end());
    spec.argv = std::move(argv);
    return spec;
}

}  // namespace krepro::checkout
