// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run_job.hpp"

#include <gmock/gmock.h>

#include "pipeline/report_symbols.hpp"
#include "run_job_fixture.hpp"

namespace krepro::pipeline {
namespace {

using namespace run_job_fixture;

TEST_F(RunJob, a_fix_that_works_is_proved_from_three_hits_and_enough_clean_exposure) {
    scripts_ = fixed_by_the_patch;
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    EXPECT_GE(job.verdict->unpatched.hits, 3);
    EXPECT_EQ(job.verdict->patched.hits, 0);
    EXPECT_GE(job.verdict->patched.exposure, *job.verdict->exposure_needed);
    EXPECT_EQ(builder_.built, 2);
    const auto reports = query([id = job.id](store::Store& s) { return s.reports(id); });
    ASSERT_FALSE(reports.empty());
    EXPECT_TRUE(reports[0].target);
    EXPECT_TRUE(reports[0].matches_expected);
    EXPECT_EQ(reports[0].report.kind, "invalid_wait_context");
}

TEST_F(RunJob, a_job_that_is_done_has_the_lines_of_its_reports) {
    fakes::FakeSymbolizer symbolizer;
    services_.symbolizer = &symbolizer;
    scripts_ = fixed_by_the_patch;
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed);
    const auto reports = query([id = job.id](store::Store& s) { return s.reports(id); });
    ASSERT_GE(reports.size(), 3U);
    EXPECT_EQ(symbolizer.asked, static_cast<int>(reports.size()));
    for (const auto& stored : reports) {
        EXPECT_EQ(stored.report.culprit, "__put_task_struct");
        EXPECT_EQ(stored.report.culprit_file, "kernel/fork.c");
    }
    const auto events =
        query([id = job.id](store::Store& s) { return s.events_after(id, 0, 9999); });
    EXPECT_EQ(events.back().type, "stage");
}

TEST_F(RunJob, lines_that_cannot_be_found_change_nothing_but_the_history) {
    fakes::FakeSymbolizer symbolizer;
    symbolizer.failure = util::Error{util::ErrorKind::not_found, "the objects are gone", "", ""};
    services_.symbolizer = &symbolizer;
    scripts_ = fixed_by_the_patch;
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed);
    const auto events =
        query([id = job.id](store::Store& s) { return s.events_after(id, 0, 9999); });
    EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const model::Event& event) {
        return event.type == "log" &&
               model::dump(event.data).find("the objects are gone") != std::string::npos;
    }));
}

TEST_F(RunJob, a_symbolizer_that_does_not_end_is_ended) {
    fakes::FakeSymbolizer symbolizer;
    symbolizer.endless = true;
    services_.symbolizer = &symbolizer;
    const auto id = add(spec());
    query([id](store::Store& s) {
        model::StoredReport stored;
        stored.job = id;
        stored.report.frames = {{"f", 1, 2, true, "", "", {}, {}, {}, {}, false}};
        return s.add_report(stored);
    });
    const auto symbols =
        std::make_shared<ReportSymbols>(services_, Recorder(io_.get_executor(), services_, id), id);
    symbols->start({}, {{model::ArmName::unpatched, {}}}, io_.get_executor());
    bool ended = false;
    asio::co_spawn(io_, symbols->finish(std::chrono::seconds(1)),
                   [&](const std::exception_ptr&) { ended = true; });
    io_.run();
    EXPECT_TRUE(ended);
    EXPECT_EQ(symbolizer.asked, 1);
    EXPECT_EQ(symbols.use_count(), 1);
}

TEST_F(RunJob, a_hit_on_the_patched_arm_is_not_fixed_at_once) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::not_fixed);
    EXPECT_EQ(job.verdict->patched.hits, 1);
}

TEST_F(RunJob, a_job_whose_tree_cannot_be_had_ends_as_an_error_with_the_cause) {
    source_.failure =
        util::Error{util::ErrorKind::unavailable, "the tree cannot be had", "tree", "try another"};
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict && job.problem);
    EXPECT_EQ(job.verdict->kind, VerdictKind::error);
    EXPECT_EQ(job.problem->what, "the tree cannot be had");
    EXPECT_EQ(job.problem->stage, "checking_out");
    EXPECT_EQ(host_.starts, 0);
}

checkout::Change change_of(const std::string& message) {
    checkout::Change change;
    change.before = std::string(40, 'a');
    change.after = std::string(40, 'b');
    change.author = "Some One <some@example.org>";
    change.message = message;
    change.diff =
        "diff --git a/kernel/fork.c b/kernel/fork.c\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n"
        "@@ -1 +1 @@\n-a\n+b\n";
    change.notes = {"a merge of 2 parents, compared with its first"};
    return change;
}

constexpr auto k_looped = "fix it\n\nRun\n\n  while true; do\n      sleep 3\n  done\n";

TEST_F(RunJob, a_commit_is_read_when_the_job_begins_and_its_hashes_are_kept) {
    source_.change = change_of(k_looped);
    auto asked = spec();
    asked.mail.clear();
    asked.commit = "topic";
    const auto job = run(add(asked));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.problem, std::nullopt);
    EXPECT_EQ(job.title, "fix it");
    EXPECT_EQ(job.spec.commit, std::string(40, 'a') + ".." + std::string(40, 'b'));
    EXPECT_EQ(job.unpatched_checkout->revision, std::string(40, 'a'));
    EXPECT_EQ(job.patched_checkout->revision, std::string(40, 'b'));
    EXPECT_THAT(job.spec.mail, testing::HasSubstr("+++ b/kernel/fork.c"));
    EXPECT_THAT(job.mail.notes, testing::Contains(source_.change->notes[0]));
    EXPECT_EQ(source_.looked_up, 1);
}

TEST_F(RunJob, a_commit_without_a_reproducer_takes_the_jobs_script_or_the_mails) {
    source_.change = change_of("fix it\n");
    auto asked = spec();
    asked.mail.clear();
    asked.commit = "topic";
    EXPECT_EQ(run(add(asked)).problem->what, "the commit's message holds no reproducer");
    asked.script = "sleep 3\n";
    EXPECT_EQ(run(add(asked)).problem, std::nullopt);
    asked.script.clear();
    asked.mail = "Subject: the story\n\nRun\n\n  while true; do\n      sleep 3\n  done\n";
    const auto told = run(add(asked));
    EXPECT_EQ(told.problem, std::nullopt);
    EXPECT_EQ(told.title, "the story");
    EXPECT_THAT(told.mail.patch, testing::HasSubstr("kernel/fork.c"));
}

TEST_F(RunJob, a_commit_that_does_not_exist_ends_the_job_with_its_name) {
    auto asked = spec();
    asked.mail.clear();
    asked.commit = "nowhere";
    const auto job = run(add(asked));
    ASSERT_TRUE(job.problem);
    EXPECT_THAT(job.problem->what, testing::HasSubstr("nowhere"));
    EXPECT_EQ(job.problem->stage, "checking_out");
}

TEST_F(RunJob, one_kernel_alone_is_built_and_judged_without_another) {
    scripts_ = [](const std::string& arm, int) -> util::Result<Script> {
        EXPECT_EQ(arm, "unpatched");
        return hitting();
    };
    auto asked = spec();
    asked.commit = "topic";
    asked.alone = true;
    const auto job = run(add(asked));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::reproduced) << job.verdict->sentence;
    EXPECT_EQ(job.problem, std::nullopt);
    EXPECT_EQ(builder_.built, 1);
    EXPECT_FALSE(job.patched_build || job.patched_checkout || job.direction);
    EXPECT_EQ(job.unpatched_checkout->revision, "topic");
    EXPECT_EQ(job.title, "commit topic of tree, alone");
}

TEST_F(RunJob, one_kernel_alone_needs_a_commit_a_tree_and_a_reproducer) {
    auto asked = spec();
    asked.alone = true;
    const auto where = [&] { return make_job(services_, asked).error().where; };
    EXPECT_EQ(where(), "field commit");
    asked.commit = "A..B";
    EXPECT_EQ(where(), "field commit");
    asked.commit = "A";
    asked.tree = "auto";
    EXPECT_EQ(where(), "field tree");
    asked.tree = "tree";
    asked.mail.clear();
    EXPECT_EQ(where(), "field script");
    asked.script = "sleep 3\n";
    EXPECT_TRUE(make_job(services_, asked));
}

TEST_F(RunJob, tree_auto_takes_the_tree_that_takes_the_patch_and_says_what_the_others_said) {
    source_.takes = {{"other", model::Direction::reverse}};
    source_.at_hand = {"tree", "other"};
    auto asked = spec();
    asked.tree = "auto";
    const auto job = run(add(asked));
    EXPECT_EQ(job.problem, std::nullopt);
    EXPECT_EQ(job.spec.tree, "other");
    ASSERT_EQ(job.tried.size(), 2U);
    EXPECT_EQ(job.tried[0].tree, "tree");
    EXPECT_FALSE(job.tried[0].direction);
    EXPECT_THAT(job.tried[0].why, testing::HasSubstr("kernel/fork.c:1"));
    EXPECT_EQ(job.tried[1].direction, model::Direction::reverse);
}

TEST_F(RunJob, tree_auto_fetches_a_tree_only_when_none_that_is_here_takes_the_patch) {
    source_.takes = {{"other", model::Direction::forward}, {"tree", model::Direction::forward}};
    source_.at_hand = {"other"};
    auto asked = spec();
    asked.tree = "auto";
    const auto job = run(add(asked));
    EXPECT_EQ(job.spec.tree, "other");
    EXPECT_EQ(job.tried.size(), 1U);
}

TEST_F(RunJob, a_patch_that_no_tree_takes_ends_the_job_with_what_each_said) {
    auto asked = spec();
    asked.tree = "auto";
    const auto job = run(add(asked));
    ASSERT_TRUE(job.problem);
    EXPECT_THAT(job.problem->where, testing::HasSubstr("tree: the patch does not apply"));
    EXPECT_THAT(job.problem->where, testing::HasSubstr("other: "));
    EXPECT_EQ(job.tried.size(), 2U);
}

TEST_F(RunJob, a_vm_that_cannot_be_started_is_void_and_tried_again) {
    scripts_ = [](const std::string& arm, int start) -> util::Result<Script> {
        if (start == 2) return util::fail(util::ErrorKind::unavailable, "libvirt is down");
        return arm == "unpatched" ? hitting() : clean();
    };
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    const auto all = trials(job.id);
    ASSERT_GE(all.size(), 2U);
    EXPECT_EQ(all[1].outcome->kind, OutcomeKind::none);
    EXPECT_EQ(all[1].outcome->cause, Cause::infrastructure);
}

TEST_F(RunJob, a_host_that_cannot_run_vms_ends_the_job_as_an_error_with_the_cause) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> {
        return util::fail(util::ErrorKind::unavailable, "libvirt is not there");
    };
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict && job.problem);
    EXPECT_EQ(job.verdict->kind, VerdictKind::error);
    EXPECT_NE(job.problem->what.find("libvirt is not there"), std::string::npos);
    EXPECT_EQ(job.problem->stage, "running");
    EXPECT_EQ(trials(job.id).size(), 3U);
}

TEST_F(RunJob, trials_of_another_kernel_are_not_added_up) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    const auto id = add(spec());
    query([id](store::Store& s) {
        auto job = *s.job(id);
        job.stage = model::JobStage::running;
        job.unpatched_build = model::Build{};
        job.unpatched_build->key = "of an older compiler";
        util::value_or_throw(s.update_job(job));
        return true;
    });
    const auto job = run(id);
    ASSERT_TRUE(job.problem);
    EXPECT_NE(job.problem->what.find("has changed since"), std::string::npos);
    EXPECT_EQ(host_.starts, 0);
}

TEST_F(RunJob, each_stage_is_an_event_once_and_in_order) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    const auto job = run(add(spec()));
    std::vector<std::string> stages;
    for (const auto& event :
         query([id = job.id](store::Store& s) { return s.events_after(id, 0, 1000); }))
        if (event.type == "stage") stages.push_back(event.data["stage"]);
    EXPECT_EQ(stages,
              (std::vector<std::string>{"queued", "checking_out", "building", "running", "done"}));
}

TEST_F(RunJob, a_job_taken_up_again_counts_the_trials_on_record_and_voids_the_open_one) {
    scripts_ = fixed_by_the_patch;
    const auto id = add(spec());
    // What a process that was killed in its third trial has left behind.
    query([id](store::Store& s) {
        auto job = *s.job(id);
        job.stage = model::JobStage::running;
        util::value_or_throw(s.update_job(job));
        for (int i = 0; i < 3; ++i) {
            model::Trial trial;
            trial.job = id;
            trial.form = model::WorkloadForm::amplified;
            trial = s.add_trial(trial);
            if (i == 2) break;
            trial.outcome.emplace();
            trial.outcome->kind = OutcomeKind::hit;
            trial.outcome->exposure = 100;
            trial.outcome->unit = model::ExposureUnit::deadline_exits;
            util::value_or_throw(s.close_trial(trial));
        }
        return true;
    });
    const auto job = run(id);
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    const auto all = trials(id);
    EXPECT_EQ(all[2].outcome->cause, Cause::interrupted);
    int fresh_hits = 0;
    for (std::size_t i = 3; i < all.size(); ++i)
        fresh_hits += all[i].outcome->kind == OutcomeKind::hit ? 1 : 0;
    EXPECT_LE(fresh_hits, 2);  // the third hit, and the one that confirms the assay
}

TEST_F(RunJob, a_cancelled_job_ends_without_a_vm) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    const auto id = add(spec());
    query([id](store::Store& s) {
        util::value_or_throw(s.request_cancel(id));
        return true;
    });
    const auto job = run(id);
    ASSERT_TRUE(job.problem);
    EXPECT_EQ(job.problem->what, "the job was cancelled");
    EXPECT_EQ(host_.starts, 0);
}

TEST_F(RunJob, a_script_is_run_in_whatever_form_the_job_asks_for) {
    scripts_ = fixed_by_the_patch;
    for (const auto form : {model::WorkloadForm::verbatim, model::WorkloadForm::amplified}) {
        auto with_script = spec();
        with_script.script = "sleep 1\n";
        with_script.workload = form;
        const auto job = run(add(with_script));
        ASSERT_TRUE(job.verdict);
        EXPECT_NE(job.verdict->kind, VerdictKind::error) << job.verdict->sentence;
        EXPECT_EQ(trials(job.id).at(0).form, form);
        ASSERT_TRUE(job.workload);
        EXPECT_EQ(job.workload->form, form);
        EXPECT_THAT(job.verdict->limits,
                    testing::Contains(testing::HasSubstr("Only this workload")))
            << "nothing was changed";
    }
}

TEST_F(RunJob, bad_submissions_are_refused_with_the_field_that_is_wrong) {
    const auto where = [this](const auto& change) {
        auto wrong = spec();
        change(wrong);
        const auto job = make_job(services_, wrong);
        return job ? std::string("accepted") : job.error().where;
    };
    EXPECT_EQ(where([](auto& s) { s.tree = "no-such-tree"; }), "field tree");
    EXPECT_EQ(where([](auto& s) { s.tree = "/no/such/path"; }), "field tree");
    EXPECT_EQ(where([](auto& s) { s.profile = "../../etc/passwd"; }), "field profile");
    EXPECT_EQ(where([](auto& s) { s.confidence = 0.99999; }), "field confidence");
    EXPECT_EQ(where([](auto& s) { s.mail.clear(); }), "field mail");
    EXPECT_EQ(where([](auto& s) { s.commit = "A..B..C"; }), "field commit");
    EXPECT_EQ(where([](auto& s) { s.commit = "--upload-pack=x"; }), "field commit");
    EXPECT_EQ(where([](auto&) {}), "accepted");
}

TEST_F(RunJob, what_its_process_has_to_say_stands_in_its_history_and_its_limits) {
    services_.notice = "no sandbox: this machine refuses it";
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->limits.back(), services_.notice);
    const auto all = query([&](store::Store& s) { return s.events_after(job.id, 0, 1000); });
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const auto& event) {
        return event.type == "log" && event.data.dump().find("no sandbox") != std::string::npos;
    }));
}

}  // namespace
}  // namespace krepro::pipeline
