// SPDX-License-Identifier: Apache-2.0
#include "checkout/line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "checkout/git.hpp"
#include "checkout/repository.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr int k_longest_line = 20000;
constexpr std::size_t k_most_line_output = 16U << 20U;
constexpr std::size_t k_longest_title = 200;

// "%H%x09%P%x09%s"
model::LineCommit read_commit_line(std::string_view text) {
    model::LineCommit commit;
    const auto first = std::min(text.find('\t'), text.size());
    const auto second = std::min(text.find('\t', first + 1), text.size());
    commit.hash = text.substr(0, first);
    const auto parents = text.substr(std::min(first + 1, second), second - first - 1);
    commit.parents =
        parents.empty() ? 0 : 1 + static_cast<int>(std::count(parents.begin(), parents.end(), ' '));
    commit.title = text.substr(std::min(second + 1, text.size())).substr(0, k_longest_title);
    return commit;
}

asio::awaitable<Result<std::vector<model::LineCommit>>> read_log(
    fs::path repository, std::vector<std::string> arguments) {
    auto all = words("log", "--encoding=UTF-8", "--no-show-signature", "--format=%H%x09%P%x09%s");
    all.insert(all.end(), arguments.begin(), arguments.end());
    auto spec = git_command(repository, std::move(all));
    spec.keep_bytes = k_most_line_output;
    const auto out = co_await util::run_checked(in_git_sandbox(repository, std::move(spec)));
    if (!out) co_return tl::unexpected(out.error());
    std::vector<model::LineCommit> commits;
    for (std::size_t at = 0; at < out->size();) {
        const auto end = std::min(out->find('\n', at), out->size());
        commits.push_back(read_commit_line(std::string_view(*out).substr(at, end - at)));
        at = end + 1;
    }
    co_return commits;
}

asio::awaitable<Result<int>> count(fs::path repository, std::vector<std::string> arguments) {
    auto all = words("rev-list", "--count");
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto out = co_await git(std::move(repository), std::move(all));
    if (!out) co_return tl::unexpected(out.error());
    int number = 0;
    std::from_chars(out->data(), out->data() + out->size(), number);
    co_return number;
}

// `good` must be among the ancestors of `bad`, and not the same.
asio::awaitable<Result<void>> check_ends(fs::path repository, std::string good, std::string bad) {
    const auto outside = co_await count(repository, words(bad + ".." + good, "--"));
    if (!outside) co_return tl::unexpected(outside.error());
    const auto pair = fmt::format("{}..{}", good.substr(0, 12), bad.substr(0, 12));
    if (*outside > 0)
        co_return fail(ErrorKind::invalid_input, "the bad commit does not come from the good one",
                       pair,
                       "name a good commit that the bad one comes from, such as their "
                       "`git merge-base`");
    if (good == bad)
        co_return fail(ErrorKind::invalid_input, "good and bad are the same commit", pair,
                       "name two commits");
    co_return Result<void>{};
}

std::vector<std::string> notes_on(const std::vector<model::LineCommit>& commits, int all,
                                  bool good_on_line) {
    std::vector<std::string> notes;
    const auto merges = std::count_if(commits.begin() + 1, commits.end(),
                                      [](const auto& commit) { return commit.parents > 1; });
    if (merges > 0)
        notes.push_back(fmt::format(
            "the history is no line: of {} commits the {} on the line of first parents are "
            "searched; each of the {} merges among them stands for what it brought",
            all, commits.size() - 1, merges));
    if (!good_on_line)
        notes.push_back(
            fmt::format("{} is not on that line: the commits before it there are taken "
                        "for good too",
                        commits.front().hash.substr(0, 12)));
    return notes;
}

}  // namespace

asio::awaitable<Result<Line>> read_line(fs::path repository, std::string good, std::string bad) {
    const auto from = co_await find_commit(repository, good);
    if (!from) co_return tl::unexpected(from.error());
    const auto to = co_await find_commit(repository, bad);
    if (!to) co_return tl::unexpected(to.error());
    if (const auto ends = co_await check_ends(repository, *from, *to); !ends)
        co_return tl::unexpected(ends.error());
    const auto range = *from + ".." + *to;
    const auto on_line = co_await count(repository, words("--first-parent", range, "--"));
    if (!on_line) co_return tl::unexpected(on_line.error());
    if (*on_line >= k_longest_line)
        co_return fail(ErrorKind::too_large,
                       fmt::format("{} commits lie between, at most {} can be searched", *on_line,
                                   k_longest_line),
                       range, "name commits that are closer");
    const auto all = co_await count(repository, words(range, "--"));
    if (!all) co_return tl::unexpected(all.error());
    const auto start = co_await read_log(repository, words("-1", *from, "--"));
    if (!start) co_return tl::unexpected(start.error());
    const auto rest =
        co_await read_log(repository, words("--first-parent", "--reverse", range, "--"));
    if (!rest) co_return tl::unexpected(rest.error());
    Line line;
    line.commits = *start;
    line.commits.insert(line.commits.end(), rest->begin(), rest->end());
    const auto parent = co_await git(
        repository, words("rev-parse", "--verify", "-q", line.commits.at(1).hash + "^1"));
    line.notes = notes_on(line.commits, *all, parent && *parent == *from);
    co_return line;
}

}  // namespace krepro::checkout
