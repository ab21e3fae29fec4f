// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

#include "unit/store/store_fixture.hpp"

namespace krepro::store {
namespace {

using model::ArmName;
using model::Cause;
using model::Job;
using model::JobStage;
using model::OutcomeKind;
using model::Trial;
using util::ErrorKind;

Trial closed(Trial trial, OutcomeKind kind) {
    trial.outcome.emplace();
    trial.outcome->kind = kind;
    trial.console = std::string(64, 'a');
    return trial;
}

TEST(Store, a_new_job_is_queued_and_has_its_first_event) {
    auto store = memory_store();
    const auto job = store->add_job(job_titled("fork: beware"));
    EXPECT_EQ(job.id, 1);
    EXPECT_EQ(job.stage, JobStage::queued);
    EXPECT_FALSE(job.created_at.empty());
    EXPECT_EQ(store->job(job.id), job);
    const auto events = store->events_after(job.id, 0, 10);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].type, "stage");
    EXPECT_EQ(events[0].data["stage"], "queued");
}

TEST(Store, what_is_not_there_is_not_found) {
    auto store = memory_store();
    EXPECT_EQ(store->job(7), std::nullopt);
    EXPECT_EQ(store->trial(7), std::nullopt);
    EXPECT_EQ(store->report(7), std::nullopt);
    EXPECT_EQ(store->fact("none"), std::nullopt);
    EXPECT_EQ(store->update_job(Job{}).error().kind, ErrorKind::not_found);
    EXPECT_EQ(store->request_cancel(7).error().kind, ErrorKind::not_found);
    EXPECT_EQ(store->close_trial(closed(Trial{}, OutcomeKind::hit)).error().kind,
              ErrorKind::not_found);
}

TEST(Store, a_stage_never_goes_backwards) {
    constexpr std::array k_stages{JobStage::queued, JobStage::checking_out, JobStage::building,
                                  JobStage::running, JobStage::done};
    for (const auto from : k_stages)
        for (const auto to : k_stages) {
            auto store = memory_store();
            auto job = store->add_job(job_titled("x"));
            job.stage = from;
            ASSERT_TRUE(store->update_job(job));
            job.stage = to;
            const auto moved = store->update_job(job);
            const bool allowed = from != JobStage::done && to >= from;
            EXPECT_EQ(moved.has_value(), allowed)
                << model::to_string(from) << " to " << model::to_string(to);
            if (!moved) {
                EXPECT_EQ(moved.error().kind, ErrorKind::conflict);
            }
            EXPECT_EQ(store->job(job.id)->stage, allowed ? to : from);
        }
}

TEST(Store, an_update_keeps_what_only_the_store_may_set) {
    auto store = memory_store();
    const auto created = store->add_job(job_titled("x"));
    ASSERT_TRUE(store->request_cancel(created.id));
    auto job = created;
    job.created_at = "never";
    job.cancel_requested = false;
    job.title = "y";
    ASSERT_TRUE(store->update_job(job));
    const auto stored = store->job(created.id);
    EXPECT_EQ(stored->created_at, created.created_at);
    EXPECT_TRUE(stored->cancel_requested);
    EXPECT_EQ(stored->title, "y");
}

TEST(Store, a_job_that_is_done_cannot_be_cancelled) {
    auto store = memory_store();
    auto job = store->add_job(job_titled("x"));
    job.stage = JobStage::done;
    ASSERT_TRUE(store->update_job(job));
    EXPECT_EQ(store->request_cancel(job.id).error().kind, ErrorKind::conflict);
}

TEST(Store, trials_are_numbered_within_their_arm) {
    auto store = memory_store();
    const auto job = store->add_job(job_titled("x")).id;
    EXPECT_EQ(store->add_trial(trial_of(job, ArmName::unpatched)).number, 1);
    EXPECT_EQ(store->add_trial(trial_of(job, ArmName::unpatched)).number, 2);
    EXPECT_EQ(store->add_trial(trial_of(job, ArmName::patched)).number, 1);
    const auto trials = store->trials(job);
    ASSERT_EQ(trials.size(), 3U);
    EXPECT_EQ(trials[2].arm, ArmName::patched);
    EXPECT_FALSE(trials[2].started_at.empty());
}

TEST(Store, a_trial_is_closed_once) {
    auto store = memory_store();
    const auto job = store->add_job(job_titled("x")).id;
    const auto trial = store->add_trial(trial_of(job, ArmName::patched));
    EXPECT_EQ(store->close_trial(trial).error().kind, ErrorKind::invalid_input);
    ASSERT_TRUE(store->close_trial(closed(trial, OutcomeKind::clean)));
    EXPECT_EQ(store->close_trial(closed(trial, OutcomeKind::hit)).error().kind,
              ErrorKind::conflict);
    const auto stored = store->trial(trial.id);
    EXPECT_EQ(stored->outcome->kind, OutcomeKind::clean);
    EXPECT_TRUE(stored->ended_at);
    EXPECT_EQ(stored->console, std::string(64, 'a'));
}

TEST(Store, the_end_of_a_job_and_its_verdict_come_in_one_write) {
    auto store = memory_store();
    auto job = store->add_job(job_titled("x"));
    store->put_fact("job-1-machine", 1);
    store->put_fact("job-11-machine", 1);
    job.stage = model::JobStage::done;
    job.verdict.emplace();
    ASSERT_TRUE(store->update_job(job));
    EXPECT_FALSE(store->update_job(job));
    std::vector<std::string> types;
    for (const auto& event : store->events_after(job.id, 0, 100)) types.push_back(event.type);
    EXPECT_EQ(types, (std::vector<std::string>{"stage", "verdict", "stage"}));
    ASSERT_EQ(job.id, 1);
    ASSERT_TRUE(store->delete_job(job.id));
    EXPECT_FALSE(store->fact("job-1-machine"));
    EXPECT_TRUE(store->fact("job-11-machine"));
}

TEST(Store, open_trials_become_void_and_closed_ones_stay) {
    auto store = memory_store();
    const auto job = store->add_job(job_titled("x")).id;
    const auto other = store->add_job(job_titled("y")).id;
    const auto hit = store->add_trial(trial_of(job, ArmName::unpatched));
    const auto left = store->add_trial(trial_of(job, ArmName::unpatched));
    const auto others = store->add_trial(trial_of(other, ArmName::unpatched));
    ASSERT_TRUE(store->close_trial(closed(hit, OutcomeKind::hit)));
    EXPECT_EQ(store->void_open_trials(job, Cause::interrupted, "krepro was killed"), 1);
    EXPECT_EQ(store->void_open_trials(job, Cause::interrupted, "again"), 0);
    EXPECT_EQ(store->trial(hit.id)->outcome->kind, OutcomeKind::hit);
    const auto outcome = *store->trial(left.id)->outcome;
    EXPECT_EQ(outcome.kind, OutcomeKind::none);
    EXPECT_EQ(outcome.cause, Cause::interrupted);
    EXPECT_EQ(outcome.detail, "krepro was killed");
    EXPECT_FALSE(store->trial(others.id)->outcome);
}

TEST(Store, a_report_comes_back_as_it_was) {
    auto store = memory_store();
    model::StoredReport report;
    report.job = store->add_job(job_titled("x")).id;
    report.report.title = "Invalid wait context";
    report.report.frames.resize(3);
    report.match = model::Match{true, 0.9, {{0, 1}}, "same frames"};
    report.id = store->add_report(report);
    auto stored = store->report(report.id);
    ASSERT_TRUE(stored);
    report.at = stored->at;
    EXPECT_EQ(*stored, report);
    EXPECT_EQ(store->reports(report.job), std::vector{report});
}

TEST(Store, a_report_is_replaced_but_for_its_job_and_signature) {
    auto store = memory_store();
    model::StoredReport report;
    report.job = store->add_job(job_titled("x")).id;
    report.report.signature = "same";
    report.id = store->add_report(report);
    auto changed = *store->report(report.id);
    changed.report.frames.emplace_back().file = "kernel/fork.c";
    changed.report.signature = "other";
    changed.job = 99;
    ASSERT_TRUE(store->update_report(changed));
    const auto stored = *store->report(report.id);
    EXPECT_EQ(stored.report.frames.at(0).file, "kernel/fork.c");
    EXPECT_EQ(stored.report.signature, "same");
    EXPECT_EQ(stored.job, report.job);
    changed.id = 77;
    EXPECT_EQ(store->update_report(changed).error().kind, util::ErrorKind::not_found);
}

TEST(Store, a_signature_is_found_in_every_job_newest_first) {
    const auto store = memory_store();
    std::vector<std::int64_t> added;
    for (const auto* title : {"first", "second"}) {
        const auto job = store->add_job(job_titled(title)).id;
        for (const auto* signature : {"a|b", "a|b' OR 1=1"}) {
            model::StoredReport report;
            report.job = job;
            report.report.signature = signature;
            added.push_back(store->add_report(report));
        }
    }
    const auto found = store->sightings({"a|b", 0, 10});
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].report.id, added[2]);
    EXPECT_EQ(found[0].job_title, "second");
    EXPECT_EQ(found[1].report.id, added[0]);
    EXPECT_EQ(found[1].job_title, "first");
    EXPECT_EQ(store->sightings({"a|b' OR 1=1", 0, 1}).size(), 1U);
    EXPECT_TRUE(store->sightings({"a", 0, 10}).empty());
}

TEST(Store, events_are_ordered_over_all_jobs_and_read_from_where_one_was) {
    auto store = memory_store();
    const auto a = store->add_job(job_titled("a")).id;
    const auto b = store->add_job(job_titled("b")).id;
    const auto seq = store->add_event(a, "log", {{"line", 1}}).seq;
    store->add_event(b, "log", {{"line", 2}});
    store->add_event(a, "log", {{"line", 3}});
    EXPECT_EQ(store->events_after(0, 0, 100).size(), 5U);
    const auto rest = store->events_after(a, seq, 100);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].data["line"], 3);
    EXPECT_EQ(store->events_after(0, seq, 1)[0].job, b);
    EXPECT_EQ(store->last_event(a), rest[0].seq);
    EXPECT_EQ(store->last_event(0), rest[0].seq);
    EXPECT_EQ(store->last_event(99), 0);
}

TEST(Store, an_event_of_no_job_is_refused) {
    auto store = memory_store();
    EXPECT_THROW(store->add_event(99, "log", {}), util::InfraError);
}

TEST(Store, a_fact_can_be_replaced) {
    auto store = memory_store();
    store->put_fact("accelerator", {{"name", "kvm"}});
    store->put_fact("accelerator", {{"name", "tcg"}});
    EXPECT_EQ((*store->fact("accelerator"))["name"], "tcg");
}

TEST(Store, hostile_text_is_only_text) {
    auto store = memory_store();
    const std::string hostile("'; DROP TABLE jobs; -- \"\0\xff\x1b", 28);
    auto job = job_titled(hostile);
    const auto id = store->add_job(job).id;
    EXPECT_EQ(store->job(id)->spec.mail.substr(0, 10), "Subject: '");
    store->put_fact(hostile, hostile.substr(0, 10));
    EXPECT_TRUE(store->fact(hostile));
    EXPECT_EQ(store->unfinished_jobs().size(), 1U);
}

}  // namespace
}  // namespace krepro::store
