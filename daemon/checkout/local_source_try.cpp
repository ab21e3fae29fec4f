// SPDX-License-Identifier: Apache-2.0
// What LocalKernelSource says of a patch before anything is changed for it.
#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "checkout/local_source.hpp"
#include "checkout/repository.hpp"
#include "checkout/stamp.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::Direction;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

tl::unexpected<util::Error> applies_nowhere(const Tree& tree, const std::string& patch,
                                            const Tried& tried) {
    const auto say = [&](const std::string& messages, Direction direction) {
        return describe_failures(parse_apply_errors(messages), patch, direction);
    };
    return fail(
        ErrorKind::invalid_input,
        fmt::format("the patch applies to tree {} neither forward nor in reverse", tree.name),
        fmt::format("forward: {}; in reverse: {}", say(tried.forward, Direction::forward),
                    say(tried.reverse, Direction::reverse)),
        "the tree may hold the change in another form: submit the patch as it is for this "
        "tree, or name another tree");
}

// Of what is tried while somebody types.
constexpr std::chrono::seconds k_most_at_hand{10};

}  // namespace

asio::awaitable<Result<Direction>> LocalKernelSource::find_direction(Place place,
                                                                     TryRequest request) {
    const auto tried = co_await try_directions(request);
    if (!tried) co_return tl::unexpected(tried.error());
    if (tried->direction) co_return *tried->direction;
    if (tried->both)
        co_return fail(
            ErrorKind::invalid_input,
            fmt::format("the patch applies to tree {} forward and in reverse", place.tree.name),
            "patch",
            "whether the tree has it cannot be told: submit a commit, or a "
            "patch with more context");
    co_return applies_nowhere(place.tree, request.patch, *tried);
}

asio::awaitable<Result<Direction>> LocalKernelSource::try_patch(std::string tree, std::string patch,
                                                                Progress progress) {
    const auto held = co_await hold(tree);
    if (!held) co_return tl::unexpected(held.error());
    const auto place = held->place;
    const auto base = co_await base_commit(place, or_silent(std::move(progress)));
    if (!base) co_return tl::unexpected(base.error());
    const TryRequest request{place.source(), *base, std::move(patch), sandboxing_};
    co_return co_await find_direction(place, request);
}

asio::awaitable<Result<Direction>> LocalKernelSource::try_at_hand(std::string tree,
                                                                  std::string patch) {
    auto found = find_tree(tree);
    if (!found) co_return tl::unexpected(found.error());
    const auto place = place_of(std::move(*found));
    if (!is_whole(place))
        co_return fail(ErrorKind::not_found, "the tree is not fetched yet", place.tree.name,
                       "the first job on it fetches it, or `krepro tree update`");
    Result<std::string> base = stamped_revision(place.folder, place.tree);
    if (place.tree.kind == "git")
        base = co_await find_commit(mirror_of(cache_, place.tree.location).folder,
                                    place.tree.revision);
    if (!base) co_return tl::unexpected(base.error());
    if (base->empty())
        co_return fail(ErrorKind::not_found, "the tree's definition has changed since it was made",
                       place.tree.name, "the next job on it makes it anew");
    const TryRequest request{place.source(), *base, std::move(patch), sandboxing_, k_most_at_hand};
    co_return co_await find_direction(place, request);
}

bool LocalKernelSource::is_whole(const Place& place) {
    std::error_code code;
    return fs::exists(place.tree.kind == "git" ? place.source() / ".git" : place.folder / "stamp",
                      code);
}

bool LocalKernelSource::is_at_hand(const std::string& tree) const {
    const auto found = find_tree(tree);
    return found && is_whole(place_of(*found));
}

}  // namespace krepro::checkout
