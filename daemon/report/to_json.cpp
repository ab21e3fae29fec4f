// SPDX-License-Identifier: Apache-2.0
#include "report/to_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

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
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

constexpr std::uint64_t repeated(unsigned char byte) {
    return 0x0101010101010101U * byte;
}

// Whether the eight characters of a word all stand for themselves; a word with others in it may
// say no though these are few. (A byte of x is zero where (x - 0x01..) & ~x has its highest bit,
// and below n where (x - n) & ~x has.)
bool are_plain(std::uint64_t word) {
    const auto has_zero = [](std::uint64_t x) { return (x - repeated(1)) & ~x; };
    const std::uint64_t special = word | ((word - repeated(0x20)) & ~word) |
                                  has_zero(word ^ repeated('"')) | has_zero(word ^ repeated('\\')) |
                                  has_zero(word ^ repeated(0x7f));
    return (special & repeated(0x80)) == 0;
}

// How many characters stand for themselves before the first that does not.
std::size_t plain_length(std::string_view text) {
    std::size_t n = 0;
    std::uint64_t word = 0;
    for (; n + sizeof word <= text.size(); n += sizeof word) {
        std::memcpy(&word, text.data() + n, sizeof word);
        if (!are_plain(word)) break;
    }
    while (n < text.size() && is_plain(text[n])) ++n;
    return n;
}

class Writer {
  public:
    std::string take() {
        out_.resize(size_);
        return std::move(out_);
    }

    void write(std::string_view text) {
        raw('"');
        while (!text.empty()) {
            const std::size_t plain = plain_length(text);
            raw(text.substr(0, plain));
            text.remove_prefix(plain);
            if (!text.empty()) text.remove_prefix(write_special(text));
        }
        raw('"');
    }
    void write(bool value) { raw(value ? std::string_view("true") : std::string_view("false")); }
    void write(double value) { write_number(value); }
    template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) void write(T value) {
        write_number(value);
    }
    template <class T>
    void write(const std::optional<T>& value) {
        if (value)
            write(*value);
        else
            raw("null");
    }
    template <class T>
    void write(const std::vector<T>& items) {
        raw('[');
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i != 0) raw(',');
            write(items[i]);
        }
        raw(']');
    }
    template <model::Reflected T>
    void write(const T& object) {
        std::size_t i = 0;
        std::apply([&](const auto&... f) { (write_field(object, f, i++), ...); }, T::fields());
        raw('}');
    }
    void raw(std::string_view text) {
        if (out_.size() - size_ < text.size()) grow(text.size());
        text.copy(out_.data() + size_, text.size());
        size_ += text.size();
    }
    void raw(const fmt::format_int& number) { raw(std::string_view(number.data(), number.size())); }
    void raw(char c) {
        if (out_.size() == size_) grow(1);
        out_[size_++] = c;
    }

  private:
    // What stands before each value of an object: `{"first":`, `,"second":`.
    template <class T>
    static const auto& keys() {
        static const auto made = std::apply(
            [](const auto&... f) {
                std::string_view before = "{";
                const auto key = [&before](std::string_view name) {
                    return fmt::format("{}\"{}\":", std::exchange(before, ","), name);
                };
                return std::array{key(f.name)...};
            },
            T::fields());
        return made;
    }
    template <class T, class F>
    void write_field(const T& object, const F& field, std::size_t index) {
        raw(keys<T>()[index]);
        const auto& value = object.*(field.member);
        using M = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<M, std::string>)
            write(std::string_view(value));
        else if constexpr (std::is_same_v<M, std::optional<std::string>>)
            value ? write(std::string_view(*value)) : raw("null");
        else
            write(value);
    }
    template <class T>
    void write_number(T value) {
        if constexpr (std::is_integral_v<T>) {
            raw(fmt::format_int(value));
        } else {
            raw(fmt::format("{}", value));
        }
    }
    // The first character of `text`, which needs care; returns how many bytes it took.
    std::size_t write_special(std::string_view text) {
        const char c = text.front();
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) {
            const std::size_t length = sequence_length(text);
            raw(length == 0 ? k_replacement : text.substr(0, length));
            return length == 0 ? 1 : length;
        }
        switch (c) {
            case '"':
                raw("\\\"");
                break;
            case '\\':
                raw("\\\\");
                break;
            case '\n':
                raw("\\n");
                break;
            case '\t':
                raw("\\t");
                break;
            default:
                raw(fmt::format("\\u{:04x}", byte));
        }
        return 1;
    }
    void grow(std::size_t more) { out_.resize(std::max(2 * out_.size(), size_ + more)); }

    std::string out_;  // what is written, and room behind it
    std::size_t size_ = 0;
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
