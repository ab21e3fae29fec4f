// SPDX-License-Identifier: Apache-2.0
#include "checkout/debian_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "checkout/git.hpp"
#include "checkout/make_tree.hpp"
#include "checkout/text.hpp"
#include "util/files.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::uintmax_t k_largest_patch = 16U << 20U;

std::string_view next_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

bool begins_diff(std::string_view line) {
    for (const std::string_view mark : {"diff --git ", "--- ", "Index: ", "diff -"})
        if (line.starts_with(mark)) return true;
    return line == "---";
}

Result<void> check_folder(const fs::path& folder) {
    std::error_code code;
    if (!fs::exists(folder, code)) return {};
    if (fs::is_directory(folder, code) && fs::is_empty(folder, code)) return {};
    return fail(ErrorKind::conflict, "there is something already", folder.string(),
                "name a folder that does not exist yet or is empty");
}

// A commit of the files as they are, with what the patch says of itself.
asio::awaitable<Result<void>> commit_patch(fs::path folder, PatchHead head) {
    auto staged = co_await git(folder, words("add", "-A", "-f"));
    if (!staged) co_return tl::unexpected(staged.error());
    auto spec = git_command(
        folder, words("commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-"));
    if (!head.author.empty()) spec.argv.push_back("--author=" + head.author);
    if (!head.date.empty()) spec.argv.push_back("--date=" + head.date);
    spec.stdin_bytes = head.message;
    auto done = co_await util::run_checked(in_git_sandbox(folder, spec));
    if (!done && (!head.author.empty() || !head.date.empty())) {
        // An author or a date that git cannot read is no reason to have no history.
        head.author.clear();
        head.date.clear();
        co_return co_await commit_patch(folder, std::move(head));
    }
    if (!done) co_return tl::unexpected(done.error());
    co_return Result<void>{};
}

asio::awaitable<Result<int>> commit_series(fs::path folder, fs::path patches, Progress progress) {
    const auto series = util::read_file(patches / "series", 1U << 20U);
    if (!series) co_return tl::unexpected(series.error());
    const auto names = parse_series(*series);
    int commits = 0;
    for (const auto& name : names) {
        progress(fmt::format("{} of {}: {}", commits + 1, names.size(), name));
        const auto text = util::read_file(patches / name, k_largest_patch);
        if (!text) co_return tl::unexpected(text.error());
        auto done = co_await apply_from_series(folder, patches / name, Leftovers::none);
        if (done) done = co_await commit_patch(folder, read_patch_head(*text, name));
        if (!done) co_return tl::unexpected(done.error());
        ++commits;
    }
    co_return commits;
}

}  // namespace

PatchHead read_patch_head(std::string_view patch, std::string_view file_name) {
    PatchHead head;
    std::string title;
    std::string body;
    bool in_fields = true;
    while (!patch.empty()) {
        const auto line = next_line(patch);
        if (begins_diff(line)) break;
        if (in_fields && line.starts_with("From: ")) {
            head.author = trimmed(line.substr(6));
        } else if (in_fields && line.starts_with("Date: ")) {
            head.date = trimmed(line.substr(6));
        } else if (in_fields && line.starts_with("Subject: ")) {
            auto subject = trimmed(line.substr(9));
            if (subject.starts_with('['))
                subject = trimmed(subject.substr(std::min(subject.find(']') + 1, subject.size())));
            title = subject;
        } else if (in_fields && line.starts_with(' ') && !title.empty()) {
            title += fmt::format(" {}", trimmed(line));  // a folded subject
        } else if (in_fields && trimmed(line).empty()) {
            in_fields = title.empty() && body.empty() && head.author.empty();
        } else if (!in_fields) {
            body += fmt::format("{}\n", line);
        }
    }
    if (title.empty()) title = file_name;
    const auto text = trimmed(body);
    head.message = text.empty() ? title + "\n" : fmt::format("{}\n\n{}\n", title, text);
    return head;
}

asio::awaitable<Result<MadeHistory>> make_history(Tree tree, fs::path folder, fs::path apt,
                                                  Progress progress) {
    if (tree.kind != "debian-source")
        co_return fail(ErrorKind::invalid_input, "only a Debian source package has a series",
                       fmt::format("tree {}", tree.name),
                       "a git tree is a repository already; commit what a tarball holds yourself");
    if (const auto free = check_folder(folder); !free) co_return tl::unexpected(free.error());
    std::error_code code;
    fs::create_directories(folder.parent_path(), code);
    auto making = util::TempDir::make(folder.parent_path(), ".krepro-tree");
    if (!making) co_return tl::unexpected(making.error());
    const auto source = making->path() / "source";
    fs::create_directories(source, code);
    const MakeTreeRequest request{tree, source, making->path() / "scratch", apt};
    const auto unpacked = co_await unpack_debian_source(request, progress);
    if (!unpacked) co_return tl::unexpected(unpacked.error());
    progress("making the first commit");
    auto head = co_await commit_all(source, fmt::format("{} {}, without its PREEMPT_RT series",
                                                        tree.package, unpacked->version));
    if (!head) co_return tl::unexpected(head.error());
    MadeHistory made{1, {}};
    if (tree.rt_series) {
        const auto commits = co_await commit_series(source, unpacked->rt_patches, progress);
        if (!commits) co_return tl::unexpected(commits.error());
        made.commits += *commits;
        head = co_await git(source, words("rev-parse", "HEAD"));
        if (!head) co_return tl::unexpected(head.error());
    }
    made.head = std::move(*head);
    fs::permissions(source, fs::perms(0755), code);
    fs::remove(folder, code);  // an empty one
    fs::rename(source, folder, code);
    if (code)
        co_return fail(ErrorKind::unavailable, "cannot move the repository: " + code.message(),
                       folder.string(), "check the folder above it");
    co_return made;
}

}  // namespace krepro::checkout
