// SPDX-License-Identifier: Apache-2.0
// What LocalKernelSource does with a tree's own history.
#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "checkout/git.hpp"
#include "checkout/line.hpp"
#include "checkout/local_source.hpp"
#include "checkout/repository.hpp"
#include "checkout/work_tree.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::Checkout;
using model::Direction;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

bool is_whole_hash(std::string_view revision) {
    return revision.size() == 40 &&
           revision.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

asio::awaitable<bool> has_commit(fs::path repository, std::string commit) {
    std::error_code code;
    if (!fs::exists(repository, code)) co_return false;
    const auto found = co_await git(repository, words("cat-file", "-e", commit + "^{commit}"));
    co_return found.has_value();
}

}  // namespace

// The commits' objects on this machine, and a work tree to put them in. A job that goes on after a
// restart needs no network for what it has.
asio::awaitable<Result<void>> LocalKernelSource::have_commits(Place place,
                                                              std::vector<std::string> commits,
                                                              Progress progress) {
    const bool is_git = place.tree.kind == "git";
    bool all = true;
    for (const auto& commit : commits)
        if (const bool there = co_await has_commit(repository_of(place), commit); !there)
            all = false;
    if (is_git && all)
        co_return co_await add_worktree(mirror_of(cache_, place.tree.location), place.source(),
                                        commits.front());
    const auto base = co_await base_commit(place, std::move(progress));
    if (!base) co_return tl::unexpected(base.error());
    co_return Result<void>{};
}

asio::awaitable<Result<std::string>> LocalKernelSource::commit_or_base(Place place,
                                                                       std::string commit,
                                                                       Progress progress) {
    if (commit.empty()) co_return co_await base_commit(std::move(place), std::move(progress));
    const auto had = co_await have_commits(place, words(commit), std::move(progress));
    if (!had) co_return tl::unexpected(had.error());
    if (const bool there = co_await has_commit(repository_of(place), commit); there)
        co_return commit;
    co_return fail(
        ErrorKind::conflict,
        fmt::format("the commit that the job began with is in tree {} no more", place.tree.name),
        commit, "submit it again: trials of different kernels do not add up");
}

asio::awaitable<Result<Checkout>> LocalKernelSource::checkout_of(Place place, std::string commit) {
    const auto name = keep_state(place.folder, {commit, {}, {}});
    if (!name) co_return tl::unexpected(name.error());
    const auto content = co_await git(place.source(), words("rev-parse", commit + "^{tree}"));
    if (!content) co_return tl::unexpected(content.error());
    co_return Checkout{place.tree.name, commit, place.source(), *name, *content, {}};
}

asio::awaitable<Result<Change>> LocalKernelSource::find_change(std::string tree,
                                                               std::string commits,
                                                               Progress progress) {
    // Before anything is fetched for a text that names nothing.
    if (const auto names = split_commits(commits); !names) co_return tl::unexpected(names.error());
    const auto held = co_await hold(tree);
    if (!held) co_return tl::unexpected(held.error());
    const auto place = held->place;
    const auto base = co_await base_commit(place, or_silent(std::move(progress)));
    if (!base) co_return tl::unexpected(base.error());
    auto change = co_await read_change(repository_of(place), commits);
    if (!change && change.error().kind == ErrorKind::not_found)
        change.error().where = fmt::format("tree {}", place.tree.name);
    co_return change;
}

asio::awaitable<Result<Change>> LocalKernelSource::find_at_hand(std::string tree,
                                                                std::string commits) {
    if (const auto names = split_commits(commits); !names) co_return tl::unexpected(names.error());
    auto found = find_tree(tree);
    if (!found) co_return tl::unexpected(found.error());
    const auto place = place_of(std::move(*found));
    if (!is_whole(place))
        co_return fail(ErrorKind::not_found,
                       "the tree is not fetched yet: its commits are read when a job does that",
                       fmt::format("tree {}", place.tree.name), "submit it as it is");
    auto change = co_await read_change(repository_of(place), commits);
    if (!change && change.error().kind == ErrorKind::not_found)
        change.error().where = fmt::format("tree {}, as it was last fetched", place.tree.name);
    co_return change;
}

asio::awaitable<Result<Pair>> LocalKernelSource::prepare_change(std::string tree,
                                                                std::string before,
                                                                std::string after,
                                                                Progress progress) {
    const auto held = co_await hold(tree);
    if (!held) co_return tl::unexpected(held.error());
    const auto place = held->place;
    const auto there =
        co_await have_commits(place, words(before, after), or_silent(std::move(progress)));
    if (!there) co_return tl::unexpected(there.error());
    auto unpatched = co_await checkout_of(place, before);
    if (!unpatched) co_return tl::unexpected(unpatched.error());
    auto patched = co_await checkout_of(place, after);
    if (!patched) co_return tl::unexpected(patched.error());
    Pair pair{Direction::forward, std::move(*unpatched), std::move(*patched)};
    co_return co_await settle(place, std::move(pair));
}

// Nothing is fetched for a whole hash that is there: the steps of a bisection name such.
asio::awaitable<Result<std::string>> LocalKernelSource::one_commit(Place place,
                                                                   std::string revision,
                                                                   Progress progress) {
    progress = or_silent(std::move(progress));
    if (is_whole_hash(revision)) {
        const auto there = co_await have_commits(place, words(revision), progress);
        if (!there) co_return tl::unexpected(there.error());
        co_return co_await find_commit(repository_of(place), revision);
    }
    auto commit = co_await base_commit(place, progress);
    if (commit && !revision.empty()) commit = co_await find_commit(repository_of(place), revision);
    co_return commit;
}

asio::awaitable<Result<Checkout>> LocalKernelSource::prepare_one(std::string tree,
                                                                 std::string revision,
                                                                 Progress progress) {
    const auto held = co_await hold(tree);
    if (!held) co_return tl::unexpected(held.error());
    const auto place = held->place;
    const auto commit = co_await one_commit(place, std::move(revision), std::move(progress));
    if (!commit) co_return tl::unexpected(commit.error());
    auto one = co_await checkout_of(place, *commit);
    if (!one) co_return one;
    const Pair itself{Direction::forward, *one, *one};
    const auto near = co_await bring_near(place, itself);
    if (!near) co_return tl::unexpected(near.error());
    co_return one;
}

asio::awaitable<Result<Line>> LocalKernelSource::find_line(std::string tree, std::string good,
                                                           std::string bad, Progress progress) {
    for (const auto& name : {good, bad})
        if (const auto one = split_commits(name); !one) co_return tl::unexpected(one.error());
    const auto held = co_await hold(tree);
    if (!held) co_return tl::unexpected(held.error());
    const auto place = held->place;
    const auto base = co_await base_commit(place, or_silent(std::move(progress)));
    if (!base) co_return tl::unexpected(base.error());
    auto line = co_await read_line(repository_of(place), good, bad);
    if (!line && line.error().kind == ErrorKind::not_found)
        line.error().where = fmt::format("tree {}", place.tree.name);
    co_return line;
}

asio::awaitable<Result<std::string>> LocalKernelSource::update(std::string tree,
                                                               Progress progress) {
    const auto held = co_await hold(tree);
    if (!held) co_return tl::unexpected(held.error());
    const auto place = held->place;
    progress = or_silent(std::move(progress));
    // A package whose version is left open may have a newer one now; all else is what it was.
    const bool open = place.tree.kind.starts_with("debian-") &&
                      (place.tree.version.empty() || place.tree.version.ends_with('*'));
    Result<std::string> base;
    if (open)
        base = co_await make(place, progress);
    else
        base = co_await base_commit(place, progress);
    if (!base || place.tree.kind == "git") co_return base;
    const auto stamp = util::read_file(place.folder / "stamp", 1U << 16U);
    if (!stamp) co_return tl::unexpected(stamp.error());
    // "COMMIT\nNAME VERSION\n..."
    const auto line = stamp->find('\n') + 1;
    const auto version = stamp->find(' ', line) + 1;
    co_return stamp->substr(version, stamp->find('\n', version) - version);
}

asio::awaitable<Result<void>> LocalKernelSource::remove_files(std::string tree) {
    auto found = find_tree(tree);
    if (!found) co_return tl::unexpected(found.error());
    const auto place = place_of(std::move(*found));
    std::error_code code;
    if (!fs::exists(place.folder, code)) co_return Result<void>{};
    const auto lock =
        util::FileLock::take(place.folder.string() + ".lock", util::FileLock::Wait::no);
    if (!lock)
        co_return fail(ErrorKind::conflict, "a job is at work on the tree", place.tree.name,
                       "wait for it or cancel it, and try again");
    fs::remove_all(place.folder, code);
    if (!code) co_return Result<void>{};
    co_return fail(ErrorKind::unavailable, "cannot remove: " + code.message(),
                   place.folder.string(), "remove the folder by hand");
}

}  // namespace krepro::checkout
