// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

#include <gtest/gtest.h>
#include <soci.h>
#include <sqlite3/soci-sqlite3.h>

#include "store/schema.hpp"
#include "util/files.hpp"

namespace krepro::store {
namespace {

using model::ArmName;
using model::Cause;
using model::Job;
using model::JobStage;
using model::OutcomeKind;
using model::Trial;
using util::ErrorKind;

std::unique_ptr<Store> memory_store() {
    auto store = Store::open(":memory:");
    EXPECT_TRUE(store) << store.error().to_string();
    return std::move(*store);
}

Job job_titled(const std::string& title) {
    Job job;
    job.title = title;
    job.spec.mail = "Subject: " + title;
    job.mail.title = title;
    return job;
}

Trial trial_of(std::int64_t job, ArmName arm) {
    Trial trial;
    trial.job = job;
    trial.arm = arm;
    trial.accelerator = "tcg";
    return trial;
}

Trial closed(Trial trial, OutcomeKind kind) {
    trial.outcome.emplace();
    trial.outcome->kind = kind;
    trial.console = std::string(64, 'a');
    return trial;
}

class StoreOnDisk : public ::testing::Test {
  protected:
    StoreOnDisk() : folder_(*util::TempDir::make(::testing::TempDir(), "store")) {}
    [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "krepro.db"; }
    [[nodiscard]] std::unique_ptr<Store> open() const {
        auto store = Store::open(file());
        EXPECT_TRUE(store) << store.error().to_string();
        return std::move(*store);
    }

  private:
    util::TempDir folder_;
};

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

TEST(StoreListing, filters_narrow_and_paging_walks_from_the_newest) {
    auto store = memory_store();
    for (const auto* title : {"sched: 100% idle", "mm: slab_free", "mm: SLAB cache", "net: x"})
        store->add_job(job_titled(title));
    auto done = *store->job(2);
    done.stage = JobStage::done;
    done.verdict.emplace();
    done.verdict->kind = model::VerdictKind::fixed;
    ASSERT_TRUE(store->update_job(done));

    struct Case {
        const char* name;
        JobFilter filter;
        std::vector<std::int64_t> ids;
    };
    const std::vector<Case> cases{
        {"all", {}, {4, 3, 2, 1}},
        {"text in any case", {{}, {}, "slab", 0, 50}, {3, 2}},
        {"a per cent sign is no wildcard", {{}, {}, "0%", 0, 50}, {1}},
        {"an underscore is no wildcard", {{}, {}, "b_f", 0, 50}, {2}},
        {"by stage", {JobStage::done, {}, "", 0, 50}, {2}},
        {"by verdict", {{}, model::VerdictKind::fixed, "", 0, 50}, {2}},
        {"by both, none", {JobStage::queued, model::VerdictKind::fixed, "", 0, 50}, {}},
        {"a page", {{}, {}, "", 4, 2}, {3, 2}},
        {"a limit below one is one", {{}, {}, "", 0, 0}, {4}},
    };
    for (const auto& c : cases) {
        std::vector<std::int64_t> jobs, summaries;
        for (const auto& job : store->jobs(c.filter)) jobs.push_back(job.id);
        for (const auto& summary : store->summaries(c.filter)) summaries.push_back(summary.id);
        EXPECT_EQ(jobs, c.ids) << c.name;
        EXPECT_EQ(summaries, c.ids) << c.name;
    }
}

TEST(StoreListing, a_summary_is_the_job_without_its_heavy_parts) {
    auto store = memory_store();
    auto job = job_titled("a");
    job.mail.author = "A <a@b.c>";
    job.mail.patch = "diff";
    job.expected.emplace();
    job.unpatched_build.emplace();
    job = store->add_job(job);
    ASSERT_TRUE(store->request_cancel(job.id));
    job.stage = JobStage::done;
    job.verdict.emplace();
    job.verdict->kind = model::VerdictKind::not_fixed;
    ASSERT_TRUE(store->update_job(job));
    const auto summaries = store->summaries({});
    ASSERT_EQ(summaries.size(), 1U);
    auto expected = *store->job(job.id);
    expected.spec.mail.clear();
    expected.mail.patch.clear();
    expected.expected.reset();
    expected.unpatched_build.reset();
    EXPECT_EQ(summaries[0], expected);
    EXPECT_TRUE(summaries[0].cancel_requested);
}

TEST(StoreListing, ten_thousand_jobs_can_be_listed_and_searched) {
    auto store = memory_store();
    for (int i = 0; i < 10000; ++i) store->add_job(job_titled("job " + std::to_string(i)));
    EXPECT_EQ(store->summaries({{}, {}, "", 0, 500}).size(), 500U);
    const auto found = store->summaries({{}, {}, "job 7777", 0, 50});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].id, 7778);
    EXPECT_EQ(store->unfinished_jobs().size(), 10000U);
}

TEST_F(StoreOnDisk, what_was_written_is_there_when_it_is_opened_again) {
    Job job;
    std::int64_t seq = 0;
    {
        auto store = open();
        job = store->add_job(job_titled("x"));
        store->add_trial(trial_of(job.id, ArmName::unpatched));
        seq = store->add_event(job.id, "log", {}).seq;
    }
    auto store = open();
    EXPECT_EQ(store->job(job.id), job);
    EXPECT_EQ(store->unfinished_jobs(), std::vector<std::int64_t>{job.id});
    EXPECT_FALSE(store->trials(job.id)[0].outcome);
    EXPECT_EQ(store->add_trial(trial_of(job.id, ArmName::unpatched)).number, 2);
    EXPECT_GT(store->add_event(job.id, "log", {}).seq, seq);
}

// A commit is on the disk when the call returns: a copy of the files taken while the writer is
// still open is what a process that was killed leaves behind.
TEST_F(StoreOnDisk, a_store_that_was_not_closed_loses_nothing) {
    auto store = open();
    const auto job = store->add_job(job_titled("x"));
    const auto killed = *util::TempDir::make(::testing::TempDir(), "killed");
    for (const auto* suffix : {"", "-wal"})
        std::filesystem::copy_file(file().string() + suffix,
                                   killed.path() / (std::string("krepro.db") + suffix));
    auto reopened = Store::open(killed.path() / "krepro.db");
    ASSERT_TRUE(reopened) << reopened.error().to_string();
    EXPECT_EQ((*reopened)->job(job.id), job);
}

TEST_F(StoreOnDisk, two_openers_share_one_file) {
    auto first = open();
    auto second = open();
    const auto id = first->add_job(job_titled("x")).id;
    EXPECT_TRUE(second->job(id));
    EXPECT_EQ(second->add_job(job_titled("y")).id, id + 1);
}

TEST_F(StoreOnDisk, a_schema_of_a_newer_program_is_refused) {
    open().reset();
    {
        soci::session sql(soci::sqlite3, "db=" + file().string());
        const int newer = schema_version() + 1;
        sql << "INSERT INTO schema_version(version) VALUES (:v)", soci::use(newer, "v");
    }
    const auto store = Store::open(file());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
    EXPECT_NE(store.error().what.find("schema version"), std::string::npos);
    EXPECT_EQ(store.error().where, file().string());
}

TEST_F(StoreOnDisk, a_file_that_is_no_database_is_refused) {
    ASSERT_TRUE(util::write_file_atomic(file(), std::string(8192, 'x')));
    const auto store = Store::open(file());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
}

TEST_F(StoreOnDisk, a_folder_that_cannot_be_made_is_refused) {
    ASSERT_TRUE(util::write_file_atomic(file(), "a file, not a folder"));
    const auto store = Store::open(file() / "below" / "krepro.db");
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
}

TEST_F(StoreOnDisk, a_damaged_document_names_its_row) {
    auto store = open();
    const auto id = store->add_job(job_titled("x")).id;
    {
        soci::session sql(soci::sqlite3, "db=" + file().string());
        sql << "UPDATE job_documents SET document = '{'";
    }
    try {
        (void)store->job(id);
        FAIL() << "a damaged document was read";
    } catch (const util::InfraError& error) {
        EXPECT_NE(error.error().where.find("job 1"), std::string::npos);
    }
}

}  // namespace
}  // namespace krepro::store
