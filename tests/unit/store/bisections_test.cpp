// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "store/store.hpp"

namespace krepro::store {
namespace {

using model::Bisection;
using model::BisectionStage;
using util::ErrorKind;

std::unique_ptr<Store> memory() {
    return util::value_or_throw(Store::open(":memory:"));
}

Bisection asked_for() {
    Bisection bisection;
    bisection.title = "v1..v2 of tree";
    bisection.spec.good = "v1";
    bisection.spec.bad = "v2";
    return bisection;
}

model::BisectionStep step_at(std::int64_t place) {
    model::BisectionStep step;
    step.place = place;
    step.commit = "c" + std::to_string(place);
    return step;
}

void end(Store& store, Bisection bisection) {
    bisection.stage = BisectionStage::done;
    bisection.result.emplace();
    bisection.problem.emplace();
    ASSERT_TRUE(store.update_bisection(bisection));
}

TEST(StoreBisections, one_comes_back_as_it_was) {
    const auto store = memory();
    const auto added = store->add_bisection(asked_for(), 7);
    EXPECT_EQ(added.id, 1);
    EXPECT_EQ(store->bisection(1), added);
    EXPECT_EQ(store->bisection_owner(1), 7);
    EXPECT_FALSE(store->bisection(2));
    EXPECT_FALSE(store->bisection_owner(2));
    const std::vector<model::LineCommit> line{{"c0", "good", 1}, {"c1", "'bad'", 2}};
    store->put_line(added, line);
    EXPECT_EQ(store->line(1), line);
}

TEST(StoreBisections, a_step_and_its_job_come_together) {
    const auto store = memory();
    const auto id = store->add_bisection(asked_for(), 7).id;
    const auto first = store->add_step(id, step_at(3), {});
    const auto second = store->add_step(id, step_at(1), {});
    EXPECT_EQ(first.number, 1);
    EXPECT_EQ(second.number, 2);
    EXPECT_EQ(store->steps(id), (std::vector{first, second}));
    EXPECT_EQ(store->steps_up_to(second.job), (std::vector{first, second}));
    EXPECT_EQ(store->steps_up_to(first.job), std::vector{first});
    EXPECT_EQ(store->job(first.job)->stage, model::JobStage::queued);
    EXPECT_EQ(store->owner(first.job), 7) << "who asked for it may cancel its jobs";
    const auto other = store->add_job({}).id;
    EXPECT_TRUE(store->steps_up_to(other).empty());
    EXPECT_THROW(store->add_step(99, step_at(1), {}), util::InfraError);
    EXPECT_EQ(store->unfinished_jobs().size(), 3U) << "neither step nor job of one that is not";
}

TEST(StoreBisections, one_that_is_done_changes_only_by_being_resumed) {
    const auto store = memory();
    const auto added = store->add_bisection(asked_for(), 0);
    ASSERT_EQ(store->unfinished_bisections().size(), 1U);
    EXPECT_EQ(store->unfinished_bisections()[0].id, 1);
    EXPECT_EQ(store->resume_bisection(1).error().kind, ErrorKind::conflict);
    store->add_step(1, step_at(3), {});
    ASSERT_TRUE(store->request_bisection_cancel(1));
    EXPECT_TRUE(store->bisection(1)->cancel_requested);
    end(*store, added);
    EXPECT_TRUE(store->bisection(1)->cancel_requested) << "no update takes it back";
    EXPECT_TRUE(store->unfinished_bisections().empty());
    EXPECT_EQ(store->update_bisection(added).error().kind, ErrorKind::conflict);
    EXPECT_EQ(store->request_bisection_cancel(1).error().kind, ErrorKind::conflict);
    const auto resumed = store->resume_bisection(1);
    ASSERT_TRUE(resumed);
    EXPECT_EQ(resumed->stage, BisectionStage::running);
    EXPECT_FALSE(resumed->result);
    EXPECT_FALSE(resumed->problem);
    EXPECT_FALSE(resumed->cancel_requested);
    EXPECT_EQ(resumed->answered, 1);
    EXPECT_EQ(store->resume_bisection(9).error().kind, ErrorKind::not_found);
}

TEST(StoreBisections, what_an_unfinished_one_waits_for_is_told_without_its_document) {
    const auto store = memory();
    store->add_bisection(asked_for(), 0);
    EXPECT_FALSE(store->unfinished_bisections()[0].waits);
    auto job = *store->job(store->add_step(1, step_at(3), {}).job);
    EXPECT_TRUE(store->unfinished_bisections()[0].waits);
    EXPECT_FALSE(store->unfinished_bisections()[0].cancel_requested);
    ASSERT_TRUE(store->request_bisection_cancel(1));
    EXPECT_TRUE(store->unfinished_bisections()[0].cancel_requested);
    job.stage = model::JobStage::done;
    ASSERT_TRUE(store->update_job(job));
    EXPECT_FALSE(store->unfinished_bisections()[0].waits);
}

TEST(StoreBisections, a_step_is_kept_until_its_bisection_is_done) {
    const auto store = memory();
    const auto added = store->add_bisection(asked_for(), 0);
    const auto step = store->add_step(1, step_at(3), {});
    auto job = *store->job(step.job);
    job.stage = model::JobStage::done;
    ASSERT_TRUE(store->update_job(job));
    const auto refused = store->delete_job(step.job);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    end(*store, added);
    EXPECT_TRUE(store->delete_job(step.job));
    EXPECT_TRUE(store->steps(1).empty());
    EXPECT_TRUE(store->bisection(1)->result);
}

TEST(StoreBisections, a_listing_walks_from_the_newest) {
    const auto store = memory();
    for (int i = 0; i < 5; ++i) store->add_bisection(asked_for(), 0);
    const auto page = store->bisections(0, 2);
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].id, 5);
    EXPECT_EQ(store->bisections(page[1].id, 10).size(), 3U);
}

}  // namespace
}  // namespace krepro::store
