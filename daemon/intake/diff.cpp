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
constexpr std::size_t k_most_notes = 50;

// What stands between "diff --git" and the first hunk, as far as git apply needs it: it is written
// anew, so that nothing of it is passed on unread.
struct FileHead {
    model::PatchFile file;
    std::string old_mode;  // of a changed mode: both or none
    std::string new_mode;
    std::string file_mode;  // of a created or deleted file
    std::string index;      // the whole line
    std::string moved;      // "rename" or "copy"
    bool created = false;
    bool deleted = false;
    bool named_in_hunks = false;  // had "--- " and "+++ "

    [[nodiscard]] bool changes_nothing() const {
        return !named_in_hunks && !created && !deleted && new_mode.empty() && moved.empty();
    }
    [[nodiscard]] bool is_half() const {
        const bool nameless = file.old_path.empty() && file.new_path.empty();
        const bool half_moved = !moved.empty() && (file.old_path.empty() || file.new_path.empty());
        return nameless || half_moved || old_mode.empty() != new_mode.empty();
    }
};

bool is_hex(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "0123abc..4567def 100644"; the mode may be absent.
bool is_index(std::string_view text) {
    const auto dots = text.find("..");
    if (dots == std::string_view::npos || !is_hex(text.substr(0, dots))) return false;
    text.remove_prefix(dots + 2);
    const auto space = std::min(text.find(' '), text.size());
    const auto rest = text.substr(space);
    return is_hex(text.substr(0, space)) &&
           (rest.empty() || (rest.size() == 7 && is_hex(rest.substr(1))));
}

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
        if (head.is_half())
            return refuse("a part of the diff does not say which file it changes, or how",
                          "send the whole diff");
        // A file that was touched only, or whose hunks were cut out by hand.
        if (head.changes_nothing()) return {};
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
        }
        if (head.created) head.file.old_path.clear();
        if (head.deleted) head.file.new_path.clear();
        return {};
    }

    // "a/x b/x". Names with spaces are told apart by their being equal; others are left to the
    // lines that follow, which name them again.
    static Result<void> read_git_names(std::string_view names, model::PatchFile& file) {
        names = trim_right(names);
        const auto space = names.find(' ');
        if (space == std::string_view::npos) return {};
        const bool is_plain = space == names.rfind(' ');
        const auto split = is_plain ? space : names.size() / 2;
        auto old_path = read_patch_path(names.substr(0, split));
        auto new_path = read_patch_path(names.substr(split + 1));
        if (!is_plain && (names[split] != ' ' || !old_path || !new_path || *old_path != *new_path))
            return {};
        if (!old_path) return tl::unexpected(old_path.error());
        if (!new_path) return tl::unexpected(new_path.error());
        file.old_path = std::move(*old_path);
        file.new_path = std::move(*new_path);
        return {};
    }

    // Whether the line is one of git's extended header lines.
    Result<bool> read_extended(std::string_view line, FileHead& head) {
        line = trim_right(line);
        if (line.starts_with("GIT binary patch") || line.starts_with("Binary files "))
            return refuse(fmt::format("the patch changes the binary file {}", name_of(head.file)),
                          "leave binary files out: they do not change a kernel's behaviour");
        for (const std::string_view key :
             {"old mode ", "new mode ", "new file mode ", "deleted file mode "})
            if (line.starts_with(key)) return read_mode(key, line.substr(key.size()), head);
        for (const std::string_view key : {"rename from ", "copy from ", "rename to ", "copy to "})
            if (line.starts_with(key)) return read_moved(key, line.substr(key.size()), head);
        if (line.starts_with("index ")) return read_index(line, head);
        return line.starts_with("similarity index") || line.starts_with("dissimilarity index");
    }

    Result<bool> read_mode(std::string_view key, std::string_view mode, FileHead& head) {
        if (const auto checked = check_mode(mode, head); !checked)
            return tl::unexpected(checked.error());
        head.created = head.created || key == "new file mode ";
        head.deleted = head.deleted || key == "deleted file mode ";
        if (key == "old mode ")
            head.old_mode = mode;
        else if (key == "new mode ")
            head.new_mode = mode;
        else
            head.file_mode = mode;
        return true;
    }

    Result<void> check_mode(std::string_view mode, const FileHead& head) {
        if (mode == "100644" || mode == "100755") return {};
        if (mode == "120000")
            return refuse(fmt::format("the patch makes {} a symbolic link", name_of(head.file)),
                          "a link could lead out of the tree: submit the change without it");
        if (mode == "160000")
            return refuse(fmt::format("the patch makes {} a submodule", name_of(head.file)),
                          "submit the change without it");
        return refuse(
            fmt::format("the patch gives {} a file mode that is none", name_of(head.file)),
            "100644 and 100755 are the modes of files");
    }

    Result<bool> read_index(std::string_view line, FileHead& head) {
        if (!is_index(line.substr(6))) return true;  // git apply can do without
        head.index = line;
        const auto space = line.rfind(' ');
        if (space == 5) return true;
        const auto checked = check_mode(line.substr(space + 1), head);
        if (!checked) return tl::unexpected(checked.error());
        return true;
    }

    static Result<bool> read_moved(std::string_view key, std::string_view path, FileHead& head) {
        auto name = read_bare_path(path);
        if (!name) return tl::unexpected(name.error());
        (key.ends_with("from ") ? head.file.old_path : head.file.new_path) = std::move(*name);
        head.moved = key.substr(0, key.find(' '));
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
            return refuse("a part of the diff does not name its file", "send the whole diff");
        const auto contradicts = [](const std::string& said, const std::string& named) {
            return !said.empty() && !named.empty() && said != named;
        };
        if (contradicts(head.file.old_path, *old_path) ||
            contradicts(head.file.new_path, *new_path))
            return refuse(fmt::format("the diff of {} names another file above its hunks",
                                      name_of(head.file)),
                          "\"diff --git\", \"---\" and \"+++\" must name the same files");
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
        // A plain diff does not say it in words; below "diff --git" git wants it said.
        const auto mode = head.file_mode.empty() ? "100644" : head.file_mode;
        if (head.created) text += fmt::format("new file mode {}\n", mode);
        if (head.deleted) text += fmt::format("deleted file mode {}\n", mode);
        if (!head.new_mode.empty())
            text += fmt::format("old mode {}\nnew mode {}\n", head.old_mode, head.new_mode);
        if (!head.moved.empty())
            text += fmt::format("{0} from {1}\n{0} to {2}\n", head.moved, old_path, new_path);
        if (!head.index.empty()) text += head.index + "\n";
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
