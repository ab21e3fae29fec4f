// SPDX-License-Identifier: Apache-2.0
#include "pipeline/annotate.hpp"

#include <gtest/gtest.h>

namespace krepro::pipeline {
namespace {

using build::FrameLines;
using build::FrameQuery;
using build::SourcePlace;

model::Frame frame(const std::string& function, std::uint64_t offset = 0x10) {
    model::Frame made;
    made.function = function;
    made.offset = offset;
    made.size = 0x40;
    return made;
}

// The seed's bug in short, with the timer's code on the way.
model::Report report() {
    model::Report made;
    made.kind = "invalid_wait_context";
    made.context.interrupt = "hardirq";
    made.text = "RIP: 0010:default_idle+0xb/0x40\n";
    for (const auto* name : {"dump_stack", "rt_spin_lock", "refill_obj_stock", "__put_task_struct",
                             "inactive_task_timer", "__hrtimer_run_queues"})
        made.frames.push_back(frame(name));
    made.frames.push_back(frame("default_idle", 0xb));
    return made;
}

constexpr const char* k_task_h =
    "static inline void put_task_struct(void)\n{\n\tif (last())\n\t\t__put_task_struct();\n}\n";

std::optional<std::string> read(const std::string& path) {
    if (path == "include/task.h") return k_task_h;
    return std::nullopt;
}

LinesByFrame lines() {
    const SourcePlace timer{"inactive_task_timer", "kernel/deadline.c", 1342, "kernel/deadline.c",
                            1290};
    const SourcePlace put{"put_task_struct", "include/task.h", 4, "include/task.h", 1};
    const SourcePlace free{"__put_task_struct", "kernel/fork.c", 980, "kernel/fork.c", 960};
    return {{{"inactive_task_timer", 0x10, 0x40, false}, FrameLines{{put, timer}, "", ""}},
            {{"__put_task_struct", 0x10, 0x40, false}, FrameLines{{free}, "", ""}}};
}

TEST(Annotate, the_frame_of_an_instruction_is_told_from_those_of_calls) {
    const auto wanted = frames_to_find(report());
    ASSERT_EQ(wanted.size(), 7U);
    EXPECT_EQ(wanted.front(), (FrameQuery{"dump_stack", 0x10, 0x40, false}));
    EXPECT_EQ(wanted.back(), (FrameQuery{"default_idle", 0xb, 0x40, true}));
}

TEST(Annotate, frames_are_asked_for_once_and_those_of_modules_and_bare_names_never) {
    auto made = report();
    made.locks.emplace_back().acquired_at = frame("refill_obj_stock");
    made.frames.push_back(frame("ext4_sync"));
    made.frames.back().module = "ext4";
    made.frames.emplace_back().function = "inlined_one";
    made.locking.chain.emplace_back().frames = {frame("lock_it")};
    const auto wanted = frames_to_find(made);
    ASSERT_EQ(wanted.size(), 8U);
    EXPECT_EQ(wanted.back().function, "lock_it");
}

TEST(Annotate, a_modules_frame_never_gets_the_lines_of_its_namesake_in_the_kernel) {
    auto made = report();
    auto& timer = made.frames.at(4);
    timer.module = "late";
    made.frames.push_back(frame("inactive_task_timer"));
    const auto done = annotate(made, lines(), {}, read);
    EXPECT_FALSE(done.frames.at(4).file);
    EXPECT_TRUE(done.frames.back().file);
    EXPECT_EQ(done.culprit, "inactive_task_timer");
    EXPECT_EQ(done.culprit_file, "");
    EXPECT_EQ(frames_of_modules(made), std::vector<std::string>{"inactive_task_timer [late]"});
    EXPECT_TRUE(frames_of_modules(report()).empty());
}

TEST(Annotate, a_frame_has_its_own_place_and_what_is_inlined_there) {
    const auto done = annotate(report(), lines(), {}, read);
    const auto& timer = done.frames.at(4);
    EXPECT_EQ(timer.file, "kernel/deadline.c");
    EXPECT_EQ(timer.line, 1342);
    ASSERT_EQ(timer.inlines.size(), 1U);
    EXPECT_EQ(timer.inlines[0], (model::InlinedCall{"put_task_struct", "include/task.h", 4}));
    EXPECT_FALSE(done.frames.at(2).file);
}

TEST(Annotate, the_patch_acts_where_a_function_that_it_changes_stands_also_inlined) {
    // Line 3 is in put_task_struct(), the lines below it are not.
    const auto inside = annotate(report(), lines(), {{"include/task.h", {{3, 3}}}}, read);
    EXPECT_TRUE(inside.frames.at(4).patched);
    EXPECT_FALSE(inside.frames.at(3).patched);
    EXPECT_EQ(inside.culprit, "inactive_task_timer");
    EXPECT_EQ(inside.culprit_file, "kernel/deadline.c");
    for (const auto& range : {intake::LineRange{6, 9}, intake::LineRange{6, 5}}) {
        const auto outside = annotate(report(), lines(), {{"include/task.h", {range}}}, read);
        EXPECT_FALSE(outside.frames.at(4).patched);
    }
}

TEST(Annotate, a_function_whose_source_cannot_be_read_is_not_marked) {
    const auto done = annotate(report(), lines(), {{"kernel/fork.c", {{1, 9999}}}}, read);
    for (const auto& one : done.frames) EXPECT_FALSE(one.patched) << one.function;
    EXPECT_FALSE(done.frames.at(3).source);
}

}  // namespace
}  // namespace krepro::pipeline
