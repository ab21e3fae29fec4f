// SPDX-License-Identifier: Apache-2.0
#include "checkout/local_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "checkout/git.hpp"
#include "checkout/make_tree.hpp"
#include "checkout/repository.hpp"
#include "checkout/stamp.hpp"
#include "checkout/work_tree.hpp"
#include "util/hash.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::ArmName;
using model::Checkout;
using model::Direction;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::size_t k_most_output = 64U << 20U;

bool is_tarball(const fs::path& path) {
    return path.filename().string().find(".tar") != std::string::npos;
}

// What is left of trees that were being made when krepro died. The caller holds the lock.
void remove_half_made(const fs::path& folder) {
    std::error_code ignored;
    const auto prefix = ".making-" + folder.filename().string() + ".";
    for (const auto& entry : fs::directory_iterator(folder.parent_path(), ignored))
        if (entry.path().filename().string().starts_with(prefix))
            fs::remove_all(entry.path(), ignored);
}

Result<void> rename_folder(const fs::path& from, const fs::path& to) {
    std::error_code code;
    fs::remove_all(to, code);
    fs::rename(from, to, code);
    if (!code) return {};
    return fail(ErrorKind::unavailable, "cannot move the new tree into place: " + code.message(),
                to.string(), "check the cache folder");
}

std::vector<std::string> split_at_nul(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find('\0'), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

// git's output to its last byte.
asio::awaitable<Result<std::string>> whole_output(fs::path repository,
                                                  std::vector<std::string> arguments) {
    auto spec = git_command(repository, std::move(arguments));
    spec.keep_bytes = k_most_output;
    auto out = co_await util::run_checked(in_git_sandbox(repository, std::move(spec)));
    if (out && out->size() >= k_most_output)
        co_return fail(ErrorKind::too_large, "the patch's files are too large",
                       repository.string());
    co_return out;
}

// Those of the paths that the tree has.
asio::awaitable<Result<std::vector<ArmFile>>> files_of(fs::path repository, std::string tree,
                                                       std::vector<std::string> paths) {
    std::vector<ArmFile> files;
    for (const auto& path : paths) {
        const auto listed =
            co_await whole_output(repository, words("ls-tree", "-z", tree, "--", path));
        if (!listed) co_return tl::unexpected(listed.error());
        if (listed->empty()) continue;
        auto content =
            co_await whole_output(repository, words("cat-file", "blob", tree + ":" + path));
        if (!content) co_return tl::unexpected(content.error());
        files.push_back({path, std::move(*content)});
    }
    co_return files;
}

// A file name for a tree that has none: a job named it by its path.
std::string folder_name(const Tree& tree) {
    const bool plain =
        !tree.name.empty() &&
        std::all_of(tree.name.begin(), tree.name.end(),
                    [](unsigned char c) {
                        return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
                    }) &&
        tree.name.front() != '.';
    if (plain) return tree.name;
    util::Sha256 hash;
    for (const auto& part : {tree.kind, tree.location}) hash.add_field(part);
    return "path-" + hash.hex().substr(0, 16);
}

}  // namespace

Result<Tree> tree_of_path(std::string_view text) {
    if (text.starts_with("git:/")) text.remove_prefix(4);
    if (!text.starts_with('/'))
        return fail(ErrorKind::invalid_input, "not a path", std::string(text),
                    "a path of a tree begins with /");
    Tree tree;
    tree.name = std::string(text);
    tree.kind = "git";
    tree.location = tree.name;
    const auto at = tree.name.rfind('@');
    std::error_code code;
    if (at != std::string::npos && !fs::exists(tree.location, code)) {
        tree.location = tree.name.substr(0, at);
        tree.revision = tree.name.substr(at + 1);
    }
    if (!fs::exists(tree.location, code))
        return fail(ErrorKind::not_found, "there is no such tree on this machine", tree.location,
                    "name a git repository or a kernel tarball by its whole path");
    if (fs::is_regular_file(tree.location, code) && is_tarball(tree.location))
        tree.kind = "tarball";
    else if (!fs::exists(fs::path(tree.location) / ".git", code) &&
             !fs::exists(fs::path(tree.location) / "objects", code))
        return fail(ErrorKind::invalid_input, "neither a git repository nor a tarball",
                    tree.location, "run git init and commit the tree, or pack it as .tar");
    return tree;
}

LocalKernelSource::LocalKernelSource(TreeBook book, fs::path cache, Sandboxing sandboxing)
    : book_(std::move(book)), cache_(fs::absolute(cache)), sandboxing_(sandboxing) {}

Result<Tree> LocalKernelSource::find_tree(const std::string& name) const {
    if (name.starts_with('/') || name.starts_with("git:/")) return tree_of_path(name);
    return book_.find(name);
}

LocalKernelSource::Place LocalKernelSource::place_of(Tree tree) const {
    auto folder = cache_ / "trees" / folder_name(tree);
    return {std::move(tree), std::move(folder)};
}

Result<fs::path> LocalKernelSource::folder_of(const std::string& tree) const {
    auto found = find_tree(tree);
    if (!found) return tl::unexpected(found.error());
    return place_of(std::move(*found)).folder;
}

asio::awaitable<Result<LocalKernelSource::LockedPlace>> LocalKernelSource::hold(std::string tree) {
    auto found = find_tree(tree);
    if (!found) co_return tl::unexpected(found.error());
    auto place = place_of(std::move(*found));
    auto lock = co_await lock_tree(place.folder.string() + ".lock");
    if (!lock) co_return tl::unexpected(lock.error());
    co_return LockedPlace{std::move(place), std::move(*lock)};
}

Progress LocalKernelSource::or_silent(Progress progress) {
    if (progress) return progress;
    return [](const std::string&) {};
}

// Where the commits are that a job may name.
fs::path LocalKernelSource::repository_of(const Place& place) const {
    return place.tree.kind == "git" ? mirror_of(cache_, place.tree.location).folder
                                    : place.source();
}

asio::awaitable<Result<std::string>> LocalKernelSource::make(Place place, Progress progress) {
    remove_half_made(place.folder);
    auto making = util::TempDir::make(place.folder.parent_path(),
                                      ".making-" + place.folder.filename().string());
    if (!making) co_return tl::unexpected(making.error());
    const auto made = making->path() / "tree";
    std::error_code ignored;
    fs::create_directories(made / "source", ignored);
    const MakeTreeRequest request{place.tree, made / "source", making->path() / "scratch",
                                  cache_ / "apt"};
    const auto tree = co_await make_tree(request, progress);
    if (!tree) co_return tl::unexpected(tree.error());
    auto done = util::write_file_atomic(made / "stamp",
                                        stamp_text(tree->revision, place.tree, tree->version));
    if (done) done = rename_folder(made, place.folder);
    if (!done) co_return tl::unexpected(done.error());
    progress(fmt::format("tree {} is ready ({})", place.tree.name, tree->version));
    co_return tree->revision;
}

asio::awaitable<Result<std::string>> LocalKernelSource::base_of_git(Place place,
                                                                    Progress progress) {
    const auto mirror = mirror_of(cache_, place.tree.location);
    progress(fmt::format("fetching {}", place.tree.location));
    const auto fetched = co_await fetch(mirror);
    if (!fetched) co_return tl::unexpected(fetched.error());
    auto commit = co_await find_commit(mirror.folder, place.tree.revision);
    if (!commit) co_return commit;
    const auto made = co_await add_worktree(mirror, place.source(), *commit);
    if (!made) co_return tl::unexpected(made.error());
    co_return commit;
}

asio::awaitable<Result<std::string>> LocalKernelSource::base_commit(Place place,
                                                                    Progress progress) {
    if (place.tree.kind == "git")
        co_return co_await base_of_git(std::move(place), std::move(progress));
    auto revision = stamped_revision(place.folder, place.tree);
    if (!revision.empty()) co_return revision;
    co_return co_await make(std::move(place), std::move(progress));
}

asio::awaitable<Result<Pair>> LocalKernelSource::prepare(PatchBase base, const model::Mail& mail,
                                                         Progress progress) {
    const auto patch = mail.patch;  // the caller's mail need not outlive the first suspension
    const auto held = co_await hold(base.tree);
    if (!held) co_return tl::unexpected(held.error());
    const auto place = held->place;
    progress = or_silent(std::move(progress));
    const auto revision = co_await commit_or_base(place, base.commit, progress);
    if (!revision) co_return tl::unexpected(revision.error());
    const TryRequest request{place.source(), *revision, patch, sandboxing_};
    const auto direction = co_await find_direction(place, request);
    if (!direction) co_return tl::unexpected(direction.error());
    const auto of_base = co_await checkout_of(place, *revision);
    if (!of_base) co_return tl::unexpected(of_base.error());
    const auto changed = keep_state(place.folder, {*revision, *direction, patch});
    if (!changed) co_return tl::unexpected(changed.error());
    const ApplyRequest change{place.source(), patch, *direction, ApplyMode::index, sandboxing_, {}};
    const auto content = co_await patched_tree(change, *revision);
    if (!content) co_return tl::unexpected(content.error());
    Checkout of_change{place.tree.name, *revision, place.source(), *changed, *content, {}};
    const bool forward = *direction == Direction::forward;
    Pair pair{*direction, forward ? *of_base : of_change, forward ? of_change : *of_base};
    co_return co_await settle(place, std::move(pair));
}

// Kernels that are in the cache are built no more, but the lines of their reports are looked up in
// the work tree: it must be at one of the two arms.
asio::awaitable<Result<void>> LocalKernelSource::bring_near(Place place, Pair pair) {
    if (is_at(pair)) co_return Result<void>{};
    const State base{pair.unpatched.revision, {}, {}};
    co_return co_await bring_to(place.folder, base, sandboxing_);
}

asio::awaitable<Result<Pair>> LocalKernelSource::settle(Place place, Pair pair) {
    pair.unpatched.arm = ArmName::unpatched;
    pair.patched.arm = ArmName::patched;
    const auto near = co_await bring_near(std::move(place), pair);
    if (!near) co_return tl::unexpected(near.error());
    co_return pair;
}

asio::awaitable<Result<Held>> LocalKernelSource::select(const Checkout& checkout) {
    const fs::path folder = fs::path(checkout.source).parent_path();
    const auto name = checkout.state;
    auto lock = co_await lock_tree(folder.string() + ".lock");
    if (!lock) co_return tl::unexpected(lock.error());
    const auto text = util::read_file(folder / "states" / name);
    if (!text)
        co_return fail(ErrorKind::not_found, "the tree of this job is no longer in the cache",
                       folder.string(), "submit the job again");
    const auto state = read_state(*text);
    if (!state) co_return tl::unexpected(state.error());
    if (state_name(*state) != name)
        co_return fail(ErrorKind::internal, "a state file was changed",
                       (folder / "states" / name).string(), "submit the job again");
    const auto there = co_await bring_to(folder, *state, sandboxing_);
    if (!there) co_return tl::unexpected(there.error());
    co_return std::make_shared<util::FileLock>(std::move(*lock));
}

asio::awaitable<Result<Difference>> LocalKernelSource::difference(Pair pair) {
    const fs::path source = pair.unpatched.source;
    const auto before = pair.unpatched.content;
    const auto after = pair.patched.content;
    auto diff = co_await whole_output(
        source, words("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames",
                      "--src-prefix=a/", "--dst-prefix=b/", "-U0", before, after));
    if (!diff) co_return tl::unexpected(diff.error());
    const auto names = co_await whole_output(
        source, words("diff-tree", "-r", "-z", "--no-renames", "--name-only", before, after));
    if (!names) co_return tl::unexpected(names.error());
    const auto paths = split_at_nul(*names);
    auto unpatched = co_await files_of(source, before, paths);
    if (!unpatched) co_return tl::unexpected(unpatched.error());
    auto patched = co_await files_of(source, after, paths);
    if (!patched) co_return tl::unexpected(patched.error());
    co_return Difference{std::move(*diff), std::move(*unpatched), std::move(*patched)};
}

bool LocalKernelSource::is_at(const Pair& pair) const {
    const auto at = util::read_file(fs::path(pair.unpatched.source).parent_path() / "at", 4096);
    if (!at) return false;
    const auto state = at->substr(0, at->find(' '));
    return state == pair.unpatched.state || state == pair.patched.state;
}

}  // namespace krepro::checkout
