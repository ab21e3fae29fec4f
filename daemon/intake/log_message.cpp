// SPDX-License-Identifier: Apache-2.0
#include "intake/log_message.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "intake/text.hpp"

namespace krepro::intake {

namespace {

// "Signed-off-by", "Link", "Fixes": words and dashes, and either a dash or one of the known.
bool is_trailer_key(std::string_view key) {
    static constexpr std::array<std::string_view, 8> k_known{
        "link", "fixes", "cc", "closes", "bug", "bugzilla", "buglink", "changelog"};
    if (key.empty() || key.size() > 40 || !is_word(key.front())) return false;
    const bool plain =
        std::all_of(key.begin(), key.end(), [](char c) { return is_word(c) || c == '-'; });
    if (!plain) return false;
    const auto name = lower(key);
    return name.ends_with("-by") || name.find('-') != std::string::npos ||
           std::find(k_known.begin(), k_known.end(), name) != k_known.end();
}

std::string_view trailer_key(std::string_view line) {
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) return {};
    const auto key = line.substr(0, colon);
    return is_trailer_key(key) ? key : std::string_view{};
}

// Where the trailers begin: the run of trailers, their indented continuations and "[note]" lines
// that ends the message. Blank lines between them count; a title alone is never a trailer.
std::size_t trailers_begin(const std::vector<std::string_view>& lines, std::size_t floor) {
    auto begin = lines.size();
    for (auto at = lines.size(); at > floor; --at) {
        const auto line = lines[at - 1];
        if (!trailer_key(line).empty()) {
            begin = at - 1;
            continue;
        }
        const bool inside =
            is_blank(line) || line.starts_with('[') || line.front() == ' ' || line.front() == '\t';
        if (!inside) break;
    }
    return begin;
}

std::vector<model::Trailer> read_trailers(const std::vector<std::string_view>& lines,
                                          std::size_t begin) {
    std::vector<model::Trailer> trailers;
    for (auto at = begin; at < lines.size(); ++at) {
        const auto line = lines[at];
        const auto key = trailer_key(line);
        if (!key.empty()) {
            trailers.push_back({std::string(key), std::string(trim(line.substr(key.size() + 1)))});
        } else if (!trailers.empty() && !is_blank(line) && !line.starts_with('[')) {
            trailers.back().value += " ";
            trailers.back().value += trim(line);
        }
    }
    return trailers;
}

std::string text_of(const std::vector<std::string_view>& lines, std::size_t first,
                    std::size_t end) {
    while (first < end && is_blank(lines[first])) ++first;
    while (end > first && is_blank(lines[end - 1])) --end;
    return join_lines(lines, first, end);
}

// The lines of `git show` below "commit": author, and the message without its indent.
std::vector<std::string_view> unwrap_show(const std::vector<std::string_view>& lines,
                                          LogMessage& log) {
    std::vector<std::string_view> message;
    bool in_head = true;
    for (const auto line : lines) {
        if (in_head && line.starts_with("Author:")) log.author = trim(line.substr(7));
        if (is_blank(line)) in_head = false;
        if (in_head) continue;
        message.push_back(line.starts_with("    ") ? line.substr(4) : line);
    }
    log.notes.emplace_back("read as the output of git show");
    return message;
}

bool is_show(const std::vector<std::string_view>& lines) {
    return !lines.empty() && lines.front().starts_with("commit ") && lines.size() > 1 &&
           (lines[1].starts_with("Author:") || lines[1].starts_with("Merge:"));
}

// git am takes the author from the first lines of the body when they say "From:".
std::size_t read_in_body_headers(const std::vector<std::string_view>& lines, LogMessage& log) {
    std::size_t at = 0;
    while (at < lines.size() && is_blank(lines[at])) ++at;
    const auto first = at;
    for (; at < lines.size(); ++at) {
        if (lines[at].starts_with("From: "))
            log.author = trim(lines[at].substr(6));
        else if (!lines[at].starts_with("Subject: ") && !lines[at].starts_with("Date: "))
            break;
    }
    return log.author.empty() ? first : at;
}

}  // namespace

std::string strip_subject(std::string_view subject) {
    subject = trim(subject);
    while (true) {
        const auto before = subject.size();
        for (const std::string_view prefix : {"Re:", "RE:", "re:", "Fwd:", "FWD:", "Fw:"})
            if (subject.starts_with(prefix)) subject = trim_left(subject.substr(prefix.size()));
        if (subject.starts_with('[')) {
            const auto end = subject.find(']');
            if (end != std::string_view::npos) subject = trim_left(subject.substr(end + 1));
        }
        if (subject.size() == before) return std::string(subject);
    }
}

LogMessage read_log_message(std::string_view text, std::string_view subject) {
    LogMessage log;
    auto lines = split_lines(text);
    if (is_show(lines)) lines = unwrap_show(lines, log);
    log.all = join_lines(lines, 0, lines.size());
    // What follows "---" is for the reviewers: the change log, the diffstat.
    const auto dashes = std::find_if(lines.begin(), lines.end(),
                                     [](auto line) { return trim_right(line) == "---"; });
    lines.erase(dashes, lines.end());
    auto first = read_in_body_headers(lines, log);
    while (first < lines.size() && is_blank(lines[first])) ++first;
    log.title = strip_subject(subject);
    if (log.title.empty() && first < lines.size()) log.title = strip_subject(lines[first++]);
    const auto trailers = trailers_begin(lines, first);
    log.trailers = read_trailers(lines, trailers);
    log.body = text_of(lines, first, trailers);
    return log;
}

}  // namespace krepro::intake
