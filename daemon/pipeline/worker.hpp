// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/job_control.hpp"
#include "pipeline/services.hpp"

namespace krepro::pipeline {

// Runs queued jobs one after the other, oldest first.
class Worker {
  public:
    Worker(boost::asio::any_io_executor executor, const Services& services);

    // Ends what earlier processes left behind, takes up unfinished jobs, then works until stop().
    boost::asio::awaitable<void> run();
    void enqueue(std::int64_t job);
    // Ends the job, whether it runs or waits for its turn.
    void cancel(std::int64_t job);
    // Interrupts the running job, to be taken up by the next start; run() returns soon after.
    void stop();

  private:
    boost::asio::awaitable<void> take_up_unfinished();
    boost::asio::awaitable<void> work_on(std::int64_t id);
    boost::asio::awaitable<void> tidy_cache();
    boost::asio::awaitable<void> run_guarded(model::Job job);
    // Before the folders of their consoles go.
    boost::asio::awaitable<void> close_left_trials_of(std::vector<std::int64_t> jobs);
    boost::asio::awaitable<void> end_queued(std::int64_t id);
    // Nothing when it is stored.
    boost::asio::awaitable<std::optional<util::Error>> store_end(
        std::function<void(store::Store&)> work);
    // `at`: what is known of the place; its stage is the job's when it is empty.
    boost::asio::awaitable<void> fail_job(std::int64_t id, util::Error error, model::Problem at);

    boost::asio::any_io_executor executor_;
    const Services& services_;
    std::deque<std::int64_t> queue_;
    boost::asio::steady_timer wake_;
    std::int64_t running_ = 0;
    std::shared_ptr<JobControl> control_;
    int ending_ = 0;  // jobs that were cancelled before their turn came
    bool stopping_ = false;
};

}  // namespace krepro::pipeline
