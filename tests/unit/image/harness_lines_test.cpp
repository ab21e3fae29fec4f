// SPDX-License-Identifier: Apache-2.0
// What krepro-init writes to ttyS1, read as the daemon reads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <random>
#include <sstream>

#include "init/events.hpp"
#include "init/line.hpp"
#include "model/harness.hpp"
#include "util/files.hpp"

namespace krepro {
namespace {

using model::HarnessEvent;
using model::HarnessType;

HarnessEvent read_line(const std::string& line) {
    EXPECT_TRUE(line.ends_with("}\n")) << line;
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    const auto json = model::parse_json(line);
    EXPECT_TRUE(json.has_value()) << line;
    if (!json) return {};
    const auto event = model::from_json<HarnessEvent>(*json);
    EXPECT_TRUE(event.has_value()) << event.error().to_string();
    return event.value_or(HarnessEvent{});
}

HarnessEvent event_of(HarnessType type, double uptime, int iteration = 0) {
    HarnessEvent event;
    event.type = type;
    event.uptime = uptime;
    event.iteration = iteration;
    return event;
}

TEST(HarnessLines, every_type_reads_back_as_the_event_it_stands_for) {
    auto hello = event_of(HarnessType::hello, 3.25);
    hello.release = "6.1.8-rt5";
    EXPECT_EQ(read_line(guest::hello_line(3.25, "6.1.8-rt5")), hello);
    EXPECT_EQ(read_line(guest::ready_line(3.5)), event_of(HarnessType::ready, 3.5));
    EXPECT_EQ(read_line(guest::iteration_start_line(4, 2)),
              event_of(HarnessType::iteration_start, 4, 2));
    EXPECT_EQ(read_line(guest::done_line(60.125, 3)), event_of(HarnessType::done, 60.125, 3));
    auto error = event_of(HarnessType::error, 1);
    error.what = "mounting proc on /proc: No such device";
    EXPECT_EQ(read_line(guest::error_line(1, error.what)), error);
}

TEST(HarnessLines, a_heartbeat_leaves_out_what_the_kernel_cannot_count) {
    auto full = event_of(HarnessType::heartbeat, 12.5, 1);
    full.debug_locks = 1;
    full.dl_tasks = 17;
    full.dl_exits = 9'000'000'000;
    full.bogo_ops = 4100;
    full.mem_available_kib = 938036;
    EXPECT_EQ(read_line(guest::heartbeat_line(12.5, 1, {1, 17, 9'000'000'000, 4100, 938036})),
              full);
    EXPECT_EQ(read_line(guest::heartbeat_line(12.5, 1, {})),
              event_of(HarnessType::heartbeat, 12.5, 1));
}

TEST(HarnessLines, an_iteration_ends_with_a_status_or_a_signal) {
    const auto exited = guest::ending_of(W_EXITCODE(3, 0));
    EXPECT_TRUE(guest::failed(exited));
    auto event = event_of(HarnessType::iteration_end, 20, 1);
    event.exit_status = 3;
    event.what = "stress-ng: error: \"no resource\"\nlast line";
    EXPECT_EQ(read_line(guest::iteration_end_line(20, 1, exited, event.what)), event);

    const auto killed = guest::ending_of(W_EXITCODE(0, 9));
    EXPECT_TRUE(guest::failed(killed));
    event = event_of(HarnessType::iteration_end, 20, 1);
    event.signal = 9;
    EXPECT_EQ(read_line(guest::iteration_end_line(20, 1, killed, "")), event);

    EXPECT_FALSE(guest::failed(guest::ending_of(W_EXITCODE(0, 0))));
}

TEST(HarnessLines, any_bytes_of_a_workload_make_a_line_that_can_be_read) {
    struct Case {
        std::string_view bytes;
        const char* text;
    };
    for (const auto& c : {
             Case{"tab\t quote\" backslash\\ nul\x01 del\x7f",
                  "tab\t quote\" backslash\\ nul\x01 del\x7f"},
             Case{"\xe2\x80\x98quoted\xe2\x80\x99 \xf0\x9f\x90\xa7", "‘quoted’ 🐧"},
             Case{"latin \xe9t\xe9", "latin \xef\xbf\xbdt\xef\xbf\xbd"},
             Case{"cut \xe2\x80", "cut \xef\xbf\xbd\xef\xbf\xbd"},
             Case{"overlong \xc0\xaf", "overlong \xef\xbf\xbd\xef\xbf\xbd"},
             Case{"surrogate \xed\xa0\x80", "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
             Case{"too far \xf5\x80\x80\x80",
                  "too far \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
         })
        EXPECT_EQ(read_line(guest::error_line(1, c.bytes)).what, c.text);
}

TEST(HarnessLines, random_bytes_never_break_a_line) {
    std::mt19937 random(20230614);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(random() % 64, '\0');
        for (auto& byte : bytes) byte = static_cast<char>(random() % 256);
        read_line(guest::iteration_end_line(1, round, guest::ending_of(256), bytes));
    }
}

// ttyS1 of a real boot: the amplified deadline loop on an unpatched kernel, two iterations.
TEST(HarnessLines, a_recorded_boot_tells_its_story) {
    const auto text = util::read_file(std::string(KREPRO_SOURCE_DIR) +
                                      "/tests/unit/image/data/harness-6.1.8-rt5-amplified.jsonl");
    ASSERT_TRUE(text.has_value());
    std::istringstream lines(*text);
    std::vector<HarnessEvent> events;
    for (std::string line; std::getline(lines, line);) events.push_back(read_line(line + "\n"));
    ASSERT_GT(events.size(), 10U);
    EXPECT_EQ(events[0].type, HarnessType::hello);
    EXPECT_EQ(events[0].release, "6.1.8-rt5");
    EXPECT_EQ(events[1].type, HarnessType::ready);
    EXPECT_EQ(events[2].type, HarnessType::heartbeat);
    EXPECT_EQ(events[2].debug_locks, 1);
    EXPECT_EQ(events[2].dl_exits, 0);
    EXPECT_EQ(events.back().type, HarnessType::done);
    EXPECT_EQ(events.back().iteration, 2);
    const auto& last_beat = events[events.size() - 2];
    EXPECT_EQ(last_beat.debug_locks, 0);
    EXPECT_GT(last_beat.dl_exits, 50);
    for (std::size_t i = 1; i < events.size(); ++i)
        EXPECT_GE(events[i].uptime, events[i - 1].uptime);
}

}  // namespace
}  // namespace krepro
