// SPDX-License-Identifier: Apache-2.0
#include "zoo/boots.hpp"

#include <gtest/gtest.h>

namespace krepro::zoo {
namespace {

Bug bug(std::string name, Boot boot = Boot::own) {
    Bug bug;
    bug.name = std::move(name);
    bug.kind = "warning";
    bug.boot = boot;
    return bug;
}

TEST(Boots, those_that_can_share_one_do_and_the_others_get_their_own) {
    auto special = bug("special", Boot::shared);
    special.command_line = "x=1";
    const auto plans =
        plan_boots({bug("a"), bug("b", Boot::shared), bug("c"), special, bug("d", Boot::shared)});
    ASSERT_EQ(plans.size(), 4U);
    ASSERT_EQ(plans[0].bugs.size(), 2U);
    EXPECT_EQ(plans[0].bugs[0].name, "b");
    EXPECT_EQ(plans[0].bugs[1].name, "d");
    EXPECT_EQ(plans[0].wait_s, 2);
    EXPECT_EQ(plans[1].bugs[0].name, "a");
    EXPECT_EQ(plans[3].command_line, "x=1");
}

TEST(Boots, the_guest_sets_up_raises_and_waits_for_each_in_turn) {
    auto hung = bug("hung");
    hung.setup = "echo 2 > /limit";
    hung.wait_s = 8.5;
    BootPlan plan;
    plan.bugs = {hung, bug("next")};
    EXPECT_EQ(workload_of(plan).script,
              "echo 2 > /limit\n(echo hung > /proc/krepro-zoo)\nsleep 8.5\n"
              "(echo next > /proc/krepro-zoo)\nsleep 1\n");
}

TEST(Boots, what_is_raised_while_the_kernel_boots_is_not_raised_again) {
    auto early = bug("initcall_imbalance");
    early.command_line = "krepro_zoo=initcall";
    EXPECT_EQ(workload_of(plan_boots({early}).front()).script, "sleep 1\n");
}

TEST(Boots, a_slice_goes_from_a_bugs_line_to_the_next_ones) {
    const std::string console =
        "[ 1.0] hello\r\n"
        "[ 2.0][ T1] krepro-zoo: raising take\r\n"
        "[ 2.1] splat\r\n"
        "[ 3.0][ T1] krepro-zoo: raising take_two\r\n"
        "[ 3.1] other\r\n";
    const auto text = [&](std::string_view name) {
        const auto slice = slice_of(console, name);
        return console.substr(slice.begin, slice.end - slice.begin);
    };
    EXPECT_EQ(text("take"), "[ 2.0][ T1] krepro-zoo: raising take\r\n[ 2.1] splat\r\n");
    EXPECT_EQ(text("take_two"), "[ 3.0][ T1] krepro-zoo: raising take_two\r\n[ 3.1] other\r\n");
    EXPECT_EQ(text("tak"), "");
    EXPECT_EQ(slice_of("krepro-zoo: raising ta", "ta").end, 0U) << "the line may go on";
}

TEST(Boots, a_report_belongs_to_the_slice_in_which_it_begins) {
    std::vector<model::Report> reports(3);
    for (std::size_t i = 0; i < reports.size(); ++i) reports[i].first_byte = 10 * i;
    const auto found = reports_in({10, 20}, reports);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].first_byte, 10U);
}

}  // namespace
}  // namespace krepro::zoo
