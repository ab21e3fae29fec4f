// SPDX-License-Identifier: Apache-2.0
#include "checkout/repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "checkout/git.hpp"
#include "checkout/work_tree.hpp"
#include "util/hash.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::size_t k_longest_name = 300;
constexpr std::size_t k_most_diff = 16U << 20U;
constexpr int k_most_commits = 200;  // of a range, whose messages are read

// A work tree of a mirror that was deleted since is of no use.
asio::awaitable<bool> is_worktree_of(fs::path folder, fs::path mirror) {
    std::error_code code;
    if (!fs::is_regular_file(folder / ".git", code)) co_return false;
    const auto common = co_await git(folder, words("rev-parse", "--git-common-dir"));
    const bool same = common && fs::equivalent(*common, mirror, code);
    co_return same;
}

asio::awaitable<Result<void>> init_mirror(fs::path folder) {
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    auto done = co_await git(folder, words("init", "-q", "--bare", "--template="));
    // HEAD is what the other side says it is, whatever its branch is called.
    if (done) done = co_await git(folder, words("symbolic-ref", "HEAD", "refs/krepro/head"));
    if (!done) co_return tl::unexpected(done.error());
    co_return Result<void>{};
}

// The parents of a commit.
asio::awaitable<Result<std::vector<std::string>>> parents_of(fs::path repository,
                                                             std::string commit) {
    const auto line =
        co_await git(repository, words("rev-list", "--parents", "-n", "1", commit, "--"));
    if (!line) co_return tl::unexpected(line.error());
    std::vector<std::string> hashes;
    for (std::size_t at = 0; at < line->size();) {
        const auto end = std::min(line->find(' ', at), line->size());
        hashes.push_back(line->substr(at, end - at));
        at = end + 1;
    }
    if (!hashes.empty()) hashes.erase(hashes.begin());
    co_return hashes;
}

// What a commit alone is compared with.
asio::awaitable<Result<std::string>> first_parent(fs::path repository, std::string commit,
                                                  std::string named) {
    const auto parents = co_await parents_of(repository, commit);
    if (!parents) co_return tl::unexpected(parents.error());
    if (parents->empty())
        co_return fail(ErrorKind::invalid_input,
                       fmt::format("commit {} has no parent to compare it with", named), commit,
                       "a root commit is a whole tree: name a later commit, or two as A..B; "
                       "`krepro tree git` makes a repository with history of a Debian tree");
    co_return parents->front();
}

asio::awaitable<Result<bool>> comes_from(fs::path repository, std::string before,
                                         std::string after) {
    auto spec = git_command(repository, words("merge-base", "--is-ancestor", before, after));
    const auto result = co_await util::run_process(in_git_sandbox(repository, spec));
    if (!result) co_return tl::unexpected(result.error());
    if (result->exit_code > 1) co_return tl::unexpected(util::process_error(spec, *result));
    co_return result->ok();
}

// The messages of before..after, the last first; of `after` alone when there is no way between.
asio::awaitable<Result<void>> read_messages(fs::path repository, Change& change) {
    const auto of_one = words("log", "-1", "--encoding=UTF-8", "--no-show-signature",
                              "--format=%an <%ae>%n%B", change.after, "--");
    auto last = co_await git(repository, of_one);
    if (!last) co_return tl::unexpected(last.error());
    const auto end = std::min(last->find('\n'), last->size());
    change.author = last->substr(0, end);
    change.message = last->substr(std::min(end + 1, last->size()));
    const auto line = co_await comes_from(repository, change.before, change.after);
    if (!line) co_return tl::unexpected(line.error());
    if (!*line) {
        change.notes.push_back(fmt::format("a pair: {} does not come from {}",
                                           change.after.substr(0, 12),
                                           change.before.substr(0, 12)));
        co_return Result<void>{};
    }
    // Of a merge's first-parent line: what it brought in is its own business.
    const auto of_others = words("log", fmt::format("--max-count={}", k_most_commits), "--skip=1",
                                 "--first-parent", "--encoding=UTF-8", "--no-show-signature",
                                 "--format=%n%B", change.before + ".." + change.after, "--");
    const auto others = co_await git(repository, of_others);
    if (!others) co_return tl::unexpected(others.error());
    change.message += *others;
    const auto counted = co_await git(
        repository, words("rev-list", "--count", change.before + ".." + change.after, "--"));
    if (counted && *counted != "1" && !others->empty())
        change.notes.push_back(fmt::format("a range of {} commits, taken as one change", *counted));
    co_return Result<void>{};
}

asio::awaitable<Result<void>> read_difference(fs::path repository, Change& change) {
    auto spec = git_command(
        repository, words("diff", "--no-ext-diff", "--no-textconv", "--no-color", "-M",
                          "--src-prefix=a/", "--dst-prefix=b/", change.before, change.after, "--"));
    spec.keep_bytes = k_most_diff;
    auto diff = co_await util::run_checked(in_git_sandbox(repository, std::move(spec)));
    if (!diff) co_return tl::unexpected(diff.error());
    if (diff->size() >= k_most_diff)
        co_return fail(ErrorKind::too_large, "the commit's change has more than 16 MiB",
                       change.after, "name the commit that matters, not all of a range or merge");
    if (diff->empty())
        co_return fail(ErrorKind::invalid_input, "the commit changes no file", change.after,
                       "name a commit that does: both kernels would be the same");
    change.diff = std::move(*diff);
    co_return Result<void>{};
}

}  // namespace

Mirror mirror_of(const fs::path& cache, const std::string& location) {
    return {cache / "mirrors" / (util::sha256_hex(location).substr(0, 16) + ".git"), location};
}

asio::awaitable<Result<void>> fetch(Mirror mirror) {
    std::error_code ignored;
    fs::create_directories(mirror.folder.parent_path(), ignored);
    const auto lock = co_await lock_tree(mirror.folder.string() + ".lock");
    if (!lock) co_return tl::unexpected(lock.error());
    if (!fs::exists(mirror.folder / "HEAD", ignored))
        if (auto made = co_await init_mirror(mirror.folder); !made) co_return made;
    remove_stale_locks(mirror.folder);
    auto refs =
        words("+HEAD:refs/krepro/head", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*");
    auto spec = fetch_command(mirror.folder, mirror.location, std::move(refs));
    if (!spec) co_return tl::unexpected(spec.error());
    const auto fetched = co_await util::run_checked(std::move(*spec));
    // A use, also when there was nothing new.
    fs::last_write_time(mirror.folder, fs::file_time_type::clock::now(), ignored);
    if (fetched) co_return Result<void>{};
    co_return fail(ErrorKind::unavailable, "the repository cannot be fetched from", mirror.location,
                   fetched.error().hint.empty() ? fetched.error().what : fetched.error().hint);
}

asio::awaitable<Result<std::string>> find_commit(fs::path repository, std::string revision) {
    // What a mirror calls it: its branches are the other side's own.
    auto names = words("refs/tags/" + revision, "refs/heads/" + revision, revision);
    if (revision.empty()) names = words("HEAD");
    if (revision.size() > k_longest_name) names.clear();
    for (const auto& name : names) {
        auto hash = co_await git(repository, words("rev-parse", "--verify", "-q",
                                                   "--end-of-options", name + "^{commit}"));
        // git before 2.43 prints --end-of-options too.
        if (hash && !hash->empty()) co_return hash->substr(hash->rfind('\n') + 1);
    }
    co_return fail(ErrorKind::not_found,
                   fmt::format("there is no revision {}", revision.substr(0, k_longest_name)),
                   "repository", "name a commit, tag or branch of the repository");
}

asio::awaitable<Result<void>> add_worktree(Mirror mirror, fs::path folder, std::string commit) {
    if (co_await is_worktree_of(folder, mirror.folder)) co_return Result<void>{};
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    fs::remove(folder.parent_path() / "at", ignored);
    fs::create_directories(folder, ignored);
    // -f: one that was deleted by hand is still known to the mirror. Never `worktree prune`: in the
    // sandbox the other trees' folders cannot be seen, and would be taken for gone.
    auto spec = git_command(mirror.folder, words("worktree", "add", "-q", "-f", "--detach",
                                                 "--no-checkout", folder.string(), commit));
    spec = in_git_sandbox(mirror.folder, std::move(spec), std::vector<fs::path>{folder});
    const auto added = co_await util::run_checked(std::move(spec));
    if (!added) co_return tl::unexpected(added.error());
    co_return Result<void>{};
}

Result<CommitNames> split_commits(const std::string& commits) {
    const auto dots = commits.find("..");
    const auto bad = [&](const char* what) {
        return fail(ErrorKind::invalid_input, fmt::format("\"{}\" {}", commits.substr(0, 80), what),
                    "field commit", "name one commit, or two as A..B");
    };
    if (commits.empty() || commits.size() > 2 * k_longest_name) return bad("is no commit");
    const auto harmless = [](unsigned char c) { return c > ' ' && c != 0x7f; };
    if (!std::all_of(commits.begin(), commits.end(), harmless) || commits.front() == '-')
        return bad("is no commit");
    if (dots == std::string::npos) return CommitNames{"", commits};
    CommitNames names{commits.substr(0, dots), commits.substr(dots + 2)};
    if (names.before.empty() || names.after.empty() || names.after.front() == '.' ||
        names.after.find("..") != std::string::npos)
        return bad("is no range");
    return names;
}

asio::awaitable<Result<Change>> read_change(fs::path repository, std::string commits) {
    const auto names = split_commits(commits);
    if (!names) co_return tl::unexpected(names.error());
    Change change;
    auto after = co_await find_commit(repository, names->after);
    if (!after) co_return tl::unexpected(after.error());
    change.after = std::move(*after);
    Result<std::string> before;
    if (names->before.empty())
        before = co_await first_parent(repository, change.after, names->after);
    else
        before = co_await find_commit(repository, names->before);
    if (!before) co_return tl::unexpected(before.error());
    change.before = std::move(*before);
    const auto parents = co_await parents_of(repository, change.after);
    if (parents && parents->size() > 1)
        change.notes.push_back(fmt::format("a merge of {} parents, compared with {}",
                                           parents->size(),
                                           names->before.empty() ? "its first" : names->before));
    auto done = co_await read_difference(repository, change);
    if (done) done = co_await read_messages(repository, change);
    if (!done) co_return tl::unexpected(done.error());
    co_return change;
}

}  // namespace krepro::checkout
