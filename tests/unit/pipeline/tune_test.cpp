// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tune.hpp"

#include "run_job_fixture.hpp"
#include "vm/accelerator.hpp"

namespace krepro::pipeline {
namespace {

using namespace run_job_fixture;

class Tune : public RunJob {
  protected:
    // What tune() comes to for a job as this one.
    TuneResult tune_for(const model::JobSpec& spec, std::shared_ptr<JobControl> control) {
        TuneRequest request;
        request.job = util::value_or_throw(make_job(services_, spec));
        request.folder = folder_.path() / "sweep";
        util::value_or_throw(util::make_fresh_folder(request.folder));
        TuneTeller teller;
        teller.progress = [](const std::string&) {};
        teller.trial = [this](const TuneRow&, const model::TrialOutcome&) { ++told_; };
        std::optional<TuneResult> result;
        std::exception_ptr failure;
        asio::co_spawn(io_, keep(&result, request, control, teller),
                       [&](const std::exception_ptr& e) {
                           failure = e;
                           io_.stop();
                       });
        io_.restart();
        io_.run();
        if (failure) std::rethrow_exception(failure);
        return std::move(*result);
    }
    asio::awaitable<void> keep(std::optional<TuneResult>* result, TuneRequest request,
                               std::shared_ptr<JobControl> control, TuneTeller teller) {
        *result = co_await tune(services_, std::move(request), control, std::move(teller));
    }

    void put(const std::string& key, const Tuned& tuned) {
        query([&](store::Store& s) {
            s.put_fact(key, model::to_json(tuned));
            return true;
        });
    }

    int told_ = 0;
};

TEST_F(Tune, the_sweep_boots_the_unpatched_kernel_alone_and_keeps_a_workload_that_hits) {
    scripts_ = fixed_by_the_patch;
    const auto result = tune_for(spec(), std::make_shared<JobControl>());
    EXPECT_EQ(builder_.built, 1);
    ASSERT_TRUE(result.tuned);
    EXPECT_EQ(result.tuned->workload.form, model::WorkloadForm::amplified);
    EXPECT_GE(result.tuned->rate.hits, 2);
    EXPECT_EQ(told_, host_.starts);
    EXPECT_GT(result.rows.size(), 4U);
    EXPECT_FALSE(result.key.empty());
    EXPECT_EQ(host_.running, 0);
}

TEST_F(Tune, a_bug_that_no_variant_shows_keeps_nothing) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> {
        return Script{"[    0.1] booting\n", booted() + heartbeat(4, 1, 50), true};
    };
    EXPECT_FALSE(tune_for(spec(), std::make_shared<JobControl>()).tuned);
}

TEST_F(Tune, an_interrupt_ends_the_vm) {
    scripts_ = endless;
    const auto control = std::make_shared<JobControl>();
    asio::steady_timer timer(io_, std::chrono::seconds(1));
    timer.async_wait([&](const boost::system::error_code&) { control->request(Cause::cancelled); });
    EXPECT_THROW(tune_for(spec(), control), JobStopped);
    EXPECT_EQ(host_.starts, 1);
    EXPECT_EQ(host_.running, 0);
}

TEST_F(Tune, a_mail_without_a_trace_is_refused) {
    auto without = spec();
    without.mail = "sched: free tasks later\n\nIt happens with\n\n  stress-ng --fork 2 -t 2\n" +
                   without.mail.substr(without.mail.find("\nSigned-off-by"));
    EXPECT_THROW(tune_for(without, std::make_shared<JobControl>()), util::InfraError);
    EXPECT_EQ(host_.starts, 0);
}

TEST_F(Tune, later_jobs_about_the_bug_run_what_was_tuned_and_say_so) {
    scripts_ = fixed_by_the_patch;
    const auto id = add(spec());
    Tuned tuned;
    tuned.workload = *stored(id).workload;
    tuned.workload.vcpus = 3;
    tuned.rate = {4, 4, 0, 0, 60, 400};
    tuned.rule_rate = {4, 2, 0, 0, 120, 300};
    tuned.release = "6.1.8-rt5";
    put(tuned_key(stored(id), vm::host_fingerprint(), "tcg"), tuned);
    const auto job = run(id);
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    for (const auto& trial : trials(id)) EXPECT_EQ(trial.vcpus, 3);
    ASSERT_FALSE(job.workload->changes.empty());
    EXPECT_EQ(job.workload->changes.back(),
              "these parameters -> tuned on this host: 4.00 hits a VM-minute (4 in 4 boots) on "
              "6.1.8-rt5; the rule's own had 1.00 hits a VM-minute (2 in 4 boots)");
}

TEST_F(Tune, a_job_that_has_begun_keeps_its_workload) {
    scripts_ = endless;
    const auto id = add(spec());
    run_until(
        id, [this] { return host_.running == 1; }, [](Worker& worker) { worker.stop(); });
    Tuned tuned;
    tuned.workload = *stored(id).workload;
    tuned.workload.vcpus = 3;
    put(tuned_key(stored(id), vm::host_fingerprint(), "tcg"), tuned);
    scripts_ = fixed_by_the_patch;
    run(id);
    for (const auto& trial : trials(id)) EXPECT_EQ(trial.vcpus, 2);
}

TEST_F(Tune, another_reproducer_host_or_accelerator_has_its_own) {
    const auto job = stored(add(spec()));
    auto scripted = job;
    scripted.spec.script = "sleep 1\n";
    auto unknown = job;
    unknown.expected.reset();
    const auto key = tuned_key(job, "here", "tcg");
    EXPECT_EQ(key, tuned_key(job, "here", "tcg"));
    EXPECT_NE(key, tuned_key(scripted, "here", "tcg"));
    EXPECT_NE(key, tuned_key(job, "there", "tcg"));
    EXPECT_NE(key, tuned_key(job, "here", "kvm"));
    EXPECT_EQ(tuned_key(unknown, "here", "tcg"), "");
}

}  // namespace
}  // namespace krepro::pipeline
