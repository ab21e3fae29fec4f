// SPDX-License-Identifier: Apache-2.0
#include "init/line.hpp"

#include <array>
#include <cstdio>

namespace krepro::guest {
namespace {

constexpr std::string_view k_replacement = "\xef\xbf\xbd";

struct LeadByte {
    unsigned char mask;
    unsigned char value;
    std::size_t length;
    std::uint32_t smallest;  // a smaller code point in this length is an overlong form
};
constexpr std::array k_lead_bytes{LeadByte{0xe0, 0xc0, 2, 0x80}, LeadByte{0xf0, 0xe0, 3, 0x800},
                                  LeadByte{0xf8, 0xf0, 4, 0x10000}};

bool is_scalar(std::uint32_t code, std::uint32_t smallest) {
    return code >= smallest && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

// Length of the UTF-8 sequence of two bytes or more that `text` begins with; 0 when it is none.
std::size_t multibyte_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    for (const auto& lead : k_lead_bytes) {
        if ((first & lead.mask) != lead.value) continue;
        if (text.size() < lead.length) return 0;
        std::uint32_t code = first & static_cast<unsigned char>(~lead.mask);
        for (std::size_t i = 1; i < lead.length; ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            if ((byte & 0xc0) != 0x80) return 0;
            code = (code << 6U) | (byte & 0x3fU);
        }
        return is_scalar(code, lead.smallest) ? lead.length : 0;
    }
    return 0;
}

void append_ascii(std::string& out, char byte) {
    switch (byte) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (byte >= 0x20 && byte != 0x7f) {
        out += byte;
        return;
    }
    std::array<char, 8> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(byte));
    out += escaped.data();
}

void append_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::size_t used = 1;
        if (static_cast<unsigned char>(text[0]) < 0x80) {
            append_ascii(out, text[0]);
        } else if (const auto length = multibyte_length(text); length != 0) {
            out += text.substr(0, length);
            used = length;
        } else {
            out += k_replacement;
        }
        text.remove_prefix(used);
    }
}

}  // namespace

Line::Line(std::string_view type, double uptime) {
    std::array<char, 32> seconds{};
    std::snprintf(seconds.data(), seconds.size(), "%.3f", uptime);
    json_ = "{\"type\":\"";
    json_ += type;
    json_ += "\",\"uptime\":";
    json_ += seconds.data();
}

Line& Line::number(std::string_view name, std::int64_t value) {
    json_ += ",\"";
    json_ += name;
    json_ += "\":";
    json_ += std::to_string(value);
    return *this;
}

Line& Line::text(std::string_view name, std::string_view value) {
    json_ += ",\"";
    json_ += name;
    json_ += "\":\"";
    append_escaped(json_, value);
    json_ += '"';
    return *this;
}

std::string Line::finish() const {
    return json_ + "}\n";
}

}  // namespace krepro::guest
