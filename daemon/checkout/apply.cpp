// SPDX-License-Identifier: Apache-2.0
#include "checkout/apply.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "checkout/git.hpp"
#include "util/files.hpp"
#include "util/process.hpp"
#include "util/sandbox.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
using model::Direction;
using util::Result;

namespace {

constexpr std::uint64_t k_largest_file_mib = 1024;
constexpr std::array k_directions{Direction::forward, Direction::reverse};

template <class Use>
void for_each_line(std::string_view text, Use use) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        use(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// "error: patch failed: kernel/fork.c:985" and "error: kernel/fork.c: patch does not apply".
void read_error(std::string_view line, std::vector<FailedFile>& failures) {
    constexpr std::string_view k_failed = "patch failed: ";
    if (line.starts_with(k_failed)) {
        line.remove_prefix(k_failed.size());
        const auto colon = std::min(line.rfind(':'), line.size());
        failures.push_back({std::string(line.substr(0, colon)),
                            std::string(line.substr(std::min(colon + 1, line.size()))),
                            "patch does not apply"});
        return;
    }
    const auto colon = line.rfind(": ");
    if (colon == std::string_view::npos) {
        failures.push_back({"", "", std::string(line)});
        return;
    }
    const std::string path(line.substr(0, colon));
    // The second message about a hunk that was named already.
    if (!failures.empty() && failures.back().path == path) return;
    auto reason = std::string(line.substr(colon + 2));
    // What a patch is tried on is an index, which is no matter of who submits it.
    if (reason == "does not exist in index") reason = "No such file or directory";
    failures.push_back({path, "", std::move(reason)});
}

// The header of the hunk of `path` that begins at `line` (of the old file, or of the new one when
// the patch is reversed).
std::string hunk_header(std::string_view patch, const FailedFile& failure, Direction direction) {
    const std::string name = (direction == Direction::forward ? "--- a/" : "+++ b/") + failure.path;
    const std::string start = (direction == Direction::forward ? "-" : "+") + failure.line + ",";
    bool in_file = false;
    std::string found;
    for_each_line(patch, [&](std::string_view line) {
        if (line.starts_with("diff --git ")) in_file = false;
        if (line == name || line == name + "\t") in_file = true;
        if (!in_file || !found.empty() || !line.starts_with("@@ ")) return;
        const auto ranges = line.substr(0, line.find(" @@", 3));
        if (ranges.find(" " + start) != std::string_view::npos) found = line;
    });
    return found;
}

// The tree read-only for a try, writable for the real thing.
util::ProcessSpec in_sandbox(const ApplyRequest& request, util::ProcessSpec spec) {
    if (request.sandboxing == Sandboxing::off) return spec;
    util::SandboxSpec sandbox;
    const bool tried = request.mode == ApplyMode::check;
    (tried ? sandbox.read_only : sandbox.read_write) = git_folders(request.tree);
    if (tried && !request.index.empty()) sandbox.read_write = {request.index.parent_path()};
    sandbox.cwd = request.tree;
    sandbox.env = spec.env;
    sandbox.limits.file_size_mib = k_largest_file_mib;
    auto all = util::sandbox_argv(sandbox);
    all.insert(all.end(), std::make_move_iterator(spec.argv.begin()),
               std::make_move_iterator(spec.argv.end()));
    spec.argv = std::move(all);
    return spec;
}

std::string index_variable(const ApplyRequest& request) {
    return "GIT_INDEX_FILE=" + request.index.string();
}

// git with the request's own index in place of the repository's.
asio::awaitable<Result<std::string>> git_on_index(ApplyRequest request,
                                                  std::vector<std::string> arguments) {
    auto spec = git_command(request.tree, std::move(arguments));
    spec.env.push_back(index_variable(request));
    spec.deadline = request.deadline;
    auto out = co_await util::run_checked(in_sandbox(request, std::move(spec)));
    if (out && out->ends_with('\n')) out->pop_back();
    co_return out;
}

// The request's own index, with the files of a revision in it.
asio::awaitable<Result<void>> fill_index(ApplyRequest request, std::string revision) {
    std::error_code ignored;
    std::filesystem::remove(request.index, ignored);
    const auto filled = co_await git_on_index(request, words("read-tree", revision));
    if (!filled) co_return tl::unexpected(filled.error());
    co_return Result<void>{};
}

// The directions in which the patch applies; what git says of the others goes to `tried`.
asio::awaitable<Result<std::vector<Direction>>> fitting_directions(ApplyRequest request,
                                                                   Tried* tried) {
    std::vector<Direction> fitting;
    for (const auto direction : k_directions) {
        request.direction = direction;
        auto refused = co_await apply_patch(request);
        if (!refused) co_return tl::unexpected(refused.error());
        if (!*refused)
            fitting.push_back(direction);
        else if (tried != nullptr)
            (direction == Direction::forward ? tried->forward : tried->reverse) =
                std::move(**refused);
    }
    co_return fitting;
}

// The direction that takes away more lines than it brings: it has found more of itself in the tree.
std::optional<Direction> direction_of_more_lines(std::string_view patch) {
    int brings = 0;
    for_each_line(patch, [&](std::string_view line) {
        if (line.starts_with("+++ ") || line.starts_with("--- ")) return;
        if (line.starts_with('+')) ++brings;
        if (line.starts_with('-')) --brings;
    });
    if (brings == 0) return std::nullopt;
    return brings > 0 ? Direction::reverse : Direction::forward;
}

}  // namespace

std::vector<FailedFile> parse_apply_errors(std::string_view messages) {
    std::vector<FailedFile> failures;
    for_each_line(messages, [&](std::string_view line) {
        constexpr std::string_view k_error = "error: ";
        if (line.starts_with(k_error)) read_error(line.substr(k_error.size()), failures);
    });
    return failures;
}

std::string describe_failures(const std::vector<FailedFile>& failures, std::string_view patch,
                              Direction direction) {
    std::vector<std::string> texts;
    constexpr std::size_t k_enough = 10;
    for (const auto& failure : failures) {
        if (texts.size() == k_enough) {
            texts.push_back(fmt::format("and {} more", failures.size() - k_enough));
            break;
        }
        auto text = failure.path;
        if (!failure.line.empty()) text += ":" + failure.line;
        const auto header = failure.line.empty() ? "" : hunk_header(patch, failure, direction);
        text += header.empty() ? fmt::format("{}{}", text.empty() ? "" : ": ", failure.reason)
                               : fmt::format(" ({})", header);
        texts.push_back(std::move(text));
    }
    return fmt::format("{}", fmt::join(texts, "; "));
}

asio::awaitable<Result<std::optional<std::string>>> apply_patch(ApplyRequest request) {
    // -C1: mails lose context lines at their ends; --recount: and count them wrongly.
    auto spec = git_command(request.tree, words("apply", "--recount", "--whitespace=nowarn"));
    if (!request.whole_context) spec.argv.emplace_back("-C1");
    if (request.direction == Direction::reverse) spec.argv.emplace_back("-R");
    if (request.mode == ApplyMode::check) spec.argv.emplace_back("--check");
    if (!request.index.empty()) {
        spec.argv.emplace_back("--cached");
        spec.env.push_back(index_variable(request));
    }
    spec.argv.emplace_back("-");
    spec.stdin_bytes = request.patch;
    spec.deadline = request.deadline;
    spec = in_sandbox(request, std::move(spec));
    auto result = co_await util::run_process(spec);
    if (!result) co_return tl::unexpected(result.error());
    if (result->ok()) co_return std::optional<std::string>();
    // git apply says 1 when the patch does not fit, 128 when it cannot be read.
    const bool judged = !result->timed_out &&
                        (result->exit_code == 1 || result->exit_code == 128) &&
                        result->err.starts_with("error: ");
    if (!judged) co_return tl::unexpected(util::process_error(spec, *result));
    co_return std::optional<std::string>(std::move(result->err));
}

asio::awaitable<Result<Tried>> try_directions(TryRequest request) {
    const auto scratch = util::TempDir::make(std::filesystem::temp_directory_path(), "krepro-try");
    if (!scratch) co_return tl::unexpected(scratch.error());
    ApplyRequest one{request.tree,       request.patch,
                     Direction::forward, ApplyMode::check,
                     request.sandboxing, scratch->path() / "index",
                     request.deadline,   false};
    const auto filled = co_await fill_index(one, request.revision);
    if (!filled) co_return tl::unexpected(filled.error());
    Tried tried;
    auto fitting = co_await fitting_directions(one, &tried);
    if (fitting && fitting->size() > 1) {
        one.whole_context = true;
        fitting = co_await fitting_directions(one, nullptr);
    }
    if (!fitting) co_return tl::unexpected(fitting.error());
    if (fitting->size() == 1) tried.direction = fitting->front();
    if (fitting->size() > 1 || one.whole_context) {
        if (!tried.direction) tried.direction = direction_of_more_lines(request.patch);
        tried.both = !tried.direction;
    }
    co_return tried;
}

asio::awaitable<Result<std::string>> patched_tree(ApplyRequest request, std::string revision) {
    request.mode = ApplyMode::index;
    const auto folder = git_folder(request.tree);
    remove_stale_locks(folder);
    request.index = folder / "krepro-index";
    const auto filled = co_await fill_index(request, revision);
    if (!filled) co_return tl::unexpected(filled.error());
    const auto refused = co_await apply_patch(request);
    if (!refused) co_return tl::unexpected(refused.error());
    if (*refused)
        co_return util::fail(util::ErrorKind::invalid_input,
                             "the patch applies to the work tree, but not to the commit",
                             **refused);
    auto step = co_await git_on_index(request, words("write-tree"));
    std::error_code ignored;
    std::filesystem::remove(request.index, ignored);
    co_return step;
}

}  // namespace krepro::checkout
