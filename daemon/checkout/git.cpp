// SPDX-License-Identifier: Apache-2.0
#include "checkout/git.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

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

// What a revision may be called in our clone.
std::vector<std::string> candidates(const std::string& revision) {
    if (revision.empty()) return words("refs/krepro/head");
    return words("refs/tags/" + revision, "refs/remotes/origin/" + revision, revision);
}

// The first of the candidates that is a commit.
asio::awaitable<Result<std::string>> resolve(fs::path repository, std::string revision) {
    for (const auto& name : candidates(revision)) {
        auto hash = co_await git(repository, words("rev-parse", "--verify", "-q",
                                                   "--end-of-options", name + "^{commit}"));
        // git before 2.43 prints --end-of-options too.
        if (hash && !hash->empty()) co_return hash->substr(hash->rfind('\n') + 1);
    }
    co_return fail(ErrorKind::not_found, fmt::format("there is no revision {}", revision),
                   "repository", "name a commit, tag or branch of the repository");
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

asio::awaitable<Result<std::string>> git(fs::path repository, std::vector<std::string> arguments) {
    auto out = co_await util::run_checked(git_command(repository, std::move(arguments)));
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

asio::awaitable<Result<std::string>> fetch_revision(fs::path repository, std::string location,
                                                    std::string revision) {
    if (!fs::exists(repository / ".git")) {
        const auto cloned = co_await git(repository.parent_path(),
                                         words("clone", "-q", "--no-checkout", "--template=", "--",
                                               location, repository.string()));
        if (!cloned)
            co_return fail(ErrorKind::unavailable, "the repository cannot be cloned", location,
                           cloned.error().hint);
    }
    const auto fetched = co_await git(
        repository,
        words("fetch", "-q", "--force", "--no-write-fetch-head", "origin", "+HEAD:refs/krepro/head",
              "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"));
    if (!fetched)
        co_return fail(ErrorKind::unavailable, "the repository cannot be fetched from", location,
                       fetched.error().hint);
    co_return co_await resolve(repository, std::move(revision));
}

}  // namespace krepro::checkout
