// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run_job.hpp"

#include "pipeline/job_run.hpp"
#include "verdict/decide.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
using model::ArmName;
using model::JobStage;

asio::awaitable<void> run_job(const Services& services, model::Job job,
                              std::shared_ptr<JobControl> control) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    JobRun run(services, std::move(job), std::move(control), executor);

    // Find the tree, and by the patch's direction which of its two states is which arm.
    co_await run.enter(JobStage::checking_out);
    co_await run.check_out();

    // Build the kernel without the patch, then the one with it on the same objects.
    co_await run.enter(JobStage::building);
    co_await run.build(ArmName::unpatched);
    co_await run.build(ArmName::patched);

    // From here on both builds exist and never change. A trial that was open when krepro died
    // holds no evidence.
    co_await run.enter(JobStage::running);
    co_await run.close_interrupted_trials();
    co_await run.choose_accelerator();

    // Ask the rule what to run next, until it has its verdict. It looks at the trials on record
    // alone, so it does not matter which process ran them.
    while (true) {
        const auto records = co_await run.records();
        const auto decision = verdict::decide(run.plan(), records);
        if (const auto* stop = std::get_if<verdict::Stop>(&decision)) {
            co_await run.finish(stop->verdict);
            co_return;
        }
        co_await run.run_trial(std::get<verdict::RunTrial>(decision));
    }
}

}  // namespace krepro::pipeline
