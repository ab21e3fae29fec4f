// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "model/bisection.hpp"
#include "pipeline/bisect_evidence.hpp"
#include "pipeline/services.hpp"

namespace krepro::pipeline {

// Carries bisections on: each test is a job of one kernel alone, queued with the others, so that it
// has their builds, trials, pages and recovery. What to test next is a pure function of what is on
// record (verdict::next_test): a process that starts again goes on where the last one was. The line
// of commits is looked for beside the rest, because its tree may be long in coming.
class Bisections {
  public:
    struct Jobs {
        std::function<void(std::int64_t job)> enqueue;
        std::function<void(std::int64_t job)> cancel;
    };
    Bisections(boost::asio::any_io_executor executor, const Services& services, Jobs jobs);
    Bisections(const Bisections&) = delete;
    Bisections& operator=(const Bisections&) = delete;

    // Works until stop(), and until what it has begun has ended.
    boost::asio::awaitable<void> run();
    // What is being fetched is given up; a step's job is the worker's to end.
    void stop();
    // Something has changed that no job tells of: a bisection was added, cancelled, resumed.
    void wake();

    // Checks and stores it; run() goes on with it.
    boost::asio::awaitable<util::Result<model::Bisection>> submit(model::BisectionSpec spec,
                                                                  std::int64_t token);

  private:
    struct State {
        model::Bisection bisection;
        std::vector<model::LineCommit> line;
        std::vector<StepRecord> steps;
    };

    boost::asio::awaitable<bool> look_at_all();
    boost::asio::awaitable<void> carry_on(store::UnfinishedBisection one);
    boost::asio::awaitable<void> look_at(std::int64_t id);
    boost::asio::awaitable<void> advance(std::int64_t id);
    boost::asio::awaitable<void> cancel_step(std::int64_t id);
    void begin_search(model::Bisection bisection);
    boost::asio::awaitable<void> search(model::Bisection bisection);
    boost::asio::awaitable<void> find_line(model::Bisection bisection);
    boost::asio::awaitable<void> test_next(State& state);
    boost::asio::awaitable<void> add_step(State& state, verdict::TestCommit test);
    boost::asio::awaitable<void> end(model::Bisection bisection, model::BisectionResult result);
    boost::asio::awaitable<void> fail(std::int64_t id, util::Error error);

    boost::asio::any_io_executor executor_;
    const Services& services_;
    Jobs jobs_;
    // What ends the search of a bisection's line.
    std::map<std::int64_t, boost::asio::cancellation_signal> searches_;
    boost::asio::steady_timer idle_;  // while there is nothing to carry on
    bool stopping_ = false;
};

}  // namespace krepro::pipeline
