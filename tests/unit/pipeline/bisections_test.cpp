// SPDX-License-Identifier: Apache-2.0
#include "pipeline/bisections.hpp"

#include <gmock/gmock.h>

#include <boost/asio/detached.hpp>

#include "pipeline/tuned.hpp"
#include "run_job_fixture.hpp"
#include "vm/accelerator.hpp"

namespace krepro::pipeline {
namespace {

using model::BisectionEnd;
using model::BisectionStage;
using run_job_fixture::RunJob;
using testing::HasSubstr;
namespace asio = boost::asio;
namespace fixture = run_job_fixture;

constexpr int k_commits = 20;

std::string commit_name(int place) {
    return fmt::format("c{}", place);
}

// Two iterations of 300 exits each, without a splat.
fixture::Script clean_boot() {
    std::string harness = fixture::booted();
    for (int s = 3; s <= 33; ++s) {
        harness += fixture::heartbeat(s, 1, std::min((s - 3) * 20, 600));
        if (s == 17 || s == 33)
            harness += fmt::format(
                "{{\"type\":\"iteration_end\",\"uptime\":{}.1,\"iteration\":1,\"exit_status\":0}}"
                "\n",
                s);
    }
    for (int s = 34; s < 40; ++s) harness += fixture::heartbeat(s, 1, 600);
    return {"[    0.1] booting\n", harness, false};
}

// A line of commits whose kernels hit from a place on.
class BisectionsTest : public RunJob {
  protected:
    BisectionsTest() {
        builder_.by_revision = true;
        checkout::Line line;
        for (int i = 0; i < k_commits; ++i)
            line.commits.push_back({commit_name(i), fmt::format("change {}", i), 1});
        source_.line = line;
        scripts_ = [this](const std::string& revision, int) {
            ++boots_[revision];
            return std::stoi(revision.substr(1)) >= first_bad_ ? fixture::hitting() : clean_boot();
        };
    }

    static model::BisectionSpec request() {
        model::BisectionSpec spec;
        spec.good = "v1";
        spec.bad = "v2";
        spec.mail = fixture::k_mail;
        spec.tree = "tree";
        return spec;
    }

    // A daemon's part of it: a worker and the bisections, until `when` holds or it is done.
    model::Bisection run_until(std::int64_t id,
                               const std::function<bool(const model::Bisection&)>& when) {
        Worker worker(io_.get_executor(), services_);
        Bisections bisections(io_.get_executor(), services_,
                              {[&](std::int64_t job) { worker.enqueue(job); },
                               [&](std::int64_t job) { worker.cancel(job); }});
        int running = 2;
        const auto ended = [&](const std::exception_ptr& failure) {
            EXPECT_FALSE(failure);
            if (--running == 0) io_.stop();
        };
        asio::co_spawn(io_, worker.run(), ended);
        asio::co_spawn(io_, bisections.run(), ended);
        act_ = [&] { bisections.wake(); };
        const auto stop = [&] {
            bisections.stop();
            worker.stop();
        };
        asio::co_spawn(io_, watch(id, when, stop), asio::detached);
        io_.restart();
        io_.run_for(std::chrono::seconds(50));
        EXPECT_EQ(running, 0) << "the bisection did not end";
        return *query([id](store::Store& s) { return s.bisection(id); });
    }

    asio::awaitable<void> watch(std::int64_t id, std::function<bool(const model::Bisection&)> when,
                                std::function<void()> stop) {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (true) {
            const auto read = [id](store::Store& s) { return s.bisection(id); };
            const auto bisection = co_await store_.call(read);
            if (bisection->stage == BisectionStage::done || when(*bisection)) break;
            timer.expires_after(std::chrono::milliseconds(5));
            co_await timer.async_wait(asio::use_awaitable);
        }
        stop();
    }

    model::Bisection run_to_end(std::int64_t id) {
        return run_until(id, [](const auto&) { return false; });
    }

    std::int64_t add(const model::BisectionSpec& spec) {
        Bisections bisections(io_.get_executor(), services_, {});
        std::optional<util::Result<model::Bisection>> stored;
        asio::co_spawn(io_, bisections.submit(spec, 0),
                       [&](const std::exception_ptr& failure, util::Result<model::Bisection> made) {
                           EXPECT_FALSE(failure);
                           stored = std::move(made);
                       });
        io_.restart();
        io_.run();
        EXPECT_TRUE(*stored) << stored->error().to_string();
        return (*stored)->id;
    }

    std::vector<model::BisectionStep> steps(std::int64_t id) {
        return query([id](store::Store& s) { return s.steps(id); });
    }

    // Asks for its end as the API does, once `when` holds.
    model::Bisection run_until_cancelled(std::int64_t id, const std::function<bool()>& when) {
        bool asked = false;
        return run_until(id, [&, asked](const auto&) mutable {
            if (asked || !when()) return false;
            asked = true;
            asio::co_spawn(io_, ask_for_end(id), asio::detached);
            return false;
        });
    }
    asio::awaitable<void> ask_for_end(std::int64_t id) {
        const auto ask = [id](store::Store& s) { return s.request_bisection_cancel(id); };
        const auto noted = co_await store_.call(ask);
        EXPECT_TRUE(noted);
        act_();
    }

    std::function<void()> act_;  // wakes the bisections that run
    int first_bad_ = 7;
    std::map<std::string, int> boots_;
};

TEST_F(BisectionsTest, the_commit_that_brought_the_bug_is_named) {
    const auto id = add(request());
    const auto bisection = run_to_end(id);
    ASSERT_TRUE(bisection.result);
    EXPECT_EQ(bisection.result->kind, BisectionEnd::found) << bisection.result->sentence;
    ASSERT_EQ(bisection.result->commits.size(), 1U);
    EXPECT_EQ(bisection.result->commits[0].hash, "c7");
    EXPECT_GE(bisection.result->probability, 0.95);
    EXPECT_THAT(bisection.result->sentence, HasSubstr("c7 (change 7) brought the bug"));
    EXPECT_EQ(bisection.good, "c0");
    EXPECT_EQ(bisection.bad, "c19");
    EXPECT_EQ(bisection.left, 1);
    // The bad commit is the first, to three hits; a binary search would take four or five more.
    const auto all = steps(id);
    EXPECT_EQ(all.front().commit, "c19");
    EXPECT_EQ(boots_["c19"], 3);
    EXPECT_LT(all.size(), 14U);
    EXPECT_LT(boots_.size(), 12U) << "most commits need no kernel";
}

TEST_F(BisectionsTest, each_step_is_a_job_of_one_kernel_that_ends_when_it_has_shown_enough) {
    const auto id = add(request());
    run_to_end(id);
    for (const auto& step : steps(id)) {
        const auto job = stored(step.job);
        EXPECT_TRUE(job.spec.alone);
        EXPECT_EQ(job.spec.commit, step.commit);
        EXPECT_THAT(job.title, HasSubstr("bisection 1: " + step.commit));
        const bool bad = step.place >= first_bad_;
        EXPECT_EQ(job.verdict->kind,
                  bad ? model::VerdictKind::reproduced : model::VerdictKind::not_reproduced);
        if (!bad) {
            EXPECT_GE(job.verdict->unpatched.exposure, step.exposure_goal);
        }
    }
}

TEST_F(BisectionsTest, kernels_that_do_not_build_are_passed_over) {
    for (const int place : {2, 9, 10, 11, 12}) builder_.broken.insert(commit_name(place));
    const auto bisection = run_to_end(add(request()));
    EXPECT_EQ(bisection.result->kind, BisectionEnd::found) << bisection.result->sentence;
    EXPECT_EQ(bisection.result->commits[0].hash, "c7");
}

TEST_F(BisectionsTest, commits_that_cannot_be_told_apart_are_named_together) {
    for (const int place : {5, 6}) builder_.broken.insert(commit_name(place));
    const auto bisection = run_to_end(add(request()));
    EXPECT_EQ(bisection.result->kind, BisectionEnd::among) << bisection.result->sentence;
    ASSERT_EQ(bisection.result->commits.size(), 3U);
    EXPECT_EQ(bisection.result->commits.front().hash, "c5");
    EXPECT_EQ(bisection.result->commits.back().hash, "c7");
}

TEST_F(BisectionsTest, a_good_commit_that_hits_is_told) {
    first_bad_ = 0;
    const auto bisection = run_to_end(add(request()));
    EXPECT_EQ(bisection.result->kind, BisectionEnd::good_is_bad) << bisection.result->sentence;
}

TEST_F(BisectionsTest, a_bug_that_does_not_show_on_the_bad_commit_is_told) {
    first_bad_ = k_commits;
    auto spec = request();
    spec.budget = {3600, 4};
    const auto bisection = run_to_end(add(spec));
    EXPECT_EQ(bisection.result->kind, BisectionEnd::not_reproduced) << bisection.result->sentence;
}

TEST_F(BisectionsTest, a_budget_that_is_used_up_leaves_the_commits_that_are_still_possible) {
    auto spec = request();
    spec.budget = {3600, 5};
    const auto bisection = run_to_end(add(spec));
    EXPECT_EQ(bisection.result->kind, BisectionEnd::inconclusive);
    EXPECT_GT(bisection.result->commits.size(), 1U);
    EXPECT_THAT(bisection.result->sentence, HasSubstr("The budget was used up"));
}

TEST_F(BisectionsTest, one_that_was_interrupted_goes_on_with_what_is_on_record) {
    const auto id = add(request());
    const auto has_steps = [&](const model::Bisection&) { return boots_.size() >= 3; };
    EXPECT_EQ(run_until(id, has_steps).stage, BisectionStage::running);
    const auto before = steps(id);
    const auto bisection = run_to_end(id);
    EXPECT_EQ(bisection.result->commits[0].hash, "c7") << bisection.result->sentence;
    EXPECT_EQ(source_.lines_asked, 1);
    const auto all = steps(id);
    ASSERT_GE(all.size(), before.size());
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(all[i], before[i]);
}

TEST_F(BisectionsTest, one_that_was_cancelled_is_resumed_with_what_it_had_found) {
    const auto id = add(request());
    run_until(id, [&](const model::Bisection&) { return boots_.size() >= 3; });
    query([id](store::Store& s) { return s.request_bisection_cancel(id); });
    const auto cancelled = run_to_end(id);
    EXPECT_EQ(cancelled.result->kind, BisectionEnd::error);
    EXPECT_THAT(cancelled.problem->what, HasSubstr("cancelled"));
    const auto before = steps(id);
    query([id](store::Store& s) { return s.resume_bisection(id); });
    const auto bisection = run_to_end(id);
    EXPECT_EQ(bisection.result->kind, BisectionEnd::found) << bisection.result->sentence;
    EXPECT_FALSE(bisection.problem);
    EXPECT_EQ(boots_["c19"], 3) << "what had hit is not tested again";
    EXPECT_GT(steps(id).size(), before.size());
}

TEST_F(BisectionsTest, a_cancel_ends_the_test_that_goes_on) {
    scripts_ = fixture::endless;
    const auto id = add(request());
    const auto ended = run_until_cancelled(id, [this] { return host_.running > 0; });
    ASSERT_TRUE(ended.problem);
    EXPECT_THAT(ended.problem->what, HasSubstr("cancelled"));
    ASSERT_EQ(steps(id).size(), 1U);
    const auto job = stored(steps(id)[0].job);
    EXPECT_EQ(job.stage, model::JobStage::done);
    EXPECT_EQ(job.problem->what, "the job was cancelled");
    expect_nothing_left();
}

TEST_F(BisectionsTest, a_cancel_ends_the_search_of_the_commits) {
    source_.line_takes = std::chrono::hours(1);
    const auto id = add(request());
    const auto ended = run_until_cancelled(id, [this] { return source_.lines_asked > 0; });
    ASSERT_TRUE(ended.problem);
    EXPECT_THAT(ended.problem->what, HasSubstr("cancelled"));
    EXPECT_TRUE(steps(id).empty());
}

TEST_F(BisectionsTest, a_stop_leaves_the_search_of_the_commits_to_the_next_start) {
    source_.line_takes = std::chrono::hours(1);
    const auto id = add(request());
    const auto left = run_until(id, [this](const auto&) { return source_.lines_asked > 0; });
    EXPECT_EQ(left.stage, BisectionStage::queued);
    EXPECT_FALSE(left.problem);
    source_.line_takes = std::chrono::milliseconds(0);
    EXPECT_EQ(run_to_end(id).result->kind, BisectionEnd::found);
    EXPECT_EQ(source_.lines_asked, 2);
}

TEST_F(BisectionsTest, one_whose_commits_are_long_in_coming_holds_up_no_other) {
    source_.line_takes = std::chrono::hours(1);
    const auto slow = add(request());
    const auto quick = add(request());
    // The second one's line is there before it begins.
    const auto put = [quick, line = *source_.line](store::Store& s) {
        s.put_line(*s.bisection(quick), line.commits);
        return true;
    };
    query(put);
    EXPECT_EQ(run_to_end(quick).result->kind, BisectionEnd::found);
    EXPECT_EQ(query([slow](store::Store& s) { return s.bisection(slow); })->stage,
              BisectionStage::queued);
}

TEST_F(BisectionsTest, all_steps_run_the_workload_of_the_first) {
    const auto id = add(request());
    run_until(id, [&](const model::Bisection&) { return boots_.size() >= 2; });
    // `krepro tune` comes in between.
    const auto first = stored(steps(id)[0].job);
    Tuned tuned;
    tuned.workload = *first.workload;
    tuned.workload.script += "# tuned\n";
    const auto key = tuned_key(first, vm::host_fingerprint(), "tcg");
    ASSERT_FALSE(key.empty());
    query([&](store::Store& s) {
        s.put_fact(key, model::to_json(tuned));
        return true;
    });
    EXPECT_EQ(run_to_end(id).result->kind, BisectionEnd::found);
    for (const auto& step : steps(id)) EXPECT_EQ(stored(step.job).workload, first.workload);
}

TEST_F(BisectionsTest, commits_that_are_not_there_end_it_with_their_name) {
    source_.line.reset();
    const auto bisection = run_to_end(add(request()));
    EXPECT_EQ(bisection.result->kind, BisectionEnd::error);
    EXPECT_THAT(bisection.problem->what, HasSubstr("no revision nowhere"));
}

TEST_F(BisectionsTest, without_a_trace_the_bad_commits_first_splat_is_the_bug) {
    auto spec = request();
    spec.mail.clear();
    spec.script = "stress-ng --sched deadline --mmapfork 23 -t 20\n";
    const auto id = add(spec);
    const auto bisection = run_to_end(id);
    EXPECT_EQ(bisection.result->kind, BisectionEnd::found) << bisection.result->sentence;
    EXPECT_FALSE(bisection.target_signature.empty());
    for (const auto& step : steps(id))
        EXPECT_EQ(stored(step.job).target_signature, bisection.target_signature);
}

}  // namespace
}  // namespace krepro::pipeline
