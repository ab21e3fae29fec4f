// SPDX-License-Identifier: Apache-2.0
#include "store/event_bus.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace krepro::store {

namespace asio = boost::asio;

struct EventBus::Waiter {
    std::int64_t job;
    asio::steady_timer timer;
};

// A waiter's place in the list, given back when its coroutine goes on or is destroyed.
class EventBus::Enlisted {
  public:
    Enlisted(EventBus& bus, Waiter& waiter)
        : bus_(bus), place_(bus.waiters_.insert(bus.waiters_.end(), &waiter)) {}
    Enlisted(const Enlisted&) = delete;
    Enlisted& operator=(const Enlisted&) = delete;
    ~Enlisted() { bus_.waiters_.erase(place_); }

  private:
    EventBus& bus_;
    std::list<Waiter*>::iterator place_;
};

void EventBus::notify(std::int64_t job) {
    ++count_;
    for (auto* waiter : waiters_)
        if (job == 0 || waiter->job == 0 || waiter->job == job) waiter->timer.cancel();
}

asio::awaitable<bool> EventBus::wait(std::int64_t job, std::uint64_t seen,
                                     std::chrono::steady_clock::duration timeout) {
    if (closed_ || count_ != seen) co_return true;
    Waiter waiter{job, asio::steady_timer(co_await asio::this_coro::executor, timeout)};
    const Enlisted enlisted(*this, waiter);
    const auto [woken] = co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return woken == asio::error::operation_aborted;
}

void EventBus::close() {
    closed_ = true;
    notify();
}

}  // namespace krepro::store
