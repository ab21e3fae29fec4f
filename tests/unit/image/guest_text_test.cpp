// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "init/io.hpp"
#include "init/output.hpp"
#include "init/proc_text.hpp"
#include "init/settings.hpp"
#include "report/scanner.hpp"

namespace krepro::guest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(GuestText, the_detectors_state_is_read_from_lockdep_stats) {
    EXPECT_EQ(debug_locks_in(" max bfs queue depth:   212\n debug_locks:             1\n"), 1);
    EXPECT_EQ(debug_locks_in(" debug_locks:             0\n"), 0);
    EXPECT_EQ(debug_locks_in(""), std::nullopt);
    EXPECT_EQ(debug_locks_in(" lock-classes:   812 [max: 8192]\n"), std::nullopt);
    EXPECT_EQ(debug_locks_in(" debug_locks: \n"), std::nullopt);
}

TEST(GuestText, what_is_said_in_user_space_is_no_report) {
    const std::string start = "[    3.000000][    T1] ";
    const std::string splat = "BUG: sleeping function called from invalid context at mm/slub.c:1\n";
    EXPECT_EQ(report::parse(start + splat).size(), 1U);
    for (const auto source : {k_from_init, k_from_workload})
        EXPECT_TRUE(report::parse(start + std::string(source) + ": " + splat).empty()) << source;
}

TEST(GuestText, available_memory_is_read_from_meminfo) {
    EXPECT_EQ(mem_available_in("MemTotal: 1 kB\nMemAvailable:     938036 kB\n"), 938036);
    EXPECT_EQ(mem_available_in("MemTotal: 1 kB\n"), std::nullopt);
}

TEST(GuestText, deadline_exits_are_the_histograms_count_of_priority_minus_one) {
    const std::string head =
        "# event histogram\n#\n# trigger info: "
        "hist:keys=prio:vals=hitcount:sort=hitcount:size=2048 "
        "[active]\n#\n\n";
    const std::string others =
        "{ prio:        120 } hitcount:         33\n"
        "{ prio:          0 } hitcount:          2\n";
    struct Case {
        std::string text;
        std::optional<std::int64_t> exits;
    };
    for (const auto& c : {
             Case{head + others + "{ prio: 18446744073709551615 } hitcount:         58\n", 58},
             Case{head + "{ prio: 4294967295 } hitcount:          5\n" + others, 5},
             Case{head + "{ prio:         -1 } hitcount:          7", 7},
             Case{head + others + "\nTotals:\n    Hits: 35\n    Entries: 2\n    Dropped: 0\n", 0},
             Case{head, 0},
             Case{"", std::nullopt},
             Case{"# trigger info: none\n", std::nullopt},
         })
        EXPECT_EQ(deadline_exits_in(c.text), c.exits) << c.text;
}

TEST(GuestText, bogo_operations_are_summed_over_the_stressors) {
    EXPECT_EQ(bogo_ops_in("metrics:\n    - stressor: cpu\n      bogo-ops: 836\n"
                          "      bogo-ops-per-second-real-time: 831.979652\n"
                          "    - stressor: switch\n      bogo-ops: 101523\n...\n"),
              836 + 101523);
    EXPECT_EQ(bogo_ops_in("      bogo-ops: 0\n"), 0);
    EXPECT_EQ(bogo_ops_in("system-info:\n      stress-ng-version: 0.15.06\n"), std::nullopt);
    EXPECT_EQ(bogo_ops_in("      bogo-ops: -5\n      bogo-ops: x\n"), std::nullopt);
    EXPECT_EQ(bogo_ops_in(""), std::nullopt);
}

TEST(GuestText, each_id_of_a_list_is_visited_once) {
    std::vector<int> ids;
    for_each_id("65\n1024\n\n7", [&](int id) { ids.push_back(id); });
    EXPECT_THAT(ids, ElementsAre(65, 1024, 7));
}

TEST(GuestText, settings_are_integers_by_name) {
    const auto settings = parse_settings("iterations=5\nlinger_ms=4500\n\nheartbeat_ms=250\n");
    EXPECT_EQ(settings.iterations, 5);
    EXPECT_EQ(settings.linger_ms, 4500);
    EXPECT_EQ(settings.heartbeat_ms, 250);
    EXPECT_THAT(settings.problem, IsEmpty());
    EXPECT_EQ(parse_settings("").linger_ms, 3000);
}

TEST(GuestText, a_setting_that_cannot_be_read_is_named) {
    for (const char* text : {"iterations=-1", "iterations=", "iterations=2x", "linger_ms=2999",
                             "heartbeat_ms=0", "pace=3", "iterations", "iterations=99999999999"})
        EXPECT_THAT(parse_settings(text).problem, HasSubstr(text));
}

TEST(WorkloadOutput, lines_are_put_together_from_pieces) {
    OutputLines output;
    EXPECT_THAT(output.feed("one\ntw"), ElementsAre("one"));
    EXPECT_THAT(output.feed("o\r\n\nthree"), ElementsAre("two", ""));
    EXPECT_THAT(output.finish(), ElementsAre("three"));
    EXPECT_THAT(output.finish(), IsEmpty());
    EXPECT_EQ(output.tail(), "one\ntwo\n\nthree");
}

TEST(WorkloadOutput, control_bytes_and_endless_lines_are_tamed) {
    OutputLines output;
    EXPECT_THAT(output.feed("a\x1b[31mb\x07\tc\n"), ElementsAre("a [31mb  c"));
    EXPECT_THAT(output.feed(std::string(1 << 20, 'x')), IsEmpty());
    EXPECT_THAT(output.feed("\n"), ElementsAre(std::string(OutputLines::k_longest_line, 'x')));
}

TEST(WorkloadOutput, only_the_last_lines_are_kept) {
    OutputLines output;
    for (int i = 0; i < 10'000; ++i) (void)output.feed("line " + std::to_string(i) + "\n");
    const auto tail = output.tail();
    EXPECT_LE(tail.size(), OutputLines::k_kept_bytes);
    EXPECT_THAT(tail, HasSubstr("line 9999"));
    EXPECT_EQ(tail.find("line 9000\n"), std::string::npos);
}

TEST(WorkloadOutput, a_flood_is_cut_to_its_budget_and_counted) {
    LineBudget budget;
    int passed = 0;
    for (int i = 0; i < 1000; ++i) passed += budget.take(10) ? 1 : 0;
    EXPECT_EQ(passed, LineBudget::k_burst);
    EXPECT_EQ(budget.take_refused(), 1000 - LineBudget::k_burst);
    EXPECT_EQ(budget.take_refused(), 0);
    passed = 0;
    for (int i = 0; i < 1000; ++i) passed += budget.take(11) ? 1 : 0;
    EXPECT_EQ(passed, LineBudget::k_per_second);
}

}  // namespace
}  // namespace krepro::guest
