// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run_job.hpp"

#include <boost/asio/this_coro.hpp>
#include <exception>
#include <optional>

#include "pipeline/job_run.hpp"
#include "verdict/next.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
using model::ArmName;
using model::JobStage;

namespace {

// A trial that was ended with the job may have hit at the last moment, and changed the answer.
// Nothing when more trials are needed now, and can be run.
asio::awaitable<std::optional<model::Verdict>> last_word(JobRun& run, model::Verdict verdict) {
    const auto trials = co_await run.trials();
    const auto step = verdict::next(run.plan(), trials, run.able());
    if (std::holds_alternative<verdict::RunTrial>(step)) co_return std::nullopt;
    if (const auto* stop = std::get_if<verdict::Stop>(&step))
        if (stop->verdict.kind != verdict.kind) verdict = stop->verdict;
    co_return verdict;  // or the patched kernel was not built, and will not be
}

asio::awaitable<void> run_steps(JobRun& run) {
    // Find the tree, and by the patch's direction which of its two states is which arm.
    co_await run.enter(JobStage::checking_out);
    co_await run.check_out();

    // Build the kernel without the patch. From here on it exists and never changes: trials boot a
    // copy of it, whatever happens to the objects.
    co_await run.enter(JobStage::building);
    co_await run.build(ArmName::unpatched);
    co_await run.recall_step();
    co_await run.choose_machine();

    // The one with the patch is built on the same objects, beside the trials without it and behind
    // them in priority. A kernel that does not compile is thrown by whatever waits next.
    co_await run.begin_build(ArmName::patched);

    // A trial that was open when krepro died holds what it has reported, and nothing else.
    co_await run.enter(JobStage::running);
    co_await run.close_interrupted_trials();
    co_await run.recall_earlier_evidence();

    // Ask the rule what to begin next, until it has its verdict. It looks at the trials on record
    // alone, those that run included, so it does not matter which process has begun them.
    while (true) {
        const auto trials = co_await run.trials();
        const auto step = verdict::next(run.plan(), trials, run.able());
        if (const auto* stop = std::get_if<verdict::Stop>(&step)) {
            co_await run.end_tasks();
            auto verdict = co_await last_word(run, stop->verdict);
            if (!verdict) continue;
            co_await run.finish_symbols();
            co_await run.finish(std::move(*verdict));
            co_return;
        }
        if (const auto* trial = std::get_if<verdict::RunTrial>(&step))
            co_await run.begin_trial(*trial);
        else
            co_await run.wait();
    }
}

}  // namespace

asio::awaitable<void> run_job(const Services& services, model::Job job,
                              std::shared_ptr<JobControl> control) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    JobRun run(services, std::move(job), std::move(control), executor);
    std::exception_ptr failure;
    try {
        co_await run_steps(run);
    } catch (...) {
        failure = std::current_exception();
    }
    // Whatever ended the job: what runs beside it ends before it does, in order. A cancellation
    // that brought us here must not cut that short.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await run.end_tasks();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace krepro::pipeline
