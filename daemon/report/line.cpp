// SPDX-License-Identifier: Apache-2.0
#include "report/line.hpp"

#include <algorithm>
#include <charconv>

#include "report/text.hpp"

namespace krepro::report {
namespace {

// How far into a line a timestamp is looked for: behind a login prompt or a syslog prefix.
constexpr std::size_t k_prefix_reach = 96;

bool take_level(Cursor& cursor) {
    Cursor ahead = cursor;
    if (!ahead.take('<')) return false;
    const auto digits = ahead.take_while(is_digit);
    if (digits.empty() || digits.size() > 3 || !ahead.take('>')) return false;
    cursor = ahead;
    return true;
}

// "12.345678". Up to 15 digits are one whole number by a power of ten, both of them exact, and so
// the quotient is the nearest there is; the library reads what is longer.
std::optional<double> to_seconds(std::string_view whole, std::string_view fraction) {
    constexpr std::size_t k_exact_digits = 15;
    std::uint64_t digits = 0;
    std::uint64_t scale = 1;
    if (whole.size() + fraction.size() <= k_exact_digits) {
        for (const char c : whole) digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
        for (const char c : fraction) {
            digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
            scale *= 10;
        }
        return static_cast<double>(digits) / static_cast<double>(scale);
    }
    double seconds = 0;
    const char* const end = fraction.data() + fraction.size();
    const auto parsed = std::from_chars(whole.data(), end, seconds);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return seconds;
}

// "[   12.345678]"
std::optional<double> take_timestamp(Cursor& cursor) {
    Cursor ahead = cursor;
    if (!ahead.take('[')) return std::nullopt;
    ahead.skip_blanks();
    const auto whole = ahead.take_while(is_digit);
    if (whole.empty() || !ahead.take('.')) return std::nullopt;
    const auto fraction = ahead.take_while(is_digit);
    if (fraction.size() < 3 || !ahead.take(']')) return std::nullopt;
    const auto seconds = to_seconds(whole, fraction);
    if (seconds) cursor = ahead;
    return seconds;
}

// "[  T123]" or "[    C0]", a blank before it or not
Caller take_caller(Cursor& cursor) {
    Cursor ahead = cursor;
    ahead.skip_blanks();
    if (!ahead.take('[')) return {};
    ahead.skip_blanks();
    if (ahead.done()) return {};
    const char kind = ahead.rest().front();
    if ((kind != 'T' && kind != 'C') || !ahead.take(kind)) return {};
    const auto number = to_number(ahead.take_while(is_digit));
    if (!number || *number > UINT32_MAX || !ahead.take(']')) return {};
    cursor = ahead;
    return {kind, static_cast<std::uint32_t>(*number)};
}

// The place of the first timestamp in the reach of a prefix.
std::optional<std::size_t> timestamp_place(std::string_view raw) {
    const std::string_view reach = raw.substr(0, k_prefix_reach);
    for (auto at = reach.find('['); at != std::string_view::npos; at = reach.find('[', at + 1)) {
        Cursor ahead(raw.substr(at));
        if (take_timestamp(ahead)) return at;
    }
    return std::nullopt;
}

// Whether a text begins as a form does: A stands for a letter, 9 for a digit, _ for a digit or
// blank, a comma for itself or a point, a plus for itself or a minus.
bool begins_like(std::string_view text, std::string_view form) {
    const auto fits = [](char c, char f) {
        if (f == 'A') return is_alpha(c);
        if (f == '9') return is_digit(c);
        if (f == '_') return is_digit(c) || c == ' ';
        return c == f || (f == ',' && c == '.') || (f == '+' && c == '-');
    };
    return text.size() >= form.size() && std::equal(form.begin(), form.end(), text.begin(),
                                                    [&](char f, char c) { return fits(c, f); });
}

// What `dmesg -T` and `dmesg --time-format iso` print before the message.
std::size_t calendar_prefix(std::string_view raw) {
    for (const std::string_view form :
         {"[AAA AAA _9 99:99:99 9999] ", "9999-99-99T99:99:99,999999+99:99 "})
        if (begins_like(raw, form)) return form.size();
    return 0;
}

// "Jan  1 00:00:00 host kernel: " or "host kernel: ": what stands before the message.
std::size_t syslog_prefix(std::string_view raw) {
    constexpr std::string_view k_tag = " kernel: ";
    const auto at = find_part(raw.substr(0, k_prefix_reach), k_tag);
    if (at == std::string_view::npos) return 0;
    const std::string_view before = raw.substr(0, at);
    const bool dated = contains(before, ":");
    const bool host_only = !contains(before, " ");
    return dated || host_only ? at + k_tag.size() : 0;
}

// What others have printed before the kernel's own.
std::size_t foreign_prefix(std::string_view raw) {
    if (const auto place = timestamp_place(raw)) return *place;
    const auto syslog = syslog_prefix(raw);
    return syslog != 0 ? syslog : calendar_prefix(raw);
}

}  // namespace

Line parse_line(std::string_view raw) {
    Line line;
    if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
    Cursor cursor(raw);
    line.uptime_s = take_timestamp(cursor);  // most lines begin so
    if (!line.uptime_s) {
        cursor = Cursor(raw.substr(foreign_prefix(raw)));
        line.from_kernel = cursor.rest().size() != raw.size();
        if (take_level(cursor)) line.from_kernel = true;
        line.uptime_s = take_timestamp(cursor);
    }
    line.caller = take_caller(cursor);
    if (line.uptime_s || line.caller.known()) {
        line.from_kernel = true;
        cursor.take(' ');
    }
    // The kernel's own line may stand behind a syslog's that was logged with a time as well.
    const std::size_t syslog = line.uptime_s ? syslog_prefix(cursor.rest()) : 0;
    if (syslog != 0) {
        cursor = Cursor(cursor.rest().substr(syslog));
        if (const auto inner = take_timestamp(cursor)) {
            line.uptime_s = inner;
            if (const auto caller = take_caller(cursor); caller.known()) line.caller = caller;
            cursor.take(' ');
        }
    }
    line.text = cursor.rest();
    while (!line.text.empty() && line.text.back() == '\r') line.text.remove_suffix(1);
    return line;
}

}  // namespace krepro::report
