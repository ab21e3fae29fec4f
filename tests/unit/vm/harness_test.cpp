// SPDX-License-Identifier: Apache-2.0
#include "vm/harness.hpp"

#include <gtest/gtest.h>

namespace krepro::vm {
namespace {

using model::HarnessType;

constexpr std::string_view k_heartbeat =
    R"({"type":"heartbeat","uptime":12.5,"iteration":2,"debug_locks":1,"dl_tasks":3,"dl_exits":40})";

TEST(VmHarness, a_heartbeat_is_read_with_its_counts) {
    const auto event = parse_harness_line(k_heartbeat);
    ASSERT_TRUE(event) << event.error().to_string();
    EXPECT_EQ(event->type, HarnessType::heartbeat);
    EXPECT_EQ(event->uptime, 12.5);
    EXPECT_EQ(event->iteration, 2);
    EXPECT_EQ(event->debug_locks, 1);
    EXPECT_EQ(event->dl_exits, 40);
    EXPECT_FALSE(event->mem_available_kib.has_value());
}

TEST(VmHarness, what_is_no_event_is_refused) {
    for (const char* line :
         {"", "junk", "[1,2]", "7", "{}", R"({"type":"ready"})", R"({"uptime":1})",
          R"({"type":"noon","uptime":1})", R"({"type":"ready","uptime":"1"})",
          R"({"type":"ready","uptime":1,"extra":2})", R"({"type":"ready","uptime":1e999})"})
        EXPECT_FALSE(parse_harness_line(line)) << line;
}

TEST(VmHarness, any_chunking_gives_the_same_events) {
    const std::string text = std::string(k_heartbeat) + "\r\nnoise\n\n" +
                             R"({"type":"done","uptime":13})" + "\n" + R"({"type":"do)";
    for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
        HarnessReader reader;
        std::vector<model::HarnessEvent> events;
        for (std::size_t at = 0; at < text.size(); at += chunk)
            for (auto& event : reader.feed(std::string_view(text).substr(at, chunk)))
                events.push_back(std::move(event));
        ASSERT_EQ(events.size(), 2U) << chunk;
        EXPECT_EQ(events[0].type, HarnessType::heartbeat);
        EXPECT_EQ(events[1].type, HarnessType::done);
        EXPECT_EQ(reader.junk_lines(), 1U);
    }
}

TEST(VmHarness, a_line_without_end_is_dropped_and_the_next_one_is_read) {
    HarnessReader reader;
    const std::string much(HarnessReader::k_longest_line, 'x');
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(reader.feed(much).empty());
    const auto events = reader.feed("\n" + std::string(k_heartbeat) + "\n");
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(reader.junk_lines(), 1U);
}

TEST(VmHarness, an_event_padded_beyond_the_longest_line_is_junk) {
    HarnessReader reader;
    const std::string padding(HarnessReader::k_longest_line, ' ');
    EXPECT_TRUE(reader.feed(std::string(k_heartbeat) + padding + "\n").empty());
    EXPECT_EQ(reader.junk_lines(), 1U);
}

}  // namespace
}  // namespace krepro::vm
