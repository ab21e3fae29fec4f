// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

namespace krepro::vm {

// Events of several sources for one coroutine, all on the loop's thread.
template <class T>
class EventQueue {
  public:
    explicit EventQueue(const boost::asio::any_io_executor& executor) : timer_(executor) {}

    void push(T event) {
        events_.push_back(std::move(event));
        timer_.cancel();
    }

    std::optional<T> pop() {
        if (events_.empty()) return std::nullopt;
        T event = std::move(events_.front());
        events_.pop_front();
        return event;
    }

    // Returns when something was pushed, or after `longest`. One waiter only.
    boost::asio::awaitable<void> wait(std::chrono::milliseconds longest) {
        if (!events_.empty()) co_return;
        timer_.expires_after(longest);
        co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }

  private:
    std::deque<T> events_;
    boost::asio::steady_timer timer_;
};

}  // namespace krepro::vm
