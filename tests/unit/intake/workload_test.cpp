// SPDX-License-Identifier: Apache-2.0
#include "intake/workload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "intake/intake.hpp"
#include "intake/workload_command.hpp"
#include "util/files.hpp"

namespace krepro::intake {
namespace {

using model::ExposureUnit;
using model::WorkloadForm;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The reproducer's loop body as its mail gives it: continuation lines joined, odd blanks left.
constexpr const char* k_deadline_loop =
    "stress-ng --sched deadline --sched-period 1000000000 \t      --sched-runtime 800000000 "
    "--sched-deadline \t      1000000000 --mmapfork 23 -t 20";

model::Workload plan(const std::string& command, WorkloadForm form = WorkloadForm::verbatim,
                     int max_vcpus = 8) {
    auto workload = plan_workload({command, command, true}, form, max_vcpus);
    EXPECT_TRUE(workload.has_value()) << workload.error().to_string();
    return workload.value_or(model::Workload{});
}

// A file of images/workloads without its licence line.
std::string shipped_script(const std::string& name) {
    auto text = util::read_file(std::string(KREPRO_SOURCE_DIR) + "/images/workloads/" + name);
    EXPECT_TRUE(text.has_value());
    const std::string licence = "# SPDX-License-Identifier: Apache-2.0\n";
    const auto at = text->find(licence);
    EXPECT_NE(at, std::string::npos);
    return text->erase(at, licence.size());
}

TEST(Workload, admission_is_the_share_of_the_cpus_over_the_utilization) {
    struct Case {
        int vcpus;
        double runtime;
        double period;
        int admitted;
    };
    for (const auto& c :
         {Case{2, 8e8, 1e9, 2}, Case{4, 8e8, 1e9, 4}, Case{8, 8e8, 1e9, 9}, Case{4, 1e8, 1e9, 38},
          Case{2, 8e7, 1e9, 23}, Case{0, 8e8, 1e9, 0}, Case{4, 0, 1e9, 0}, Case{4, 1e8, 0, 0}})
        EXPECT_EQ(admitted_deadline_tasks(c.vcpus, c.runtime, c.period), c.admitted)
            << c.vcpus << " vCPUs, " << c.runtime << " of " << c.period;
}

TEST(Workload, the_verbatim_deadline_loop_gets_the_vcpus_that_admit_children) {
    const auto workload = plan(k_deadline_loop);
    EXPECT_EQ(workload.name, "stress-ng-deadline-mmapfork");
    EXPECT_EQ(workload.form, WorkloadForm::verbatim);
    EXPECT_EQ(workload.unit, ExposureUnit::deadline_exits);
    EXPECT_EQ(workload.vcpus, 8);
    EXPECT_EQ(workload.memory_mib, 3072);
    EXPECT_DOUBLE_EQ(workload.iteration_s, 20);
    EXPECT_THAT(workload.changes, ElementsAre("vCPUs for admission 40 -> 8: a VM has no more here, "
                                              "and 9 deadline tasks are admitted on them"));
    EXPECT_FALSE(differs_from_mail(workload));
    EXPECT_THAT(plan(k_deadline_loop, WorkloadForm::verbatim, 40).changes, IsEmpty());
    EXPECT_EQ(workload.script, shipped_script("stress-ng-deadline-mmapfork.sh"));
}

TEST(Workload, the_amplified_deadline_loop_lists_each_change_with_its_reason) {
    const auto workload = plan(k_deadline_loop, WorkloadForm::amplified);
    EXPECT_EQ(workload.name, "stress-ng-deadline-mmapfork");
    EXPECT_EQ(workload.form, WorkloadForm::amplified);
    EXPECT_EQ(workload.unit, ExposureUnit::deadline_exits);
    EXPECT_EQ(workload.vcpus, 2);
    EXPECT_EQ(workload.memory_mib, 1024);
    EXPECT_DOUBLE_EQ(workload.iteration_s, 3);
    EXPECT_EQ(workload.script, shipped_script("stress-ng-deadline-mmapfork.amplified.sh"));
    EXPECT_THAT(workload.changes,
                ElementsAre(AllOf(StartsWith("--sched-runtime 800000000 -> 200000000: "),
                                  HasSubstr("0.25x to 4x"), HasSubstr("9 tasks")),
                            StartsWith("--mmapfork 23 -> 2: "), StartsWith("-t 20 -> 3: "),
                            StartsWith("8 vCPUs -> 2: "), StartsWith("3072 MiB -> 1024: ")));
    EXPECT_TRUE(differs_from_mail(workload));
}

TEST(Workload, the_seeds_mail_itself_makes_the_shipped_scripts) {
    const auto bytes = util::read_file(std::string(KREPRO_SOURCE_DIR) + "/patches/seed/mail.txt");
    ASSERT_TRUE(bytes.has_value());
    const auto mail = read_mail(*bytes);
    ASSERT_TRUE(mail.has_value() && mail->reproducer.has_value());
    const auto script_of = [&](WorkloadForm form) {
        const auto workload = plan_workload(*mail->reproducer, form, 8);
        return workload ? workload->script : workload.error().to_string();
    };
    EXPECT_EQ(script_of(WorkloadForm::verbatim), shipped_script("stress-ng-deadline-mmapfork.sh"));
    EXPECT_EQ(script_of(WorkloadForm::amplified),
              shipped_script("stress-ng-deadline-mmapfork.amplified.sh"));
}

TEST(Workload, the_host_caps_the_vcpus_of_both_forms) {
    EXPECT_EQ(plan(k_deadline_loop, WorkloadForm::verbatim, 2).vcpus, 2);
    const auto amplified = plan(k_deadline_loop, WorkloadForm::amplified, 2);
    EXPECT_EQ(amplified.vcpus, 2);
    EXPECT_EQ(plan(k_deadline_loop, WorkloadForm::amplified, 1).vcpus, 1);
    EXPECT_THAT(amplified.script, HasSubstr("--mmapfork 2 -t 3"));
}

TEST(Workload, a_small_utilization_needs_few_vcpus_and_is_not_amplified_again) {
    const std::string command =
        "stress-ng --sched deadline --sched-period 1000000 --sched-runtime 100000 --fork 4 -t 2";
    const auto verbatim = plan(command);
    EXPECT_EQ(verbatim.vcpus, 2);
    const auto amplified = plan(command, WorkloadForm::amplified);
    EXPECT_THAT(amplified.script, HasSubstr("--sched-runtime 100000 "));
    EXPECT_THAT(amplified.script, HasSubstr("--fork 2 -t 2"));
}

TEST(Workload, what_a_deadline_loop_leaves_out_is_added_when_amplified) {
    const auto amplified = plan("stress-ng --sched=deadline --clone 8", WorkloadForm::amplified);
    EXPECT_EQ(amplified.name, "stress-ng-deadline-clone");
    EXPECT_EQ(amplified.script,
              "#!/bin/sh\nstress-ng --sched=deadline --clone 2 --sched-period 1000000000 "
              "--sched-deadline 1000000000 --sched-runtime 200000000 --timeout 3\n");
    EXPECT_THAT(amplified.changes[0], StartsWith("--sched-period (absent) -> 1000000000: "));
}

TEST(Workload, names_units_and_sizes_follow_the_command) {
    struct Case {
        const char* command;
        const char* name;
        ExposureUnit unit;
        int vcpus;
        int memory_mib;
        double iteration_s;
    };
    const auto seconds = ExposureUnit::guest_seconds;
    const auto exits = ExposureUnit::deadline_exits;
    const auto ops = ExposureUnit::bogo_ops;
    for (const auto& c : {
             Case{"stress-ng --vm 2 --vm-bytes 1048576 -t 1m", "stress-ng-vm", ops, 2, 1024, 60},
             Case{"/usr/bin/stress-ng -c 16 -t20", "stress-ng-cpu", ops, 4, 2048, 20},
             Case{"stress-ng --cpu=0 --timeout=5", "stress-ng-cpu", ops, 4, 1024, 5},
             Case{"stress-ng --cpu 4 -t 1h", "stress-ng-cpu", seconds, 4, 1024, 3600},
             Case{"stress-ng --cpu 4 -t 61", "stress-ng-cpu", seconds, 4, 1024, 61},
             Case{"stress-ng --cpu -1", "stress-ng-cpu", seconds, 4, 1024, 0},
             Case{"stress-ng --all 1 -t 5", "stress-ng", ops, 2, 1024, 5},
             Case{"stress-ng --sched fifo --sched-prio 5 --fork 3", "stress-ng-fork", seconds, 3,
                  1024, 0},
             Case{"stress-ng --sched deadline --clone 2 --clone-max 9 -t 3",
                  "stress-ng-deadline-clone", exits, 6, 1024, 3},
             Case{"stress-ng --cpu 4 -t 5 & sleep 3; kill %1", "script", seconds, 2, 1024, 0},
             Case{"ls /proc", "script", seconds, 2, 1024, 0},
         }) {
        const auto workload = plan(c.command);
        EXPECT_EQ(workload.name, c.name) << c.command;
        EXPECT_EQ(workload.unit, c.unit) << c.command;
        EXPECT_EQ(workload.vcpus, c.vcpus) << c.command;
        EXPECT_EQ(workload.memory_mib, c.memory_mib) << c.command;
        EXPECT_DOUBLE_EQ(workload.iteration_s, c.iteration_s) << c.command;
    }
}

TEST(Workload, what_is_no_deadline_loop_is_the_same_in_both_forms_but_for_their_names) {
    for (const char* command :
         {"sudo stress-ng --cpu 4 -t 20", "while :; do :; done", "make check"}) {
        auto amplified = plan(command, WorkloadForm::amplified);
        EXPECT_EQ(amplified.form, WorkloadForm::amplified) << command;
        EXPECT_FALSE(differs_from_mail(amplified)) << command;
        amplified.form = WorkloadForm::verbatim;
        EXPECT_EQ(amplified, plan(command)) << command;
    }
}

TEST(Workload, a_command_whose_iterations_outlast_a_trial_is_counted_in_seconds) {
    const auto workload = plan("stress-ng --cpu 4 -t 1h");
    EXPECT_EQ(workload.script, "#!/bin/sh\nstress-ng --cpu 4 -t 1h\n");
    EXPECT_THAT(workload.changes, IsEmpty());
}

TEST(Workload, lines_around_a_stress_line_stay_as_they_are) {
    const std::string body =
        "echo \"begin $$\"\nsudo stress-ng --sched deadline --sched-period 1000000000 "
        "--sched-runtime 500000000 --mmapfork 2 -t 20\ncat /proc/meminfo | head";
    const auto verbatim = plan(body);
    EXPECT_EQ(verbatim.name, "stress-ng-deadline-mmapfork");
    EXPECT_THAT(verbatim.script, StartsWith("#!/bin/sh\necho \"begin $$\"\nstress-ng --sched"));
    EXPECT_THAT(verbatim.script, HasSubstr("-t 20\ncat /proc/meminfo | head\n"));
    EXPECT_THAT(verbatim.changes, ElementsAre(StartsWith("sudo -> ")));
}

TEST(Workload, two_stress_lines_are_a_script) {
    EXPECT_EQ(plan("stress-ng --cpu 1 -t 1\nstress-ng --vm 1 -t 1").name, "script");
}

TEST(Workload, quoted_values_keep_their_meaning) {
    const auto workload = plan("stress-ng --cpu 2 --temp-path '/tmp/a b' -t \"7\"");
    EXPECT_EQ(workload.script,
              "#!/bin/sh\nstress-ng --cpu 2 --temp-path '/tmp/a b' -t 7 --metrics-brief --yaml "
              "/tmp/krepro-metrics.yaml\n");
}

TEST(Workload, operations_are_counted_where_stress_ng_can_be_asked_for_them) {
    const auto counted = plan("stress-ng --cpu 2 -t 5 --metrics");
    EXPECT_THAT(counted.script, HasSubstr("--metrics --yaml /tmp/krepro-metrics.yaml\n"));
    EXPECT_THAT(counted.changes, ElementsAre(StartsWith("--yaml (absent) -> /tmp/")));
    for (const char* command :
         {"stress-ng --cpu 2 -t 5 --yaml /tmp/mine", "stress-ng --cpu 2 -t 5 -Y /tmp/mine"}) {
        EXPECT_EQ(plan(command).unit, ExposureUnit::guest_seconds) << command;
        EXPECT_EQ(plan(command).script, "#!/bin/sh\n" + std::string(command) + "\n");
    }
}

TEST(Workload, empty_or_impossible_wishes_are_refused) {
    const auto kind_of = [](const std::string& command, WorkloadForm form, int max_vcpus) {
        const auto workload = plan_workload({command, command, false}, form, max_vcpus);
        return workload ? std::string("accepted") : workload.error().what;
    };
    EXPECT_THAT(kind_of("", WorkloadForm::verbatim, 8), HasSubstr("empty"));
    EXPECT_THAT(kind_of(" \t\n", WorkloadForm::amplified, 8), HasSubstr("empty"));
    EXPECT_THAT(kind_of("true", WorkloadForm::verbatim, 0), HasSubstr("vCPU"));
    EXPECT_THAT(kind_of("true", WorkloadForm::automatic, 8), HasSubstr("verbatim or"));
}

TEST(Workload, hostile_commands_cost_linear_time_and_never_overflow) {
    const std::clock_t start = std::clock();
    std::string flags = "stress-ng --sched deadline";
    for (int i = 0; i < 200'000; ++i) flags += " --a" + std::to_string(i) + " 1";
    EXPECT_EQ(plan(flags).name, "script");
    const auto huge = plan(
        "stress-ng --sched deadline --cpu 2147483647 --vm 2147483647 "
        "--sched-runtime 9223372036854775807 --sched-period 1",
        WorkloadForm::amplified);
    EXPECT_EQ(huge.vcpus, 2);
    EXPECT_EQ(plan("stress-ng --cpu 99999999999999999999 -t 99999999999999").iteration_s, 0);
    plan("stress-ng " + std::string(4 << 20, '\''));
    plan(std::string(4 << 20, '\n') + "x");
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30);
}

TEST(ShellWords, only_literal_words_are_taken_apart) {
    EXPECT_THAT(*shell_words(" a\t'b c'\"d\"  e "), ElementsAre("a", "b cd", "e"));
    for (const char* line : {"a | b", "a; b", "a &", "$x", "\"$x\"", "`x`", "a > b", "'open", "a*",
                             "# comment", "a \\"})
        EXPECT_FALSE(shell_words(line).has_value()) << line;
}

std::vector<model::Workload> sweep_of(const std::string& command, int max_vcpus = 8) {
    const model::Reproducer reproducer{command, command, false};
    std::vector<model::Workload> workloads;
    for (const auto& wanted : amplifications_to_try(reproducer, max_vcpus))
        workloads.push_back(*plan_amplified(reproducer, wanted, max_vcpus));
    return workloads;
}

TEST(WorkloadSweep, a_deadline_loop_is_tried_with_other_parameters_the_rules_own_first) {
    const auto sweep = sweep_of(k_deadline_loop);
    ASSERT_EQ(sweep.size(), 8U);
    EXPECT_EQ(sweep[0], plan(k_deadline_loop, WorkloadForm::amplified));
    EXPECT_THAT(sweep[1].script, HasSubstr("--sched-runtime 100000000 "));
    EXPECT_THAT(sweep[3].script, HasSubstr("--mmapfork 4 -t 3"));
    EXPECT_EQ(sweep[5].vcpus, 4);
    EXPECT_EQ(sweep[7].memory_mib, 2 * sweep[0].memory_mib);
    for (std::size_t i = 0; i < sweep.size(); ++i) {
        EXPECT_EQ(sweep[i].form, WorkloadForm::amplified);
        for (std::size_t j = 0; j < i; ++j) EXPECT_NE(sweep[i], sweep[j]) << i << " and " << j;
    }
}

TEST(WorkloadSweep, a_small_machine_tries_what_fits_it) {
    for (const auto& workload : sweep_of(k_deadline_loop, 2)) EXPECT_LE(workload.vcpus, 2);
    EXPECT_EQ(sweep_of("stress-ng --sched deadline --sched-runtime 100000 --sched-period 1000000 "
                       "--fork 2 -t 2",
                       2)
                  .size(),
              3U)
        << "a share below the rule's is no other workload";
}

TEST(WorkloadSweep, any_other_script_is_tried_in_machines_of_other_sizes) {
    const auto sweep = sweep_of("./trigger\nsleep 1\n");
    ASSERT_EQ(sweep.size(), 5U);
    EXPECT_EQ(sweep[0].vcpus, 2);
    EXPECT_THAT(sweep[0].changes, IsEmpty());
    EXPECT_EQ(sweep[1].vcpus, 1);
    EXPECT_THAT(sweep[1].changes, ElementsAre("2 vCPUs -> 1: tried by a sweep"));
    for (const auto& workload : sweep) EXPECT_EQ(workload.script, sweep[0].script);
}

}  // namespace
}  // namespace krepro::intake
