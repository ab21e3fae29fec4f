// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace krepro::pipeline {
namespace {

using model::Basis;
using model::Direction;
using model::TreeState;
using model::WorkloadForm;
using testing::DoubleNear;
using testing::HasSubstr;

model::Build built(double wall_s) {
    model::Build build;
    build.wall_s = wall_s;
    build.cached = wall_s == 0;
    if (build.cached) build.wall_s = 999;  // of the job that built it
    return build;
}

// A done job whose reproducer is "stress", with hits in 10 s of a VM each.
model::Job past(double unpatched_s, double patched_s, int hits) {
    model::Job job;
    job.stage = model::JobStage::done;
    job.direction = Direction::forward;
    job.unpatched_build = built(unpatched_s);
    job.patched_build = built(patched_s);
    job.mail.reproducer = model::Reproducer{"stress", "stress", true};
    job.verdict.emplace();
    job.verdict->form = WorkloadForm::amplified;
    job.verdict->unpatched.hits = hits;
    job.verdict->unpatched.wall_s = 10.0 * hits;
    job.verdict->unpatched.exposure = 5.0 * hits;
    return job;
}

Outlook outlook() {
    Outlook outlook;
    outlook.spec.tree = "tree";
    outlook.mail.reproducer = model::Reproducer{"stress", "stress", true};
    outlook.answers = {{"tree", TreeState::takes, Direction::forward, ""}};
    outlook.cpus = 2;
    return outlook;
}

const model::EstimatePart& part(const model::Estimate& estimate, const std::string& name) {
    static const model::EstimatePart k_none{"none", -1, Basis::assumed, ""};
    for (const auto& part : estimate.parts)
        if (part.name == name) return part;
    ADD_FAILURE() << "there is no part " << name;
    return k_none;
}

TEST(Estimate, without_a_record_says_what_it_assumes) {
    const auto said = estimate(outlook(), {});
    EXPECT_EQ(said.tree, "tree");
    ASSERT_EQ(said.parts.size(), 3U);
    double sum = 0;
    for (const auto& part : said.parts) {
        EXPECT_EQ(part.basis, Basis::assumed);
        EXPECT_THAT(part.why, HasSubstr("assumed"));
        sum += part.seconds;
    }
    EXPECT_DOUBLE_EQ(said.seconds, sum);
    EXPECT_DOUBLE_EQ(part(said, "unpatched build").seconds, 230);
    EXPECT_DOUBLE_EQ(part(said, "patched build").seconds, 32);
    EXPECT_DOUBLE_EQ(said.most_s, 230 + 32 + 3600);
}

TEST(Estimate, more_cores_build_faster) {
    auto many = outlook();
    many.cpus = 8;
    EXPECT_LT(part(estimate(many, {}), "unpatched build").seconds,
              part(estimate(outlook(), {}), "unpatched build").seconds);
}

TEST(Estimate, builds_take_the_median_of_those_on_record_and_nothing_from_the_cache) {
    const std::vector<model::Job> like{past(0, 40, 0), past(0, 30, 0), past(300, 90, 0)};
    const auto said = estimate(outlook(), like);
    EXPECT_EQ(part(said, "unpatched build").basis, Basis::record);
    EXPECT_EQ(part(said, "unpatched build").seconds, 0);
    EXPECT_THAT(part(said, "unpatched build").why, HasSubstr("3 jobs on record, 2 of them"));
    EXPECT_EQ(part(said, "patched build").seconds, 40);
}

TEST(Estimate, a_tree_that_has_the_patch_already_builds_the_unpatched_kernel_anew) {
    auto reverse = outlook();
    reverse.answers[0].direction = Direction::reverse;
    const auto said = estimate(reverse, {past(0, 40, 0)});
    EXPECT_EQ(part(said, "unpatched build").seconds, 40);
    EXPECT_EQ(part(said, "patched build").seconds, 0);
}

TEST(Estimate, trials_follow_from_the_hits_on_record) {
    const auto said = estimate(outlook(), {past(0, 40, 3), past(0, 40, 5)});
    // One hit in 10 s: three, (20^(1/3) - 1) times their exposure, and one more.
    EXPECT_EQ(part(said, "trials").basis, Basis::record);
    EXPECT_THAT(part(said, "trials").seconds, DoubleNear(30 + 1.7144 * 30 + 10, 0.1));
    EXPECT_THAT(part(said, "trials").why, HasSubstr("8 hits in 2 jobs"));
}

TEST(Estimate, more_confidence_takes_longer) {
    auto sure = outlook();
    sure.spec.confidence = 0.99;
    const std::vector<model::Job> like{past(0, 40, 3)};
    EXPECT_GT(part(estimate(sure, like), "trials").seconds,
              part(estimate(outlook(), like), "trials").seconds);
}

TEST(Estimate, boots_with_the_patch_are_counted_at_the_pace_they_had) {
    auto slow = past(0, 40, 3);
    slow.verdict->patched.exposure = 15;
    slow.verdict->patched.wall_s = 90;  // three times as long for as much
    EXPECT_GT(part(estimate(outlook(), {slow}), "trials").seconds,
              part(estimate(outlook(), {past(0, 40, 3)}), "trials").seconds);
}

TEST(Estimate, hits_of_another_reproducer_or_form_do_not_count) {
    auto other = past(0, 40, 3);
    other.mail.reproducer->command = "another";
    auto verbatim = past(0, 40, 3);
    verbatim.verdict->form = WorkloadForm::verbatim;
    EXPECT_EQ(part(estimate(outlook(), {other, verbatim}), "trials").basis, Basis::assumed);
}

TEST(Estimate, a_script_of_the_job_is_its_reproducer) {
    auto scripted = past(0, 40, 3);
    scripted.mail.reproducer.reset();
    scripted.spec.script = "stress\n";
    auto mine = outlook();
    mine.mail.reproducer.reset();
    mine.spec.script = "stress\n";
    EXPECT_EQ(part(estimate(mine, {scripted}), "trials").basis, Basis::record);
}

TEST(Estimate, a_reproducer_that_never_hit_uses_up_what_both_kernels_may) {
    auto never = past(0, 40, 0);
    never.verdict->unpatched.wall_s = 600;
    const auto said = estimate(outlook(), {never});
    EXPECT_EQ(part(said, "trials").basis, Basis::record);
    EXPECT_THAT(part(said, "trials").seconds, DoubleNear(2 * 0.3684 * 3600, 1));
    EXPECT_THAT(part(said, "trials").why, HasSubstr("no hit in 600 s"));
}

TEST(Estimate, trials_take_no_longer_than_their_budget) {
    auto small = outlook();
    small.spec.budget.wall_s = 60;
    const auto said = estimate(small, {past(0, 40, 3)});
    EXPECT_EQ(part(said, "trials").seconds, 60);
    EXPECT_THAT(part(said, "trials").why, HasSubstr("the budget, which ends it"));
}

TEST(Estimate, both_forms_take_the_share_of_the_first_on_top) {
    auto both = outlook();
    const std::vector<model::Job> like{past(0, 40, 3)};
    const auto amplified = part(estimate(both, like), "trials").seconds;
    both.spec.workload = WorkloadForm::automatic;
    EXPECT_DOUBLE_EQ(part(estimate(both, like), "trials").seconds, 900 + amplified);
    auto verbatim = past(0, 40, 3);
    verbatim.verdict->form = WorkloadForm::verbatim;
    EXPECT_DOUBLE_EQ(part(estimate(both, {verbatim}), "trials").seconds, amplified);
}

TEST(Estimate, a_tree_that_is_not_here_is_fetched_first) {
    auto far = outlook();
    far.answers[0] = {"tree", TreeState::not_fetched, {}, "not fetched yet"};
    EXPECT_EQ(part(estimate(far, {}), "fetch").basis, Basis::assumed);
}

TEST(Estimate, of_a_tree_that_is_chosen_by_trying_is_of_the_one_that_takes_the_patch) {
    auto chosen = outlook();
    chosen.spec.tree = "auto";
    chosen.answers = {{"far", TreeState::not_fetched, {}, ""},
                      {"has it", TreeState::takes, Direction::reverse, ""},
                      {"takes it", TreeState::takes, Direction::forward, ""}};
    EXPECT_EQ(tree_of(chosen), "takes it");
    chosen.answers.pop_back();
    EXPECT_EQ(tree_of(chosen), "has it");
    chosen.answers.pop_back();
    EXPECT_EQ(tree_of(chosen), "");
}

TEST(Estimate, jobs_of_the_same_tree_and_profile_that_are_done_are_like_it) {
    const auto store = util::value_or_throw(store::Store::open(":memory:"));
    const auto add = [&](const std::string& tree, const std::string& profile, bool done) {
        auto job = past(0, 40, 3);
        job.stage = model::JobStage::queued;
        job.spec.tree = tree;
        job.spec.profile = profile;
        job = store->add_job(job);
        if (!done) return job.id;
        job.stage = model::JobStage::done;
        EXPECT_TRUE(store->update_job(job));
        return job.id;
    };
    const auto first = add("tree", "profile", true);
    add("other", "profile", true);
    add("tree", "other", true);
    add("tree", "profile", false);
    const auto last = add("tree", "profile", true);
    const auto like = jobs_like(*store, "tree", "profile");
    ASSERT_EQ(like.size(), 2U);
    EXPECT_EQ(like[0].id, last);
    EXPECT_EQ(like[1].id, first);
    EXPECT_TRUE(like[0].patched_build);
}

}  // namespace
}  // namespace krepro::pipeline
