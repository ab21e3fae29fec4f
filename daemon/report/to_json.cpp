// SPDX-License-Identifier: Apache-2.0
#include "report/to_json.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <type_traits>

namespace krepro::report {
namespace {

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";  // U+FFFD

// How many bytes of a well-formed UTF-8 sequence start here; 0 when none does (RFC 3629).
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return byte(i) >= low && byte(i) <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : 0xBF;
        return follows(1, low, high) && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
        return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

bool is_plain(char c) {
    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

class Writer {
  public:
    std::string take() { return std::move(out_); }

    void write(std::string_view text) {
        out_ += '"';
        while (!text.empty()) {
            std::size_t plain = 0;
            while (plain < text.size() && is_plain(text[plain])) ++plain;
            out_ += text.substr(0, plain);
            text.remove_prefix(plain);
            if (!text.empty()) text.remove_prefix(write_special(text));
        }
        out_ += '"';
    }
    void write(bool value) { out_ += value ? "true" : "false"; }
    void write(double value) { fmt::format_to(std::back_inserter(out_), "{}", value); }
    template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) void write(T value) {
        fmt::format_to(std::back_inserter(out_), "{}", value);
    }
    template <class T>
    void write(const std::optional<T>& value) {
        if (value)
            write(*value);
        else
            out_ += "null";
    }
    template <class T>
    void write(const std::vector<T>& items) {
        out_ += '[';
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i != 0) out_ += ',';
            write(items[i]);
        }
        out_ += ']';
    }
    template <model::Reflected T>
    void write(const T& object) {
        out_ += '{';
        bool first = true;
        std::apply([&](const auto&... f) { (write_field(object, f, first), ...); }, T::fields());
        out_ += '}';
    }
    void raw(std::string_view text) { out_ += text; }

  private:
    template <class T, class F>
    void write_field(const T& object, const F& field, bool& first) {
        if (!first) out_ += ',';
        first = false;
        out_ += '"';
        out_ += field.name;
        out_ += "\":";
        const auto& value = object.*(field.member);
        using M = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<M, std::string>)
            write(std::string_view(value));
        else if constexpr (std::is_same_v<M, std::optional<std::string>>)
            value ? write(std::string_view(*value)) : raw("null");
        else
            write(value);
    }
    // The first character of `text`, which needs care; returns how many bytes it took.
    std::size_t write_special(std::string_view text) {
        const char c = text.front();
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) {
            const std::size_t length = sequence_length(text);
            out_ += length == 0 ? k_replacement : text.substr(0, length);
            return length == 0 ? 1 : length;
        }
        switch (c) {
            case '"':
                out_ += "\\\"";
                break;
            case '\\':
                out_ += "\\\\";
                break;
            case '\n':
                out_ += "\\n";
                break;
            case '\t':
                out_ += "\\t";
                break;
            default:
                fmt::format_to(std::back_inserter(out_), "\\u{:04x}", byte);
        }
        return 1;
    }

    std::string out_;
};

}  // namespace

model::Json to_parse_json(const std::vector<model::Report>& reports) {
    model::Json json = model::Json::object();
    json["reports"] = model::to_json(reports);
    return json;
}

std::string dump_parse_json(const std::vector<model::Report>& reports) {
    Writer writer;
    writer.raw("{\"reports\":");
    writer.write(reports);
    writer.raw("}");
    return writer.take();
}

std::string dump_report_json(const model::Report& report) {
    Writer writer;
    writer.write(report);
    return writer.take();
}

}  // namespace krepro::report
