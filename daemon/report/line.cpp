// SPDX-License-Identifier: Apache-2.0
#include "report/line.hpp"

#include <charconv>

#include "report/text.hpp"

namespace krepro::report {
namespace {

// How far into a line a timestamp is looked for: behind a login prompt or a syslog prefix.
constexpr std::size_t k_prefix_reach = 96;

bool take_level(Cursor& cursor) {
    Cursor ahead = cursor;
    if (!ahead.take("<")) return false;
    const auto digits = ahead.take_while(is_digit);
    if (digits.empty() || digits.size() > 3 || !ahead.take(">")) return false;
    cursor = ahead;
    return true;
}

// "[   12.345678]"
std::optional<double> take_timestamp(Cursor& cursor) {
    Cursor ahead = cursor;
    if (!ahead.take("[")) return std::nullopt;
    ahead.skip_blanks();
    const std::string_view number =
        ahead.take_while([](char c) { return is_digit(c) || c == '.'; });
    const auto dot = number.find('.');
    if (dot == std::string_view::npos || dot == 0 || number.size() - dot < 4) return std::nullopt;
    if (!ahead.take("]")) return std::nullopt;
    double seconds = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), seconds);
    if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size())
        return std::nullopt;
    cursor = ahead;
    return seconds;
}

// "[  T123]" or "[    C0]", a blank before it or not
Caller take_caller(Cursor& cursor) {
    Cursor ahead = cursor;
    ahead.skip_blanks();
    if (!ahead.take("[")) return {};
    ahead.skip_blanks();
    if (ahead.done()) return {};
    const char kind = ahead.rest().front();
    if ((kind != 'T' && kind != 'C') || !ahead.take(ahead.rest().substr(0, 1))) return {};
    const auto number = to_number(ahead.take_while(is_digit));
    if (!number || *number > UINT32_MAX || !ahead.take("]")) return {};
    cursor = ahead;
    return {kind, static_cast<std::uint32_t>(*number)};
}

// The place of the first timestamp in the reach of a prefix; 0 when there is none.
std::size_t timestamp_place(std::string_view raw) {
    const std::string_view reach = raw.substr(0, k_prefix_reach);
    for (auto at = reach.find('['); at != std::string_view::npos; at = reach.find('[', at + 1)) {
        Cursor ahead(raw.substr(at));
        if (take_timestamp(ahead)) return at;
    }
    return 0;
}

// Whether `text` begins with a thing of this shape: '0' is any digit, 'a' any letter, '_' a digit
// or a blank; all else is itself.
bool has_shape(std::string_view text, std::string_view shape) {
    if (text.size() < shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const char c = text[i];
        const bool fits = shape[i] == '0'   ? is_digit(c)
                          : shape[i] == 'a' ? is_alpha(c)
                          : shape[i] == '_' ? is_digit(c) || c == ' '
                                            : c == shape[i];
        if (!fits) return false;
    }
    return true;
}

// "[Mon Dec  4 11:23:21 2023] ", as `dmesg -T` prints: how long it is, or 0.
std::size_t date_prefix(std::string_view raw) {
    constexpr std::string_view k_date = "[aaa aaa _0 00:00:00 0000]";
    if (!has_shape(raw, k_date)) return 0;
    return k_date.size() + (raw.substr(k_date.size()).starts_with(' ') ? 1 : 0);
}

// "2023-12-04T11:23:21,123456+01:00 ", as `dmesg --time-format iso` prints: how long it is, or 0.
std::size_t iso_prefix(std::string_view raw) {
    constexpr std::string_view k_seconds = "0000-00-00T00:00:00";
    if (!has_shape(raw, k_seconds)) return 0;
    Cursor cursor(raw.substr(k_seconds.size()));
    if (cursor.take(",") || cursor.take(".")) cursor.take_while(is_digit);
    if (cursor.take("+") || cursor.take("-"))
        cursor.take_while([](char c) { return is_digit(c) || c == ':'; });
    else
        cursor.take("Z");
    return cursor.take(" ") ? raw.size() - cursor.rest().size() : 0;
}

// "Jan  1 00:00:00 host kernel: " or "host kernel: ": what stands before the message.
std::size_t syslog_prefix(std::string_view raw) {
    constexpr std::string_view k_tag = " kernel: ";
    const auto at = raw.substr(0, k_prefix_reach).find(k_tag);
    if (at == std::string_view::npos) return 0;
    const std::string_view before = raw.substr(0, at);
    const bool dated = contains(before, ":");
    const bool host_only = !contains(before, " ");
    return dated || host_only ? at + k_tag.size() : 0;
}

// What stands before a message that has no time of the kernel's clock.
std::size_t clock_prefix(std::string_view raw) {
    if (const auto date = date_prefix(raw); date != 0) return date;
    const auto stamp = iso_prefix(raw);
    return stamp + syslog_prefix(raw.substr(stamp));
}

}  // namespace

Line parse_line(std::string_view raw) {
    Line line;
    if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
    Cursor cursor(raw.substr(timestamp_place(raw)));
    if (cursor.rest().size() == raw.size()) cursor = Cursor(raw.substr(clock_prefix(raw)));
    line.from_kernel = cursor.rest().size() != raw.size();
    if (take_level(cursor)) line.from_kernel = true;
    line.uptime_s = take_timestamp(cursor);
    line.caller = take_caller(cursor);
    if (line.uptime_s || line.caller.known()) {
        line.from_kernel = true;
        cursor.take(" ");
    }
    line.text = cursor.rest().substr(line.uptime_s ? syslog_prefix(cursor.rest()) : 0);
    while (!line.text.empty() && line.text.back() == '\r') line.text.remove_suffix(1);
    return line;
}

}  // namespace krepro::report
