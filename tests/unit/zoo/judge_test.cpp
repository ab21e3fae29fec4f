// SPDX-License-Identifier: Apache-2.0
#include "zoo/judge.hpp"

#include <gtest/gtest.h>

namespace krepro::zoo {
namespace {

Bug expected() {
    Bug bug;
    bug.name = "circular";
    bug.kind = "circular_locking";
    bug.function = "zoo_take";
    bug.locks = {"a", "b"};
    bug.interrupt = "task";
    bug.says = "DEADLOCK";
    bug.syzbot = "possible deadlock in zoo_take";
    bug.also = {"bug"};
    return bug;
}

model::Report fitting() {
    model::Report report;
    report.kind = "circular_locking";
    report.title = "Circular locking: a and b in zoo_take";
    for (const auto* name : {"b", "a"}) {
        model::Lock lock;
        lock.name = name;
        report.locks.push_back(lock);
    }
    report.context.interrupt = "task";
    report.text = "*** DEADLOCK ***\n";
    report.syzbot.title = "possible deadlock in zoo_take";
    return report;
}

model::Report of_kind(std::string kind) {
    model::Report report;
    report.kind = report.title = std::move(kind);
    return report;
}

TEST(Judge, a_report_that_is_all_that_is_asked_for_is_recognized) {
    const std::vector<model::Report> reports{fitting(), of_kind("bug")};
    const auto finding = judge(expected(), reports);
    EXPECT_TRUE(finding.recognized) << testing::PrintToString(finding.wrong);
    EXPECT_EQ(finding.title, "Circular locking: a and b in zoo_take");
    EXPECT_EQ(finding.syzbot, "possible deadlock in zoo_take");
}

TEST(Judge, remarks_of_a_slow_machine_beside_it_do_no_harm) {
    auto remark = of_kind("rt_throttling");
    remark.notice = true;
    const std::vector<model::Report> reports{remark, fitting()};
    EXPECT_TRUE(judge(expected(), reports).recognized);
}

TEST(Judge, a_bug_that_is_not_raised_is_neither_recognized_nor_wrong) {
    const auto finding = skip(expected(), "why");
    EXPECT_EQ(finding.kind, "circular_locking");
    EXPECT_EQ(finding.skipped, "why");
    EXPECT_FALSE(finding.raised || finding.recognized);
    EXPECT_TRUE(finding.wrong.empty());
}

TEST(Judge, each_difference_is_said) {
    struct Row {
        void (*spoil)(std::vector<model::Report>&);
        std::string_view complaint;
    };
    const Row rows[] = {
        {[](auto& reports) { reports.clear(); }, "no report of kind circular_locking"},
        {[](auto& reports) { reports[0].title += "_nested"; }, "does not name zoo_take"},
        {[](auto& reports) { reports[0].locks.pop_back(); }, "locks are [b], not [a, b]"},
        {[](auto& reports) { reports[0].locks.push_back(reports[0].locks[0]); }, "locks are"},
        {[](auto& reports) { reports[0].context.interrupt = "softirq"; }, "context is softirq"},
        {[](auto& reports) { reports[0].text = "*"; }, "lacks \"DEADLOCK\""},
        {[](auto& reports) { reports[0].syzbot.title = "x"; }, "syzbot's title is \"x\""},
        {[](auto& reports) { reports[0].corrupted = true; }, "corrupted"},
        {[](auto& reports) { reports.push_back(of_kind("warning")); }, "beside it: warning"},
        {[](auto& reports) { reports.push_back(fitting()); }, "beside it: Circular"},
    };
    for (const auto& [spoil, complaint] : rows) {
        std::vector<model::Report> reports{fitting()};
        spoil(reports);
        const auto finding = judge(expected(), reports);
        EXPECT_FALSE(finding.recognized) << complaint;
        ASSERT_EQ(finding.wrong.size(), 1U) << complaint;
        EXPECT_NE(finding.wrong[0].find(complaint), std::string::npos) << finding.wrong[0];
    }
}

}  // namespace
}  // namespace krepro::zoo
