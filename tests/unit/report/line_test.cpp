// SPDX-License-Identifier: Apache-2.0
#include "report/line.hpp"

#include <gtest/gtest.h>

namespace krepro::report {
namespace {

struct PrefixCase {
    std::string_view raw;
    std::string_view text;
    char caller_kind;
    std::uint32_t caller_number;
    bool stamped;
};

TEST(Line, prefixes_of_all_kinds_are_taken_off) {
    const PrefixCase cases[] = {
        {"[   44.979459] [ BUG: Invalid wait context ]\r", "[ BUG: Invalid wait context ]", 0, 0,
         true},
        {"[   44.979459][    C5]  <IRQ>", " <IRQ>", 'C', 5, true},
        {"[   44.979459][ T1234] CPU: 0 PID: 1234", "CPU: 0 PID: 1234", 'T', 1234, true},
        {"[   44.979459] [  T12] text", "text", 'T', 12, true},
        {"[  T12] text", "text", 'T', 12, false},
        {"<4>[   44.979459] text", "text", 0, 0, true},
        {"<4>text", "text", 0, 0, false},
        {"Jan  1 00:00:00 host kernel: [   44.979459] text", "text", 0, 0, true},
        {"Jan  1 00:00:00 host kernel: text", "text", 0, 0, false},
        {"[   44.979459] host kernel: text", "text", 0, 0, true},
        {"[Mon Dec  4 11:23:21 2023] text", "text", 0, 0, false},
        {"[Mon Dec 14 11:23:21 2023]  dump_stack+0x1/0x2", " dump_stack+0x1/0x2", 0, 0, false},
        {"[Mon Dec 14 11:23:21 2023] [  T12] text", "text", 'T', 12, false},
        {"[Mon Dec 14 11:23:21 2023]", "", 0, 0, false},
        {"[Mon Dec 14 11:23:21] text", "[Mon Dec 14 11:23:21] text", 0, 0, false},
        {"2023-12-04T11:23:21,123456+01:00 text", "text", 0, 0, false},
        {"2023-12-04T11:23:21,123456+01:00  <TASK>", " <TASK>", 0, 0, false},
        {"2023-12-04T11:23:21,123456+01:00 [   C3] text", "text", 'C', 3, false},
        {"2023-12-04T11:23:21Z text", "text", 0, 0, false},
        {"2023-12-04T11:23:21+0100 host kernel: text", "text", 0, 0, false},
        {"2023-12-04T11:23:21.1+01:00 host kernel: [   44.979459] text", "text", 0, 0, true},
        {"2023-12-04T11:23:21,text", "2023-12-04T11:23:21,text", 0, 0, false},
        {"login: [   16.305150] INFO: x", "INFO: x", 0, 0, true},
        {" dump_stack_lvl+0x57/0x7d", " dump_stack_lvl+0x57/0x7d", 0, 0, false},
        {"[<ffffffff81081ea5>] migrate_enable+0x35/0x140",
         "[<ffffffff81081ea5>] migrate_enable+0x35/0x140", 0, 0, false},
        {"", "", 0, 0, false},
        {"[", "[", 0, 0, false},
        {"[  T", "[  T", 0, 0, false},
        {"[   44.", "[   44.", 0, 0, false},
    };
    for (const PrefixCase& c : cases) {
        const Line line = parse_line(c.raw);
        EXPECT_EQ(line.text, c.text) << c.raw;
        EXPECT_EQ(line.caller, (Caller{c.caller_kind, c.caller_number})) << c.raw;
        EXPECT_EQ(line.uptime_s.has_value(), c.stamped) << c.raw;
    }
}

TEST(Line, a_date_of_dmesg_marks_the_kernels_own) {
    EXPECT_TRUE(parse_line("[Mon Dec  4 11:23:21 2023] text").from_kernel);
    EXPECT_TRUE(parse_line("2023-12-04T11:23:21,123456+01:00 text").from_kernel);
    EXPECT_FALSE(parse_line("Mon Dec  4 11:23:21 2023 text").from_kernel);
}

}  // namespace
}  // namespace krepro::report
