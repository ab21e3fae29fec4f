// SPDX-License-Identifier: Apache-2.0
#include "checkout/work_tree.hpp"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <system_error>
#include <utility>

#include "checkout/git.hpp"
#include "util/hash.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::Direction;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

std::string word_of(const std::optional<Direction>& direction) {
    if (!direction) return "base";
    return *direction == Direction::forward ? "forward" : "reverse";
}

// What git sees in the work tree, in short: changes under our hands show.
asio::awaitable<Result<std::string>> fingerprint(fs::path source) {
    auto spec = git_command(source, words("diff", "--no-ext-diff", "--no-textconv", "HEAD"));
    spec.keep_bytes = 64 << 20;
    auto diff = co_await util::run_checked(in_git_sandbox(source, std::move(spec)));
    if (!diff) co_return diff;
    auto status = co_await git(source, words("status", "--porcelain=v1", "--ignored", "-uall"));
    if (!status) co_return status;
    auto head = co_await git(source, words("rev-parse", "HEAD"));
    if (!head) co_return head;
    util::Sha256 hash;
    hash.add_field(*head);
    hash.add_field(*diff);
    hash.add_field(*status);
    co_return hash.hex();
}

asio::awaitable<bool> is_there(fs::path folder, std::string name) {
    const auto at = util::read_file(folder / "at");
    if (!at || !at->starts_with(name + " ")) co_return false;
    const auto seen = co_await fingerprint(folder / "source");
    co_return seen&&* at == fmt::format("{} {}\n", name, *seen);
}

// The commit's own files, and no others.
asio::awaitable<Result<void>> reset_to(fs::path source, std::string revision) {
    remove_stale_locks(git_folder(source));
    auto done = co_await git(source, words("checkout", "-q", "-f", "--detach", revision, "--"));
    if (done) done = co_await git(source, words("clean", "-f", "-f", "-d", "-x", "-q"));
    if (!done) co_return tl::unexpected(done.error());
    co_return Result<void>{};
}

asio::awaitable<Result<void>> write_patch(fs::path source, State state, Sandboxing sandboxing) {
    const ApplyRequest request{source,           state.patch, *state.direction,
                               ApplyMode::write, sandboxing,  {}};
    const auto refused = co_await apply_patch(request);
    if (!refused) co_return tl::unexpected(refused.error());
    if (!*refused) co_return Result<void>{};
    co_return fail(ErrorKind::internal, "a patch that applied before does not apply now",
                   describe_failures(parse_apply_errors(**refused), state.patch, *state.direction),
                   "remove the tree's folder in the cache and try again");
}

}  // namespace

std::string state_name(const State& state) {
    util::Sha256 hash;
    hash.add_field(state.revision);
    hash.add_field(word_of(state.direction));
    hash.add_field(state.patch);
    return hash.hex();
}

std::string write_state(const State& state) {
    return fmt::format("{} {}\n{}", word_of(state.direction), state.revision, state.patch);
}

Result<State> read_state(std::string_view text) {
    const auto line = text.substr(0, text.find('\n'));
    const auto space = line.find(' ');
    const auto word = line.substr(0, space);
    State state;
    if (word == "forward") state.direction = Direction::forward;
    if (word == "reverse") state.direction = Direction::reverse;
    if (space == std::string_view::npos || (!state.direction && word != "base"))
        return fail(ErrorKind::internal, "a state file cannot be read", std::string(line),
                    "submit the job again");
    state.revision = line.substr(space + 1);
    if (line.size() < text.size()) state.patch = text.substr(line.size() + 1);
    return state;
}

Result<std::string> keep_state(const fs::path& folder, const State& state) {
    const auto name = state_name(state);
    std::error_code ignored;
    fs::create_directories(folder / "states", ignored);
    const auto written = util::write_file_atomic(folder / "states" / name, write_state(state));
    if (!written) return tl::unexpected(written.error());
    return name;
}

asio::awaitable<Result<util::FileLock>> lock_tree(fs::path file) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (true) {
        auto lock = util::FileLock::take(file, util::FileLock::Wait::no);
        if (lock || lock.error().kind != ErrorKind::conflict) co_return lock;
        timer.expires_after(std::chrono::milliseconds(200));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<Result<void>> bring_to(fs::path folder, State state, Sandboxing sandboxing) {
    const auto name = state_name(state);
    if (co_await is_there(folder, name)) co_return Result<void>{};
    std::error_code ignored;
    // From here to the end the tree is in no state that has a name.
    fs::remove(folder / "at", ignored);
    auto done = co_await reset_to(folder / "source", state.revision);
    if (done && state.direction) done = co_await write_patch(folder / "source", state, sandboxing);
    if (!done) co_return done;
    const auto seen = co_await fingerprint(folder / "source");
    if (!seen) co_return tl::unexpected(seen.error());
    co_return util::write_file_atomic(folder / "at", fmt::format("{} {}\n", name, *seen));
}

}  // namespace krepro::checkout
