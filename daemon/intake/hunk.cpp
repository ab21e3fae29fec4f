// SPDX-License-Identifier: Apache-2.0
#include "intake/hunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "intake/c_names.hpp"
#include "intake/text.hpp"

namespace krepro::intake {

namespace {

using util::ErrorKind;
using util::fail;
using util::Result;

// "118,10" or "118"; consumes it.
bool parse_range(std::string_view& text, std::int64_t& start, std::int64_t& count) {
    const auto number = [&](std::int64_t& value) {
        constexpr std::int64_t k_most = 1'000'000'000;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || value < 0 || value > k_most) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return true;
    };
    if (!number(start)) return false;
    if (!text.starts_with(',')) return true;
    text.remove_prefix(1);
    return number(count);
}

// Reads the lines of one hunk.
class HunkReader {
  public:
    HunkReader(const std::vector<std::string_view>& lines, std::size_t at, HunkHeader header)
        : lines_(lines), start_(at), at_(at + 1), header_(header) {
        old_left_ = header.old_count;
        new_left_ = header.new_count;
        add_function(function_ = defined_name(trim_left(header.section)));
    }

    Result<Hunk> read() {
        while (at_ < lines_.size() && belongs()) take(lines_[at_++]);
        hunk_.end = at_;
        if (old_left_ != 0 || new_left_ != 0) {
            const auto mended = mend();
            if (!mended) return tl::unexpected(mended.error());
        }
        hunk_.text =
            fmt::format("@@ -{},{} +{},{} @@{}\n", header_.old_start, header_.old_count - old_left_,
                        header_.new_start, header_.new_count - new_left_, header_.section) +
            body_;
        return std::move(hunk_);
    }

  private:
    [[nodiscard]] bool complete() const { return old_left_ <= 0 && new_left_ <= 0; }

    // Whether lines_[at_] is a line of this hunk.
    [[nodiscard]] bool belongs() const {
        const auto line = lines_[at_];
        if (line.starts_with("\\ ")) return true;
        if (line.starts_with("@@ -") || begins_file(lines_, at_)) return false;
        if (line.empty()) return !complete();
        if (ends_mail(line)) return false;
        if (line.front() == '+' || line.front() == '-') return true;
        return line.front() == ' ' && !complete();
    }

    // A removed line "- " looks like the signature's mark; then more of the hunk follows.
    [[nodiscard]] bool ends_mail(std::string_view line) const {
        if (line.starts_with("-----BEGIN PGP")) return true;
        const bool more =
            !complete() && at_ + 1 < lines_.size() && !lines_[at_ + 1].empty() &&
            std::string_view(" +-").find(lines_[at_ + 1].front()) != std::string_view::npos;
        return begins_signature(lines_, at_) && !more;
    }

    void take(std::string_view line) {
        // Mail programs strip the space of an empty context line.
        const char kind = line.empty() ? ' ' : line.front();
        body_ += kind;
        if (!line.empty()) body_ += line.substr(1);
        body_ += '\n';
        if (kind == '\\') return;
        if (kind != '+') --old_left_;
        if (kind != '-') --new_left_;
        hunk_.added += kind == '+' ? 1 : 0;
        hunk_.removed += kind == '-' ? 1 : 0;
        follow(kind, line.empty() ? line : line.substr(1));
    }

    // Keeps track of the function that lines belong to.
    void follow(char kind, std::string_view code) {
        const auto name = defined_name(code);
        if (!name.empty()) function_ = name;
        if (kind != ' ') add_function(name.empty() ? function_ : name);
        if (code.starts_with('}')) function_.clear();
    }

    void add_function(const std::string& name) {
        auto& names = hunk_.functions;
        if (name.empty() || names.size() >= k_most_functions) return;
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }

    [[nodiscard]] bool at_end_of_mail() const {
        for (auto at = at_; at < lines_.size(); ++at) {
            if (begins_signature(lines_, at)) return true;
            if (!is_blank(lines_[at])) return false;
        }
        return true;
    }

    // The counts of the header do not fit the lines.
    Result<void> mend() {
        const auto where = fmt::format("hunk at line {}", start_ + 1);
        if (old_left_ == new_left_ && old_left_ > 0) {
            hunk_.note = fmt::format("lacked {} of its context lines", old_left_);
            return {};
        }
        if (!at_end_of_mail() || complete()) {
            hunk_.note = "had wrong line counts in its header";
            return {};
        }
        return fail(
            ErrorKind::invalid_input, "the diff is cut off within a hunk's changes",
            fmt::format("{}: {} old and {} new lines are missing", where,
                        std::max<std::int64_t>(old_left_, 0), std::max<std::int64_t>(new_left_, 0)),
            "send the whole diff");
    }

    const std::vector<std::string_view>& lines_;
    std::size_t start_;
    std::size_t at_;
    HunkHeader header_;
    std::int64_t old_left_ = 0;
    std::int64_t new_left_ = 0;
    std::string function_;
    std::string body_;
    Hunk hunk_;
};

}  // namespace

std::optional<HunkHeader> parse_hunk_header(std::string_view line) {
    HunkHeader header;
    if (!line.starts_with("@@ -")) return {};
    line.remove_prefix(4);
    if (!parse_range(line, header.old_start, header.old_count)) return {};
    if (!line.starts_with(" +")) return {};
    line.remove_prefix(2);
    if (!parse_range(line, header.new_start, header.new_count)) return {};
    if (!line.starts_with(" @@")) return {};
    header.section = trim_right(line.substr(3));
    return header;
}

bool begins_file(const std::vector<std::string_view>& lines, std::size_t at) {
    const auto line = lines[at];
    if (line.starts_with("diff --git ") || line.starts_with("diff --cc ") ||
        line.starts_with("diff --combined "))
        return true;
    // A removed line "-- x" looks the same; what follows does not.
    return line.starts_with("--- ") && at + 2 < lines.size() && lines[at + 1].starts_with("+++ ") &&
           lines[at + 2].starts_with("@@ -");
}

bool begins_signature(const std::vector<std::string_view>& lines, std::size_t at) {
    if (lines[at] != "-- " && lines[at] != "--") return false;
    // A removed line "- " looks the same. A signature has a few lines and no more diff after it.
    constexpr std::size_t k_longest = 8;
    for (auto i = at + 1; i < lines.size(); ++i)
        if (i > at + k_longest || lines[i].starts_with("@@ -") || begins_file(lines, i))
            return false;
    return true;
}

Result<Hunk> read_hunk(const std::vector<std::string_view>& lines, std::size_t at) {
    const auto header = parse_hunk_header(lines[at]);
    if (!header)
        return fail(ErrorKind::invalid_input, "a hunk header cannot be read",
                    fmt::format("line {}: {}", at + 1, to_valid_utf8(lines[at].substr(0, 100))),
                    "send the diff as git made it");
    return HunkReader(lines, at, *header).read();
}

}  // namespace krepro::intake
