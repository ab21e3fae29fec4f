// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace krepro::report {

// Who printed a line, as CONFIG_PRINTK_CALLER says: task T123 or, in interrupts, CPU C4.
struct Caller {
    char kind = 0;  // 'T', 'C', or 0 when the console does not say
    std::uint32_t number = 0;

    bool operator==(const Caller&) const = default;
    bool operator<(const Caller& other) const {
        return kind != other.kind ? kind < other.kind : number < other.number;
    }
    [[nodiscard]] bool known() const { return kind != 0; }
};

// One console line without its prefix. The text points into the bytes that were given.
struct Line {
    std::string_view text;
    Caller caller;
    std::optional<double> uptime_s;
    bool from_kernel = false;      // the line had a kernel prefix
    std::uint64_t first_byte = 0;  // of the console
    std::uint64_t end_byte = 0;
    std::uint64_t number = 0;  // 1-based
};

// Takes the prefix off a raw line (without its newline): "<4>", "[   12.345678]", "[ T123]",
// "[ C0]", "Jan  1 00:00:00 host kernel:", "[Mon Dec  4 11:23:21 2023]" and ISO 8601 times, in any
// combination, and the carriage return at its end.
Line parse_line(std::string_view raw);

}  // namespace krepro::report
