// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "report/frame.hpp"
#include "report/scanner.hpp"
#include "splats.hpp"

namespace krepro::report {
namespace {

// A trace of these functions, innermost first, as a mail gives it.
std::string trace(const std::vector<std::string>& functions) {
    std::string text = "Call Trace:\n";
    for (const auto& function : functions) text += " " + function + "+0x10/0x80\n";
    return text;
}

struct MatchCase {
    std::string_view what;
    std::string expected;
    std::string observed;
    bool same;
};

TEST(Match, tells_the_same_bug_from_another) {
    const MatchCase cases[] = {
        {"the same trace", trace({"rt_spin_lock", "take", "use", "run_it", "kthread"}),
         trace({"rt_spin_lock", "take", "use", "run_it", "kthread"}), true},
        {"another detector above the same code",
         trace({"dump_stack", "mark_lock_irq.cold", "lock_acquire.part.0", "rt_spin_lock", "take",
                "use", "run_it"}),
         trace({"dump_stack_lvl", "__might_resched.cold", "rt_spin_lock", "take", "use", "run_it"}),
         true},
        {"a function folded into its caller on one side",
         trace({"rt_spin_lock", "take", "use", "run_it"}),
         trace({"rt_spin_lock", "take", "helper", "use", "middle", "run_it"}), true},
        {"what the compiler added to names", trace({"take.isra.0", "use.constprop.3", "run_it"}),
         trace({"take", "use.part.1", "run_it.cold"}), true},
        {"only the dispatchers in common",
         trace({"take", "use", "__hrtimer_run_queues", "hrtimer_interrupt",
                "sysvec_apic_timer_interrupt"}),
         trace({"other", "thing", "__hrtimer_run_queues", "hrtimer_interrupt",
                "sysvec_apic_timer_interrupt"}),
         false},
        {"one library function in common", trace({"kmem_cache_free", "use", "run_it"}),
         trace({"kmem_cache_free", "other", "thing"}), false},
        {"the same callers, another place",
         trace({"rt_spin_lock", "take", "use", "run_it", "main_loop"}),
         trace({"rt_spin_lock", "elsewhere", "far", "away", "run_it", "main_loop"}), false},
        {"nothing expected", "", trace({"take", "use"}), false},
        {"nothing observed", trace({"take", "use"}), "", false},
    };
    for (const MatchCase& c : cases) {
        const auto match = compare(parse_expected(c.expected), parse_expected(c.observed));
        EXPECT_EQ(match.same_bug, c.same) << c.what << ": " << match.score << ", " << match.why;
        EXPECT_GE(match.score, 0.0) << c.what;
        EXPECT_LE(match.score, 1.0) << c.what;
        EXPECT_FALSE(match.why.empty()) << c.what;
    }
}

TEST(Match, another_lock_on_the_same_way_is_another_bug) {
    std::string other(splats::k_circular);
    for (const auto& [from, to] :
         {std::pair{"alpha->lock", "zeta->lock"}, std::pair{"beta->lock", "eta->lock"}})
        for (auto at = other.find(from); at != std::string::npos; at = other.find(from))
            other.replace(at, std::string_view(from).size(), to);
    const auto expected = parse(splats::k_circular).at(0);
    EXPECT_TRUE(compare(expected, expected).same_bug);
    EXPECT_FALSE(compare(expected, parse(other).at(0)).same_bug);
}

TEST(Match, an_allocator_that_sleeps_under_two_callers_is_two_bugs) {
    const auto splat = [](const std::string& caller) {
        return parse_expected(
            "BUG: sleeping function called from invalid context at mm/slab.h:1\n" +
            trace({"dump_stack_lvl", "__might_resched", "__kmalloc_noprof", caller,
                   "do_syscall_64"}));
    };
    EXPECT_NE(splat("foo_ioctl").signature, splat("bar_probe").signature);
    EXPECT_FALSE(compare(splat("foo_ioctl"), splat("bar_probe")).same_bug);
    EXPECT_EQ(splat("foo_ioctl").signature, splat("foo_ioctl.isra.0").signature);
    EXPECT_TRUE(compare(splat("foo_ioctl"), splat("foo_ioctl.isra.0")).same_bug);
}

TEST(Match, what_an_interrupt_came_upon_is_no_part_of_a_signature) {
    const auto splat = [](const std::string& interrupted) {
        return parse_expected(
            "BUG: sleeping function called from invalid context at mm/slab.h:1\n" +
            trace({"__might_resched", "kmem_cache_free", "rcu_do_batch",
                   "asm_sysvec_apic_timer_interrupt", interrupted}));
    };
    EXPECT_EQ(splat("foo_ioctl").signature, splat("bar_probe").signature);
}

TEST(Match, different_splats_do_not_match) {
    const auto circular = parse(splats::k_circular).at(0);
    const auto inconsistent = parse(splats::k_inconsistent).at(0);
    const auto warning = parse(splats::k_warning).at(0);
    EXPECT_FALSE(compare(circular, inconsistent).same_bug);
    EXPECT_FALSE(compare(inconsistent, warning).same_bug);
    EXPECT_FALSE(compare(warning, circular).same_bug);
}

TEST(Match, aligned_pairs_point_to_frames_of_both) {
    const auto expected = parse_expected(trace({"dump_stack", "take", "use", "run_it"}));
    const auto observed = parse_expected(trace({"take", "extra", "use", "run_it"}));
    const auto match = compare(expected, observed);
    ASSERT_EQ(match.aligned.size(), 3U);
    for (const auto& pair : match.aligned)
        EXPECT_EQ(expected.frames.at(static_cast<std::size_t>(pair.at(0))).function,
                  observed.frames.at(static_cast<std::size_t>(pair.at(1))).function);
}

TEST(Expected, a_trace_without_headline_is_a_report_without_kind) {
    const auto report = parse_expected(trace({"take", "use"}));
    EXPECT_TRUE(report.kind.empty());
    EXPECT_EQ(report.frames.size(), 2U);
    EXPECT_EQ(parse_expected(splats::k_circular).kind, "circular_locking");
    EXPECT_TRUE(parse_expected("").frames.empty());
}

struct FrameCase {
    std::string_view line;
    std::string_view function;  // empty: no frame
    std::uint64_t offset;
    std::uint64_t size;
    bool certain;
    std::string_view module;
};

TEST(Frame, every_printed_form_is_read) {
    const FrameCase cases[] = {
        {" dump_stack_lvl+0x51/0x66", "dump_stack_lvl", 0x51, 0x66, true, ""},
        {" ? foo.isra.0+0x1/0x2 [ext4]", "foo.isra.0", 1, 2, false, "ext4"},
        {" foo+0x1/0x2 [ext4 0123456789abcdef]", "foo", 1, 2, true, "ext4"},
        {" [<ffffffff834c3ae9>] ? foo+0x2ee/0x3f5", "foo", 0x2ee, 0x3f5, false, ""},
        {"[<825b0110>] (show) from [<825c0af0>] (dump+0xa8/0xc8)", "dump", 0xa8, 0xc8, true, ""},
        {"[c00000000366fb50] [c000000000a1b2c4] foo+0xa4/0xe0 (unreliable)", "foo", 0xa4, 0xe0,
         true, ""},
        {" foo+0x1/0x2 net/core/sock.c:12", "foo", 1, 2, true, ""},
        {" foo net/core/sock.c:12 [inline]", "foo", 0, 0, true, ""},
        {" foo+0x1/0x2 did something", "", 0, 0, true, ""},
        {"RAX: 0000000000000000", "", 0, 0, true, ""},
        {" +0x1/0x2", "", 0, 0, true, ""},
        {" 0x1234+0x1/0x2", "", 0, 0, true, ""},
        {"", "", 0, 0, true, ""},
    };
    for (const FrameCase& c : cases) {
        const auto frame = parse_frame(c.line);
        ASSERT_EQ(frame.has_value(), !c.function.empty()) << c.line;
        if (!frame) continue;
        EXPECT_EQ(frame->function, c.function) << c.line;
        EXPECT_EQ(frame->offset, c.offset) << c.line;
        EXPECT_EQ(frame->size, c.size) << c.line;
        EXPECT_EQ(frame->certain, c.certain) << c.line;
        EXPECT_EQ(frame->module, c.module) << c.line;
    }
    EXPECT_EQ(parse_frame(" foo net/core/sock.c:12 [inline]")->line, 12);
    EXPECT_EQ(base_name("foo.isra.0.cold.3"), "foo");
    EXPECT_EQ(base_name("__lock_acquire.part.0"), "__lock_acquire");
}

}  // namespace
}  // namespace krepro::report
