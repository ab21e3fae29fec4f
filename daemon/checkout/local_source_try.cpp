// SPDX-License-Identifier: Apache-2.0
// What LocalKernelSource says of a patch before anything is changed for it.
#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "checkout/local_source.hpp"

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

}  // namespace

asio::awaitable<Result<Direction>> LocalKernelSource::find_direction(Place place,
                                                                     TryRequest request) {
    const auto tried = co_await try_directions(request);
    if (!tried) co_return tl::unexpected(tried.error());
    if (tried->direction) co_return *tried->direction;
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
