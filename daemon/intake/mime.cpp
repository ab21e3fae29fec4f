// SPDX-License-Identifier: Apache-2.0
#include "intake/mime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "intake/decode.hpp"
#include "intake/text.hpp"

namespace krepro::intake {

namespace {

using util::ErrorKind;
using util::fail;
using util::Result;

constexpr int k_deepest_part = 8;
constexpr std::size_t k_most_parts = 200;

struct Header {
    std::string name;   // lower case
    std::string value;  // unfolded
};

// A header block and what follows it.
struct Entity {
    std::vector<Header> headers;
    std::string_view body;

    [[nodiscard]] std::string_view get(std::string_view name) const {
        for (const auto& header : headers)
            if (header.name == name) return header.value;
        return {};
    }
};

// "Name:" at the start of a line, RFC 5322: printable, no space, no colon.
std::string_view field_name(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return {};
    const auto name = line.substr(0, colon);
    const bool ok = std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127; });
    return ok ? name : std::string_view{};
}

// "kernel/fork: beware of ..." looks like a header field and is a title: a header block counts as
// one only when it holds a field that every mail has.
bool is_mail_field(std::string_view name) {
    static constexpr std::array<std::string_view, 7> k_fields{
        "from", "subject", "message-id", "received", "return-path", "content-type", "mime-version"};
    return std::find(k_fields.begin(), k_fields.end(), name) != k_fields.end();
}

void append_folded(std::string& value, std::string_view line) {
    if (!value.empty()) value += ' ';
    value += trim(line);
}

// The header block that `text` begins with; without one, all of it is the body.
Entity read_entity(std::string_view text) {
    Entity entity;
    std::string_view rest = text;
    bool mail = false;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (is_blank(line)) break;
        if (line.front() == ' ' || line.front() == '\t') {
            if (entity.headers.empty()) return {{}, text};
            append_folded(entity.headers.back().value, line);
            continue;
        }
        const auto name = field_name(line);
        if (name.empty()) return {{}, text};
        entity.headers.push_back({lower(name), std::string(trim(line.substr(name.size() + 1)))});
        mail = mail || is_mail_field(entity.headers.back().name);
    }
    if (!mail) return {{}, text};
    entity.body = rest;
    return entity;
}

// Parameter `name` of a header value such as: text/plain; charset="utf-8"
std::string parameter(std::string_view value, std::string_view name) {
    for (auto at = value.find(';'); at != std::string_view::npos;) {
        value.remove_prefix(at + 1);
        const auto equals = value.find('=');
        if (equals == std::string_view::npos) return {};
        const bool wanted = equal_ignoring_case(trim(value.substr(0, equals)), name);
        value = trim_left(value.substr(equals + 1));
        std::size_t end = std::min(value.find(';'), value.size());
        std::string_view found = trim(value.substr(0, end));
        if (value.starts_with('"')) {
            end = std::min(value.find('"', 1), value.size());
            found = value.substr(1, end - 1);
        }
        if (wanted) return std::string(found);
        at = value.find(';', end);
    }
    return {};
}

std::string media_type(const Entity& entity) {
    const auto value = entity.get("content-type");
    const auto type = lower(trim(value.substr(0, value.find(';'))));
    return type.empty() ? "text/plain" : type;
}

Result<std::string> decoded_body(const Entity& entity) {
    const auto encoding = lower(entity.get("content-transfer-encoding"));
    std::string body(entity.body);
    if (encoding == "quoted-printable") body = decode_quoted_printable(entity.body);
    if (encoding == "base64") {
        auto decoded = decode_base64(entity.body);
        if (!decoded) return decoded;
        body = std::move(*decoded);
    }
    return to_utf8(body, parameter(entity.get("content-type"), "charset"));
}

bool looks_like_patch(const std::string& text) {
    return text.starts_with("diff ") || text.starts_with("--- ") ||
           text.find("\ndiff --git ") != std::string::npos ||
           text.find("\n--- ") != std::string::npos;
}

// The parts between the boundary's delimiter lines.
std::vector<std::string_view> split_parts(std::string_view body, const std::string& boundary) {
    std::vector<std::string_view> parts;
    const std::string delimiter = "--" + boundary;
    const char* begin = nullptr;
    for (const auto line : split_lines(body)) {
        if (!line.starts_with(delimiter)) continue;
        if (begin != nullptr)
            parts.emplace_back(begin, static_cast<std::size_t>(line.data() - begin));
        begin = std::min(line.data() + line.size() + 1, body.data() + body.size());
        if (line.substr(delimiter.size()).starts_with("--")) return parts;
    }
    // A mail cut off before its closing delimiter.
    if (begin != nullptr)
        parts.emplace_back(begin, static_cast<std::size_t>(body.data() + body.size() - begin));
    return parts;
}

// What was found while walking the parts of a mail.
struct Parts {
    std::string text;
    std::vector<std::string> patches;  // attached
    std::vector<std::string> notes;
    std::size_t seen = 0;
    bool html = false;
};

Result<Parts> walk(const Entity& entity, Parts parts, int depth) {
    if (depth > k_deepest_part || ++parts.seen > k_most_parts)
        return fail(ErrorKind::too_large, "the mail has too many parts, or nested too deep",
                    fmt::format("part {}", parts.seen), "send the patch as plain text");
    const auto type = media_type(entity);
    if (type.starts_with("multipart/")) {
        const auto boundary = parameter(entity.get("content-type"), "boundary");
        if (boundary.empty())
            return fail(ErrorKind::invalid_input, "a multipart mail without a boundary",
                        "Content-Type", "send the mail as it was received");
        for (const auto part : split_parts(entity.body, boundary)) {
            // A part may begin with an empty line: no headers, plain text.
            Entity inner = part.starts_with('\n') ? Entity{{}, part.substr(1)} : read_entity(part);
            auto walked = walk(inner, std::move(parts), depth + 1);
            if (!walked) return walked;
            parts = std::move(*walked);
        }
        return parts;
    }
    parts.html = parts.html || type == "text/html";
    const bool attached = lower(entity.get("content-disposition")).starts_with("attachment");
    if (type == "text/plain" && !attached) {
        auto body = decoded_body(entity);
        if (!body) return tl::unexpected(body.error());
        if (!parts.text.empty()) parts.text += '\n';
        parts.text += *body;
    } else if (type != "text/html" && (type.starts_with("text/") || type.starts_with("app"))) {
        auto body = decoded_body(entity);
        if (body && looks_like_patch(*body)) {
            parts.notes.emplace_back("the patch was an attachment");
            parts.patches.push_back(std::move(*body));
        }
    }
    return parts;
}

// What mail transport does to line ends is undone.
void drop_carriage_returns(Message& message) {
    auto& text = message.body;
    std::size_t to = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') text[to++] = text[i];
    if (to != text.size()) message.notes.emplace_back("CRLF line ends were made LF");
    text.resize(to);
}

// "From 0123abcd Mon Sep 17 00:00:00 2001": a sentence may begin with "From " too, and has no time
// of day.
bool is_separator(std::string_view line) {
    if (!line.starts_with("From ")) return false;
    for (std::size_t i = 5; i + 8 <= line.size(); ++i) {
        static constexpr std::string_view k_time = "00:00:00";
        bool time = true;
        for (std::size_t j = 0; time && j < k_time.size(); ++j)
            time = k_time[j] == ':' ? line[i + j] == ':' : is_digit(line[i + j]);
        if (time) return true;
    }
    return false;
}

std::string without_brackets(std::string_view id) {
    id = trim(id);
    if (id.starts_with('<')) id.remove_prefix(1);
    return std::string(id.substr(0, id.find('>')));
}

// One encoded word, from "=?" to "?=".
std::string decode_word(std::string_view word) {
    const auto inner = word.substr(2, word.size() - 4);
    const auto first = inner.find('?');
    const auto second = first == std::string_view::npos ? first : inner.find('?', first + 1);
    if (second != first + 2 || second == std::string_view::npos) return std::string(word);
    auto charset = inner.substr(0, first);
    charset = charset.substr(0, charset.find('*'));  // RFC 2231 language tag
    const char encoding = inner[first + 1];
    if (encoding != 'q' && encoding != 'Q' && encoding != 'b' && encoding != 'B')
        return std::string(word);
    const auto text = inner.substr(second + 1);
    std::string bytes;
    if (encoding == 'q' || encoding == 'Q') {
        std::string spaced(text);
        std::replace(spaced.begin(), spaced.end(), '_', ' ');
        // The marker keeps a trailing space, which ends a line of quoted-printable in vain.
        bytes = decode_quoted_printable(spaced + "=2E");
        if (bytes.ends_with(".\n")) bytes.resize(bytes.size() - 2);
    } else {
        auto decoded = decode_base64(text);
        if (!decoded) return std::string(word);
        bytes = std::move(*decoded);
    }
    return to_utf8(bytes, charset).value_or(std::string(word));
}

// The end of the encoded word that `text` begins with, or npos.
std::size_t word_end(std::string_view text) {
    if (!text.starts_with("=?")) return std::string_view::npos;
    std::size_t at = 1;
    for (int marks = 0; marks < 2; ++marks) {
        at = text.find_first_of("? ", at + 1);
        if (at == std::string_view::npos || text[at] == ' ') return std::string_view::npos;
    }
    const auto end = text.find_first_of("? ", at + 1);
    if (end == std::string_view::npos || !text.substr(end).starts_with("?="))
        return std::string_view::npos;
    return end + 2;
}

}  // namespace

std::string decode_words(std::string_view text) {
    std::string result;
    bool after_word = false;
    while (!text.empty()) {
        const auto end = word_end(text);
        if (end != std::string_view::npos) {
            result += decode_word(text.substr(0, end));
            text.remove_prefix(end);
            after_word = true;
            continue;
        }
        // Space between two encoded words is not part of the text.
        const auto next = trim_left(text);
        if (after_word && next.size() < text.size() && word_end(next) != std::string_view::npos) {
            text = next;
            continue;
        }
        after_word = false;
        const auto plain =
            std::max<std::size_t>(std::min(text.find_first_of("= ", 1), text.size()), 1);
        result += text.substr(0, plain);
        text.remove_prefix(plain);
    }
    return result;
}

std::vector<std::string> split_mbox(std::string_view text) {
    if (!is_separator(text.substr(0, text.find('\n')))) return {std::string(text)};
    std::vector<std::string> mails;
    bool after_blank = true;
    for (const auto line : split_lines(text)) {
        if (after_blank && is_separator(line)) {
            mails.emplace_back();
        } else {
            // mboxrd: a line of the body that looked like a separator.
            const auto unquoted = line.substr(std::min(line.find_first_not_of('>'), line.size()));
            const bool quoted = line.starts_with('>') && unquoted.starts_with("From ");
            mails.back() += quoted ? line.substr(1) : line;
            mails.back() += '\n';
        }
        after_blank = is_blank(line);
    }
    return mails;
}

std::string join_mbox(const std::vector<std::string>& texts) {
    // As `git format-patch` begins its files.
    constexpr std::string_view k_separator = "From krepro Mon Sep 17 00:00:00 2001\n";
    std::string mbox;
    for (const auto& text : texts) {
        const bool separated = is_separator(std::string_view(text).substr(0, text.find('\n')));
        if (separated) {
            mbox += text;
        } else {
            mbox += k_separator;
            for (const auto line : split_lines(text)) {
                const auto bare = line.substr(std::min(line.find_first_not_of('>'), line.size()));
                if (bare.starts_with("From ")) mbox += '>';
                mbox += line;
                mbox += '\n';
            }
        }
        if (!mbox.ends_with('\n')) mbox += '\n';
        mbox += '\n';
    }
    return mbox;
}

Result<Message> read_message(std::string_view text) {
    const auto entity = read_entity(text);
    Message message;
    if (entity.headers.empty()) {
        message.body = std::string(text);
        drop_carriage_returns(message);
        return message;
    }
    auto parts = walk(entity, Parts{}, 0);
    if (!parts) return tl::unexpected(parts.error());
    if (parts->text.empty() && parts->patches.empty() && parts->html)
        return fail(ErrorKind::invalid_input, "the mail is HTML only", "Content-Type",
                    "send the patch as plain text (git send-email)");
    message.subject = to_valid_utf8(decode_words(entity.get("subject")));
    message.from = to_valid_utf8(decode_words(entity.get("from")));
    message.message_id = to_valid_utf8(without_brackets(entity.get("message-id")));
    message.notes = std::move(parts->notes);
    message.body = std::move(parts->text);
    for (const auto& patch : parts->patches) message.body += "\n" + patch;
    if (equal_ignoring_case(parameter(entity.get("content-type"), "format"), "flowed"))
        message.notes.emplace_back("format=flowed: lines of the patch may have been wrapped");
    drop_carriage_returns(message);
    return message;
}

}  // namespace krepro::intake
