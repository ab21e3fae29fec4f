// SPDX-License-Identifier: Apache-2.0
#include "exports/text.hpp"

#include <algorithm>
#include <cstdint>

namespace krepro::exports {

namespace {

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";

// Length of the UTF-8 sequence at the beginning of `text`; 0 when it is none, or stands for a code
// point that no document may hold.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = byte(0) < 0x80U              ? 1
                               : (byte(0) & 0xE0U) == 0xC0U ? 2
                               : (byte(0) & 0xF0U) == 0xE0U ? 3
                               : (byte(0) & 0xF8U) == 0xF0U ? 4
                                                            : 0;
    if (length == 0 || length > text.size()) return 0;
    if (length == 1) return 1;
    std::uint32_t code = byte(0) & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return 0;
        code = code << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::uint32_t k_least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const bool c1 = code < 0xA0;
    if (code < k_least[length] || code > 0x10FFFF || surrogate || c1 || (code & 0xFFFEU) == 0xFFFEU)
        return 0;
    return length;
}

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t';
}

}  // namespace

std::string plain_text(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const auto length = sequence_length(text);
        const auto c = static_cast<unsigned char>(text.front());
        const bool control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
        if (length == 0)
            clean += k_replacement;
        else if (!control)
            clean += text.substr(0, length);
        else if (c != '\r')
            clean += '?';
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return clean;
}

std::string plain_line(std::string_view text) {
    std::string line;
    for (const char c : plain_text(text)) {
        if (!is_space(c))
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

std::string wrap(std::string_view text, std::size_t columns, std::string_view first,
                 std::string_view indent) {
    const std::string words = plain_line(text);
    std::string wrapped, line(first);
    bool fresh = true;
    for (std::size_t at = 0; at < words.size();) {
        const auto end = std::min(words.find(' ', at), words.size());
        const auto word = std::string_view(words).substr(at, end - at);
        if (!fresh && line.size() + 1 + word.size() > columns) {
            wrapped += line + "\n";
            line = indent;
            fresh = true;
        }
        if (!fresh) line += ' ';
        line += word;
        fresh = false;
        at = end + 1;
    }
    return wrapped + line + "\n";
}

std::string prefixed(std::string_view text, std::string_view prefix) {
    std::string lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines += prefix;
        lines += text.substr(0, end);
        while (lines.ends_with(' ')) lines.pop_back();
        lines += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string beginning(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string(text);
    text = text.substr(0, bytes);
    const auto end = text.rfind('\n');
    if (end != std::string_view::npos) return std::string(text.substr(0, end + 1));
    // A sequence that the cut went through is left out.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U)
        text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) text.remove_suffix(1);
    return std::string(text);
}

}  // namespace krepro::exports
