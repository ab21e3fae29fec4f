// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace krepro::pipeline {

// Coroutines that run beside the one that has begun them, on its executor. Who owns this awaits
// settle() before what they use is destroyed.
class Tasks {
  public:
    explicit Tasks(boost::asio::any_io_executor executor);
    Tasks(const Tasks&) = delete;
    Tasks& operator=(const Tasks&) = delete;

    void begin(boost::asio::awaitable<void> task);
    // One that cancel() ends; at most one at a time.
    void begin_cancellable(boost::asio::awaitable<void> task);
    void cancel();

    [[nodiscard]] int running() const { return running_; }
    // Until one has ended since the last call. Throws what the first failed one threw.
    boost::asio::awaitable<void> wait();
    // For so long, or until one has failed, which is thrown.
    boost::asio::awaitable<void> pause(double seconds);
    // Until none runs; throws nothing of theirs.
    boost::asio::awaitable<void> settle();

  private:
    void start(boost::asio::awaitable<void> task, boost::asio::cancellation_slot slot);
    void throw_failure();

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer wake_;
    std::shared_ptr<boost::asio::cancellation_signal> cancel_;  // shared with the handler in it
    std::exception_ptr failure_;
    int running_ = 0;
    int ended_ = 0;  // and not waited for yet
};

}  // namespace krepro::pipeline
