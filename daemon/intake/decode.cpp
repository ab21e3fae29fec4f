// SPDX-License-Identifier: Apache-2.0
#include "intake/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "intake/text.hpp"

namespace krepro::intake {

namespace {

using util::ErrorKind;
using util::fail;
using util::Result;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (is_digit(c)) return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

// The characters of 0x80 to 0x9f in windows-1252; 0 where there is none.
constexpr std::array<std::uint16_t, 32> k_windows_1252{
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

void append_utf8(std::string& text, std::uint32_t code) {
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xc0 | (code >> 6));
        text += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        text += static_cast<char>(0xe0 | (code >> 12));
        text += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        text += static_cast<char>(0x80 | (code & 0x3f));
    }
}

// The one character that iso-8859-15 and windows-1252 matter for here is the euro sign; letters
// of names are where iso-8859-1 has them, but for eight that iso-8859-15 moved.
std::uint32_t latin_code(std::uint8_t byte, std::string_view charset) {
    if (charset == "windows-1252" && byte >= 0x80 && byte < 0xa0) {
        const auto code = k_windows_1252[byte - 0x80U];
        return code != 0 ? code : 0xfffd;
    }
    if (charset == "iso-8859-15") {
        switch (byte) {
            case 0xa4:
                return 0x20ac;
            case 0xa6:
                return 0x0160;
            case 0xa8:
                return 0x0161;
            case 0xb4:
                return 0x017d;
            case 0xb8:
                return 0x017e;
            case 0xbc:
                return 0x0152;
            case 0xbd:
                return 0x0153;
            case 0xbe:
                return 0x0178;
            default:
                break;
        }
    }
    return byte;
}

}  // namespace

std::string decode_quoted_printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (auto line : split_lines(text)) {
        line = trim_right(line);
        const bool soft = line.ends_with('=');
        if (soft) line.remove_suffix(1);
        for (std::size_t i = 0; i < line.size(); ++i) {
            const bool escape = line[i] == '=' && i + 2 < line.size() &&
                                hex_value(line[i + 1]) >= 0 && hex_value(line[i + 2]) >= 0;
            if (!escape) {
                result += line[i];
                continue;
            }
            result += static_cast<char>(hex_value(line[i + 1]) * 16 + hex_value(line[i + 2]));
            i += 2;
        }
        if (!soft) result += '\n';
    }
    return result;
}

Result<std::string> decode_base64(std::string_view text) {
    std::string result;
    result.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t' || c == '=') continue;
        const int value = base64_value(c);
        if (value < 0)
            return fail(ErrorKind::invalid_input, "the base64 part has a character that is none",
                        fmt::format("byte {} of the part", i),
                        "send the patch as plain text (git send-email)");
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        if (++count % 4 == 0) {
            for (const int shift : {16, 8, 0}) result += static_cast<char>((bits >> shift) & 0xff);
            bits = 0;
        }
    }
    if (count % 4 == 2) result += static_cast<char>((bits >> 4) & 0xff);
    if (count % 4 == 3) {
        result += static_cast<char>((bits >> 10) & 0xff);
        result += static_cast<char>((bits >> 2) & 0xff);
    }
    return result;
}

Result<std::string> to_utf8(std::string_view text, std::string_view charset) {
    const auto name = lower(charset);
    if (name.empty() || name == "utf-8" || name == "utf8" || name == "us-ascii" || name == "ascii")
        return std::string(text);
    if (name != "iso-8859-1" && name != "latin1" && name != "iso-8859-15" &&
        name != "windows-1252") {
        // Most charsets hold ASCII as it is, and most patches are nothing else.
        if (std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; }))
            return std::string(text);
        return fail(ErrorKind::invalid_input,
                    fmt::format("text in charset {} cannot be read", to_valid_utf8(charset)),
                    "Content-Type", "send the patch as UTF-8");
    }
    std::string result;
    result.reserve(text.size());
    for (const char c : text) append_utf8(result, latin_code(static_cast<std::uint8_t>(c), name));
    return result;
}

}  // namespace krepro::intake
