// SPDX-License-Identifier: Apache-2.0
#include "checkout/local_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "checkout/git.hpp"
#include "checkout/make_tree.hpp"
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

constexpr std::array k_directions{Direction::forward, Direction::reverse};

bool is_tarball(const fs::path& path) {
    return path.filename().string().find(".tar") != std::string::npos;
}

// The stamp's first line: the base commit.
std::string stamped_revision(const fs::path& folder) {
    const auto stamp = util::read_file(folder / "stamp");
    return stamp ? stamp->substr(0, stamp->find('\n')) : std::string();
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

// Writes down how to get to a state and names it.
Result<std::string> keep_state(const fs::path& folder, const State& state) {
    const auto name = state_name(state);
    std::error_code ignored;
    fs::create_directories(folder / "states", ignored);
    const auto written = util::write_file_atomic(folder / "states" / name, write_state(state));
    if (!written) return tl::unexpected(written.error());
    return name;
}

tl::unexpected<util::Error> applies_nowhere(const Tree& tree, const std::string& patch,
                                            const std::array<std::string, 2>& messages) {
    const auto say = [&](std::size_t which, Direction direction) {
        return describe_failures(parse_apply_errors(messages[which]), patch, direction);
    };
    return fail(
        ErrorKind::invalid_input,
        fmt::format("the patch applies to tree {} neither forward nor in reverse", tree.name),
        fmt::format("forward: {}; in reverse: {}", say(0, Direction::forward),
                    say(1, Direction::reverse)),
        "the tree may hold the change in another form: submit the patch as it is for this "
        "tree, or name another tree");
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

LocalKernelSource::LocalKernelSource(std::vector<Tree> trees, fs::path cache, Sandboxing sandboxing)
    : trees_(std::move(trees)), cache_(fs::absolute(cache)), sandboxing_(sandboxing) {}

Result<Tree> LocalKernelSource::find_tree(const std::string& name) const {
    if (name.starts_with('/') || name.starts_with("git:/")) return tree_of_path(name);
    std::vector<std::string> names;
    for (const auto& tree : trees_) {
        if (tree.name == name) return tree;
        names.push_back(tree.name);
    }
    return fail(
        ErrorKind::invalid_input, fmt::format("there is no tree {}", name), "field tree",
        fmt::format("known trees: {}; or the path of a git repository", fmt::join(names, ", ")));
}

LocalKernelSource::Place LocalKernelSource::place_of(Tree tree) const {
    auto folder = cache_ / "trees" / folder_name(tree);
    return {std::move(tree), std::move(folder)};
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
    auto done = util::write_file_atomic(
        made / "stamp", fmt::format("{}\n{} {}\n", tree->revision, place.tree.name, tree->version));
    if (done) done = rename_folder(made, place.folder);
    if (!done) co_return tl::unexpected(done.error());
    progress(fmt::format("tree {} is ready ({})", place.tree.name, tree->version));
    co_return tree->revision;
}

asio::awaitable<Result<std::string>> LocalKernelSource::base_commit(Place place,
                                                                    Progress progress) {
    if (place.tree.kind == "git") {
        std::error_code ignored;
        fs::create_directories(place.folder, ignored);
        progress(fmt::format("fetching {}", place.tree.location));
        co_return co_await fetch_revision(place.source(), place.tree.location, place.tree.revision);
    }
    auto revision = stamped_revision(place.folder);
    if (!revision.empty()) co_return revision;
    co_return co_await make(std::move(place), std::move(progress));
}

asio::awaitable<Result<Direction>> LocalKernelSource::find_direction(Place place,
                                                                     std::string patch) {
    std::array<std::string, 2> messages;
    for (const auto direction : k_directions) {
        const ApplyRequest request{place.source(),   patch,       direction,
                                   ApplyMode::check, sandboxing_, {}};
        const auto refused = co_await apply_patch(request);
        if (!refused) co_return tl::unexpected(refused.error());
        if (!*refused) co_return direction;
        messages.at(direction == Direction::forward ? 0 : 1) = **refused;
    }
    co_return applies_nowhere(place.tree, patch, messages);
}

asio::awaitable<Result<Pair>> LocalKernelSource::prepare(const std::string& tree,
                                                         const model::Mail& mail,
                                                         Progress progress) {
    const auto patch = mail.patch;  // the caller's mail need not outlive the first suspension
    auto found = find_tree(tree);
    if (!found) co_return tl::unexpected(found.error());
    const auto place = place_of(std::move(*found));
    if (!progress) progress = [](const std::string&) {};
    const auto lock = co_await lock_tree(place.folder.string() + ".lock");
    if (!lock) co_return tl::unexpected(lock.error());
    const auto revision = co_await base_commit(place, progress);
    if (!revision) co_return tl::unexpected(revision.error());
    const State unchanged{*revision, {}, {}};
    const auto at_base = co_await bring_to(place.folder, unchanged, sandboxing_);
    if (!at_base) co_return tl::unexpected(at_base.error());
    const auto direction = co_await find_direction(place, patch);
    if (!direction) co_return tl::unexpected(direction.error());
    const auto base = keep_state(place.folder, unchanged);
    const auto changed = keep_state(place.folder, {*revision, *direction, patch});
    if (!base) co_return tl::unexpected(base.error());
    if (!changed) co_return tl::unexpected(changed.error());
    const auto base_content =
        co_await git(place.source(), words("rev-parse", *revision + "^{tree}"));
    if (!base_content) co_return tl::unexpected(base_content.error());
    const ApplyRequest change{place.source(), patch, *direction, ApplyMode::index, sandboxing_, {}};
    const auto content = co_await patched_tree(change, *revision);
    if (!content) co_return tl::unexpected(content.error());
    Checkout of_base{place.tree.name, *revision, place.source(), *base, *base_content, {}};
    Checkout of_change{place.tree.name, *revision, place.source(), *changed, *content, {}};
    const bool forward = *direction == Direction::forward;
    Pair pair{*direction, forward ? of_base : of_change, forward ? of_change : of_base};
    pair.unpatched.arm = ArmName::unpatched;
    pair.patched.arm = ArmName::patched;
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

}  // namespace krepro::checkout
