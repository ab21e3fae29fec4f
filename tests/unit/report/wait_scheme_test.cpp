// SPDX-License-Identifier: Apache-2.0
#include "report/wait_scheme.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

namespace krepro::report {
namespace {

model::Frame frame_of(std::string_view function) {
    model::Frame frame;
    frame.function = function;
    return frame;
}

struct SchemeCase {
    std::string_view lock;  // its line
    std::string_view held;
    std::string_view taken_by;  // the innermost frame
    int context;                // 0: none printed
    std::string_view release;
    WaitScheme scheme;
};

model::Report report_of(const SchemeCase& c) {
    model::Report report;
    if (auto lock = parse_lock(c.lock)) report.locks.push_back(*lock);
    if (auto lock = parse_lock(c.held)) report.held.push_back(*lock);
    if (!c.taken_by.empty()) report.frames = {frame_of(c.taken_by), frame_of("foo")};
    if (c.context != 0) report.context.wait_inner = model::WaitType{c.context, ""};
    report.context.release = c.release;
    return report;
}

TEST(WaitScheme, is_told_by_what_is_printed_before_the_release) {
    constexpr auto k_raw = WaitScheme::raw_nesting;
    constexpr auto k_plain = WaitScheme::plain;
    const SchemeCase cases[] = {
        // the bug of the seed's mail: a config lock in a hard interrupt
        {"ffff8880bcd682b8 ((stock_lock)){+.+.}-{3:3}, at: refill_obj_stock+0x38/0x4d0", "",
         "rt_spin_lock", 2, "6.1.8-rt5", k_raw},
        {"ffff8880bcd682b8 ((stock_lock)){+.+.}-{3:3}, at: refill_obj_stock+0x38/0x4d0", "", "", 2,
         "6.1.8-rt5", k_raw},
        // an RT kernel without the level
        {"ffff8880bcd682b8 (&s->lock){+.+.}-{2:2}, at: foo+0x1/0x2", "", "rt_spin_lock", 0,
         "6.1.8-rt5", k_plain},
        {"ffff8880bcd682b8 (&mm->mmap_lock){++++}-{3:3}, at: foo+0x1/0x2", "", "", 0, "6.1.8-rt5",
         k_plain},
        {"ffff8880bcd682b8 (&rq->__lock){-.-.}-{2:2}, at: foo+0x1/0x2",
         "ffff8880bcd682b8 (&p->pi_mutex){+.+.}-{3:3}, at: foo+0x1/0x2", "", 0, "6.1.8-rt5",
         k_plain},
        {"ffff8880bcd682b8 (&rq->__lock){-.-.}-{2:2}, at: foo+0x1/0x2",
         "ffffffff81cb2ce0 (rcu_read_lock){....}-{1:2}, at: rt_spin_lock+0x1/0x2", "", 0,
         "6.1.8-rt5", k_plain},
        {"ffff8880bcd682b8 (a){+.+.}-{3:3}, at: foo+0x1/0x2", "", "__mutex_lock", 0, "6.1.8-rt5",
         k_plain},
        {"ffff8880bcd682b8 (a){+.+.}-{3:3}, at: foo+0x1/0x2", "", "", 4, "6.1.8-rt5", k_plain},
        // no RT kernel, with the level
        {"ffff8880bcd682b8 (a){+.+.}-{3:3}, at: foo+0x1/0x2", "", "_raw_spin_lock", 0, "6.12.0",
         k_raw},
        {"ffff8880bcd682b8 (a){+.+.}-{3:3}, at: foo+0x1/0x2", "", "", 5, "6.12.0", k_raw},
        {"ffff8880bcd682b8 (a){+.+.}-{3:3}, at: foo+0x1/0x2", "", "", 3, "6.12.0", k_raw},
        {"ffff8880bcd682b8 (&a->mutex){+.+.}-{4:4}, at: foo+0x1/0x2", "", "", 0, "6.12.0", k_raw},
        {"ffff8880bcd682b8 (a){+.+.}-{2:2}, at: foo+0x1/0x2",
         "ffffffff81cb2ce0 (rcu_read_lock){....}-{1:3}, at: foo+0x1/0x2", "", 0, "6.12.0", k_raw},
        // nothing tells
        {"ffff8880bcd682b8 (a){+.+.}-{2:2}, at: foo+0x1/0x2", "", "_raw_spin_lock", 2, "6.12.0",
         k_plain},
        {"ffff8880bcd682b8 (a){+.+.}-{2:2}, at: foo+0x1/0x2", "", "_raw_spin_lock", 2, "6.1.8-rt5",
         k_raw},
    };
    for (const SchemeCase& c : cases)
        EXPECT_EQ(wait_scheme(report_of(c)), c.scheme)
            << c.lock << " beside " << c.held << " by " << c.taken_by << " in " << c.context;
}

}  // namespace
}  // namespace krepro::report
