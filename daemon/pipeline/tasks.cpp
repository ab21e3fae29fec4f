// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tasks.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace krepro::pipeline {

namespace asio = boost::asio;

Tasks::Tasks(asio::any_io_executor executor) : executor_(std::move(executor)), wake_(executor_) {}

void Tasks::start(asio::awaitable<void> task, asio::cancellation_slot slot) {
    ++running_;
    const auto on_end = [this, cancel = cancel_](const std::exception_ptr& failure) {
        if (failure && !failure_) failure_ = failure;
        --running_;
        ++ended_;
        wake_.cancel();
        // The signal must outlive this handler, whose slot is its.
        asio::post(executor_, [cancel] {});
    };
    asio::co_spawn(executor_, std::move(task), asio::bind_cancellation_slot(slot, on_end));
}

void Tasks::begin(asio::awaitable<void> task) {
    start(std::move(task), asio::cancellation_slot());
}

void Tasks::begin_cancellable(asio::awaitable<void> task) {
    cancel_ = std::make_shared<asio::cancellation_signal>();
    start(std::move(task), cancel_->slot());
}

void Tasks::cancel() {
    // Held here: the task may end, and another be begun, while this runs.
    const auto cancel = cancel_;
    if (cancel && running_ > 0) cancel->emit(asio::cancellation_type::terminal);
}

void Tasks::throw_failure() {
    if (failure_) std::rethrow_exception(failure_);
}

asio::awaitable<void> Tasks::wait() {
    while (ended_ == 0 && running_ > 0) {
        wake_.expires_at(asio::steady_timer::time_point::max());
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    ended_ = 0;
    throw_failure();
}

asio::awaitable<void> Tasks::pause(double seconds) {
    const auto end = asio::steady_timer::clock_type::now() +
                     std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    while (!failure_ && asio::steady_timer::clock_type::now() < end) {
        wake_.expires_at(end);
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    throw_failure();
}

asio::awaitable<void> Tasks::settle() {
    while (running_ > 0) {
        wake_.expires_at(asio::steady_timer::time_point::max());
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    ended_ = 0;
}

}  // namespace krepro::pipeline
