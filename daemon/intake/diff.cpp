// SPDX-License-Identifier: Apache-2.0
#include "intake/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "intake/hunk.hpp"
#include "intake/patch_path.hpp"
#include "intake/text.hpp"

namespace krepro::intake {

namespace {

using util::ErrorKind;
using util::fail;
using util::Result;

constexpr std::size_t k_most_files = 1000;
constexpr std::size_t k_most_bytes = 10 << 20;
constexpr std::size_t k_most_functions = 200;
constexpr std::size_t k_most_notes = 50;

// What stands between "diff --git" and the first hunk.
struct FileHead {
    model::PatchFile file;
    std::vector<std::string_view> extended;  // mode, rename, index lines: kept as they are
    bool created = false;
    bool deleted = false;
    bool mode_changed = false;
    bool renamed = false;
    bool named_in_hunks = false;  // had "--- " and "+++ "
};

class DiffReader {
  public:
    DiffReader(const std::vector<std::string_view>& lines, std::size_t first)
        : lines_(lines), at_(first) {}

    Result<Diff> read() {
        while (at_ < lines_.size() && !begins_signature(lines_, at_)) {
            if (starts_commit())
                return refuse("the text holds more than one commit",
                              "send one commit, or a series as an mbox (git format-patch)");
            if (!begins_file(lines_, at_)) {
                ++at_;
                continue;
            }
            const auto done = read_file();
            if (!done) return tl::unexpected(done.error());
            if (diff_.files.size() > k_most_files)
                return too_large(fmt::format("the patch changes more than {} files", k_most_files));
            if (diff_.text.size() > k_most_bytes)
                return too_large(fmt::format("the patch has more than {} MiB", k_most_bytes >> 20));
        }
        if (diff_.files.empty()) return refuse("the diff changes nothing", "send the whole diff");
        return std::move(diff_);
    }

  private:
    [[nodiscard]] tl::unexpected<util::Error> refuse(std::string what, std::string hint) const {
        return fail(ErrorKind::invalid_input, std::move(what), where(), std::move(hint));
    }
    [[nodiscard]] tl::unexpected<util::Error> too_large(std::string what) const {
        return fail(ErrorKind::too_large, std::move(what), where(),
                    "split it, or submit the change that matters");
    }
    [[nodiscard]] std::string where() const {
        return fmt::format("line {}", std::min(at_, lines_.size() - 1) + 1);
    }

    // "commit 0123abcd...": the next entry of `git log -p`.
    [[nodiscard]] bool starts_commit() const {
        const auto line = lines_[at_];
        if (!line.starts_with("commit ") || line.size() < 47) return false;
        const auto hash = line.substr(7, 40);
        return std::all_of(hash.begin(), hash.end(),
                           [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
    }

    Result<void> read_file() {
        FileHead head;
        auto done = lines_[at_].starts_with("diff ") ? read_git_header(head) : Result<void>{};
        if (done) done = read_names(head);
        if (!done) return done;
        if (!head.named_in_hunks && !head.created && !head.deleted && !head.mode_changed &&
            !head.renamed)
            return {};  // "diff --git" of a file with nothing changed: touched, or cut out by hand
        write_head(head);
        while (at_ < lines_.size() && lines_[at_].starts_with("@@")) {
            done = read_one_hunk(head.file);
            if (!done) return done;
        }
        if (head.named_in_hunks && head.file.hunks == 0)
            return refuse(fmt::format("the diff of {} has no hunk", name_of(head.file)),
                          "send the whole diff");
        diff_.files.push_back(std::move(head.file));
        return {};
    }

    static const std::string& name_of(const model::PatchFile& file) {
        return file.new_path.empty() ? file.old_path : file.new_path;
    }

    Result<void> read_git_header(FileHead& head) {
        const auto line = lines_[at_];
        if (!line.starts_with("diff --git "))
            return refuse("the patch is a merge's combined diff",
                          "submit the merged commits, or `git diff` against one parent");
        const auto named = read_git_names(line.substr(11), head.file);
        if (!named) return named;
        for (++at_; at_ < lines_.size(); ++at_) {
            const auto extended = read_extended(lines_[at_], head);
            if (!extended) return tl::unexpected(extended.error());
            if (!*extended) break;
            head.extended.push_back(lines_[at_]);
        }
        if (head.created) head.file.old_path.clear();
        if (head.deleted) head.file.new_path.clear();
        return {};
    }

    // "a/x b/x". Names with spaces are told apart by their being equal; a rename names its two
    // paths again.
    static Result<void> read_git_names(std::string_view names, model::PatchFile& file) {
        names = trim_right(names);
        const auto middle = names.size() / 2;
        auto split = middle;
        if (names.empty() || names[middle] != ' ') split = names.rfind(' ');
        if (split == std::string_view::npos) return {};
        auto old_path = read_patch_path(names.substr(0, split));
        auto new_path = read_patch_path(names.substr(split + 1));
        if (!old_path) return tl::unexpected(old_path.error());
        if (!new_path) return tl::unexpected(new_path.error());
        file.old_path = std::move(*old_path);
        file.new_path = std::move(*new_path);
        return {};
    }

    // Whether the line is one of git's extended header lines.
    Result<bool> read_extended(std::string_view line, FileHead& head) {
        if (line.starts_with("GIT binary patch") || line.starts_with("Binary files "))
            return refuse(fmt::format("the patch changes the binary file {}", name_of(head.file)),
                          "leave binary files out: they do not change a kernel's behaviour");
        for (const std::string_view key :
             {"old mode ", "new mode ", "new file mode ", "deleted file mode ", "index "})
            if (line.starts_with(key)) return read_mode(key, line, head);
        for (const std::string_view key : {"rename from ", "copy from ", "rename to ", "copy to "})
            if (line.starts_with(key)) return read_rename(key, line.substr(key.size()), head);
        return line.starts_with("similarity index ") || line.starts_with("dissimilarity index ");
    }

    Result<bool> read_mode(std::string_view key, std::string_view line, FileHead& head) {
        head.created = head.created || key == "new file mode ";
        head.deleted = head.deleted || key == "deleted file mode ";
        head.mode_changed = head.mode_changed || key == "new mode ";
        const auto mode = trim_right(line.substr(line.rfind(' ', trim_right(line).size() - 1) + 1));
        if (mode == "120000")
            return refuse(fmt::format("the patch makes {} a symbolic link", name_of(head.file)),
                          "a link could lead out of the tree: submit the change without it");
        if (mode == "160000")
            return refuse(fmt::format("the patch makes {} a submodule", name_of(head.file)),
                          "submit the change without it");
        return true;
    }

    static Result<bool> read_rename(std::string_view key, std::string_view path, FileHead& head) {
        auto name = read_bare_path(path);
        if (!name) return tl::unexpected(name.error());
        (key.ends_with("from ") ? head.file.old_path : head.file.new_path) = std::move(*name);
        head.renamed = true;
        return true;
    }

    Result<void> read_names(FileHead& head) {
        if (at_ + 1 >= lines_.size() || !lines_[at_].starts_with("--- ") ||
            !lines_[at_ + 1].starts_with("+++ "))
            return {};
        auto old_path = read_patch_path(lines_[at_].substr(4));
        auto new_path = read_patch_path(lines_[at_ + 1].substr(4));
        if (!old_path) return tl::unexpected(old_path.error());
        if (!new_path) return tl::unexpected(new_path.error());
        if (old_path->empty() && new_path->empty())
            return refuse("a part of the diff names no file", "send the whole diff");
        head.created = head.created || old_path->empty();
        head.deleted = head.deleted || new_path->empty();
        head.file.old_path = std::move(*old_path);
        head.file.new_path = std::move(*new_path);
        head.named_in_hunks = true;
        at_ += 2;
        return {};
    }

    void write_head(const FileHead& head) {
        const auto& old_path = head.file.old_path.empty() ? head.file.new_path : head.file.old_path;
        const auto& new_path = name_of(head.file);
        auto& text = diff_.text;
        text += fmt::format("diff --git a/{} b/{}\n", old_path, new_path);
        const auto has = [&](std::string_view key) {
            return std::any_of(head.extended.begin(), head.extended.end(),
                               [&](std::string_view line) { return line.starts_with(key); });
        };
        // A plain diff does not say it in words; below "diff --git" git wants it said.
        if (head.created && !has("new file mode")) text += "new file mode 100644\n";
        if (head.deleted && !has("deleted file mode")) text += "deleted file mode 100644\n";
        for (const auto line : head.extended) text += fmt::format("{}\n", trim_right(line));
        if (!head.named_in_hunks) return;
        text += head.created ? "--- /dev/null\n" : fmt::format("--- a/{}\n", marked(old_path));
        text += head.deleted ? "+++ /dev/null\n" : fmt::format("+++ b/{}\n", marked(new_path));
    }

    // git ends a name with a space in it by a tab.
    static std::string marked(const std::string& path) {
        return path.find(' ') == std::string::npos ? path : path + "\t";
    }

    Result<void> read_one_hunk(model::PatchFile& file) {
        if (lines_[at_].starts_with("@@@"))
            return refuse("the patch is a merge's combined diff",
                          "submit the merged commits, or `git diff` against one parent");
        auto hunk = read_hunk(lines_, at_);
        if (!hunk) {
            hunk.error().where = fmt::format("{}, {}", name_of(file), hunk.error().where);
            return tl::unexpected(hunk.error());
        }
        at_ = hunk->end;
        ++file.hunks;
        file.added += hunk->added;
        file.removed += hunk->removed;
        add_functions(file, hunk->functions);
        if (!hunk->note.empty() && diff_.notes.size() < k_most_notes)
            diff_.notes.push_back(
                fmt::format("hunk {} of {} {}", file.hunks, name_of(file), hunk->note));
        diff_.text += hunk->text;
        return {};
    }

    static void add_functions(model::PatchFile& file, const std::vector<std::string>& names) {
        auto& all = file.functions;
        for (const auto& name : names)
            if (all.size() < k_most_functions &&
                std::find(all.begin(), all.end(), name) == all.end())
                all.push_back(name);
    }

    const std::vector<std::string_view>& lines_;
    std::size_t at_;
    Diff diff_;
};

}  // namespace

std::size_t find_diff(const std::vector<std::string_view>& lines, std::size_t from) {
    while (from < lines.size() && !begins_file(lines, from)) ++from;
    return from;
}

Result<Diff> read_diff(const std::vector<std::string_view>& lines, std::size_t first) {
    return DiffReader(lines, first).read();
}

}  // namespace krepro::intake
