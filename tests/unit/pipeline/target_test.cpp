// SPDX-License-Identifier: Apache-2.0
// Jobs whose mail has no trace: which bug they are about.
#include <gmock/gmock.h>

#include <boost/algorithm/string/replace.hpp>

#include "pipeline/evidence.hpp"
#include "run_job_fixture.hpp"

namespace krepro::pipeline {
namespace {

using namespace run_job_fixture;
using model::ArmName;

// The fixture's splat, of another function.
Script hitting_elsewhere() {
    auto script = hitting();
    boost::replace_all(script.console, "refill_obj_stock", "drain_other_stock");
    return script;
}

class Target : public RunJob {
  protected:
    static model::JobSpec without_trace() {
        auto asked = spec();
        const auto trace = asked.mail.find("The timer frees");
        asked.mail.erase(trace, asked.mail.find("It happens with") - trace);
        return asked;
    }
    std::vector<std::string> kinds(std::int64_t id) {
        return query([id](store::Store& s) {
            std::vector<std::string> words;
            for (const auto& trial : trial_records(s, id))
                words.emplace_back(model::to_string(trial.outcome.kind));
            return words;
        });
    }
    std::int64_t trial_with(std::int64_t job, ArmName arm, const std::string& signature,
                            OutcomeKind kind = OutcomeKind::hit,
                            std::optional<Cause> cause = std::nullopt) {
        return query([=](store::Store& s) {
            model::Trial trial;
            trial.job = job;
            trial.arm = arm;
            trial.form = model::WorkloadForm::amplified;
            trial = s.add_trial(trial);
            model::StoredReport stored;
            stored.job = job;
            stored.trial = trial.id;
            stored.arm = arm;
            stored.target = true;
            stored.report.kind = "invalid_wait_context";
            stored.report.title = stored.report.signature = signature;
            s.add_report(stored);
            trial.outcome.emplace();
            trial.outcome->kind = kind;
            trial.outcome->cause = cause;
            trial.outcome->exposure = 10;
            util::value_or_throw(s.close_trial(trial));
            return trial.id;
        });
    }
};

TEST_F(Target, is_what_most_boots_without_the_patch_show_and_not_what_the_first_one_shows) {
    scripts_ = [](const std::string& arm, int start) -> util::Result<Script> {
        if (arm == "patched") return clean();
        return start == 2 ? hitting_elsewhere() : hitting();
    };
    const auto job = run(add(without_trace()));
    ASSERT_FALSE(has_trace(job));
    EXPECT_THAT(job.target_signature, testing::HasSubstr("refill_obj_stock"));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    EXPECT_EQ(job.verdict->unpatched.hits, 3);
    EXPECT_EQ(job.verdict->unpatched.other, 1);
    EXPECT_THAT(job.verdict->limits, testing::Contains(testing::HasSubstr("the bug among 2")));
    for (const auto& report : query([id = job.id](store::Store& s) { return s.reports(id); }))
        EXPECT_EQ(report.target, report.report.signature == job.target_signature);
}

TEST_F(Target, another_bug_with_the_patch_is_no_hit) {
    scripts_ = [](const std::string& arm, int) -> util::Result<Script> {
        return arm == "patched" ? hitting_elsewhere() : hitting();
    };
    auto asked = without_trace();
    asked.budget.trials = 12;
    const auto job = run(add(asked));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->patched.hits, 0) << job.verdict->sentence;
    EXPECT_NE(job.verdict->kind, VerdictKind::not_fixed);
    EXPECT_NE(job.verdict->kind, VerdictKind::fixed);
}

TEST_F(Target, the_trials_on_record_are_judged_by_what_most_of_them_show) {
    const auto job = add(without_trace());
    trial_with(job, ArmName::unpatched, "a");
    EXPECT_EQ(kinds(job), (std::vector<std::string>{"hit"}));
    trial_with(job, ArmName::unpatched, "b");
    EXPECT_EQ(kinds(job), (std::vector<std::string>{"hit", "other"})) << "a tie: the first";
    trial_with(job, ArmName::unpatched, "b");
    EXPECT_EQ(kinds(job), (std::vector<std::string>{"other", "hit", "hit"}));
    trial_with(job, ArmName::patched, "c");
    trial_with(job, ArmName::patched, "b");
    EXPECT_EQ(kinds(job), (std::vector<std::string>{"other", "hit", "hit", "other", "hit"}));
    const auto records = query([job](store::Store& s) { return trial_records(s, job); });
    EXPECT_EQ(records[3].lockdep_signatures, std::vector<std::string>{"c"}) << "lockdep's own";
    EXPECT_TRUE(records[4].lockdep_signatures.empty()) << "the target is no other report";
    EXPECT_EQ(records[0].candidates, std::vector<std::string>{"a"});
    EXPECT_EQ(records[1].candidates, std::vector<std::string>{"b"}) << "chosen from both";
}

TEST_F(Target, in_a_boot_with_the_patch_is_a_hit_whatever_the_trial_has_ended_with) {
    struct Case {
        OutcomeKind kind;
        Cause cause;
        std::optional<Cause> hit_cause;
    };
    const std::vector<Case> cases{
        {OutcomeKind::other, Cause::other_report, std::nullopt},
        {OutcomeKind::none, Cause::interrupted, std::nullopt},
        {OutcomeKind::none, Cause::lockdep_off_early, Cause::lockdep_off_early}};
    for (const auto& c : cases) {
        const auto job = add(spec());
        for (const auto arm : {ArmName::unpatched, ArmName::patched})
            trial_with(job, arm, "a", c.kind, c.cause);
        const auto records = query([job](store::Store& s) { return trial_records(s, job); });
        ASSERT_EQ(records.size(), 2U);
        EXPECT_TRUE(records[0].candidates.empty()) << "the mail says what the target is";
        EXPECT_EQ(records[0].outcome.kind, c.kind) << "without the patch it stays what it is";
        EXPECT_EQ(records[1].outcome.kind, OutcomeKind::hit);
        EXPECT_EQ(records[1].outcome.cause, c.hit_cause);
    }
}

TEST_F(Target, is_what_boots_with_the_patch_show_when_no_other_shows_anything) {
    const auto job = add(without_trace());
    trial_with(job, ArmName::patched, "c");
    EXPECT_EQ(kinds(job), (std::vector<std::string>{"hit"}));
    query([job](store::Store& s) {
        EXPECT_EQ(target_without_patch(s, *s.job(job)), "");
        EXPECT_EQ(target_of(s, *s.job(job)), "c");
        return true;
    });
}

}  // namespace
}  // namespace krepro::pipeline
