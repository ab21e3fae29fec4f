// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <list>

namespace krepro::store {

// Tells readers of the event history that there is more of it. It carries no events: a reader asks
// the store for those after the last one it has, so that nothing is lost and nothing comes twice
// whatever happens in between. Used from the loop's thread only.
//
//     while (true) {
//         const auto seen = bus.count();
//         auto events = co_await store.call(...events_after(job, last, ...)...);
//         ...
//         if (events.empty()) co_await bus.wait(job, seen, 15s);
//     }
//
// The count is taken before the store is asked, so an event that comes in between ends the wait at
// once.
class EventBus {
  public:
    EventBus() = default;
    EventBus(const EventBus&) = delete;
    EventBus& operator=(const EventBus&) = delete;

    // An event of this job was stored; 0 wakes the readers of all jobs. Costs one step a reader
    // that waits, and no memory.
    void notify(std::int64_t job = 0);
    [[nodiscard]] std::uint64_t count() const { return count_; }

    // True when something was notified that concerns `job` (0: anything), when count() was no
    // longer `seen` to begin with, when the bus is closed, or when the coroutine is cancelled;
    // false when `timeout` is over. News of other jobs neither ends the wait nor counts as an
    // answer.
    boost::asio::awaitable<bool> wait(std::int64_t job, std::uint64_t seen,
                                      std::chrono::steady_clock::duration timeout);

    // Ends every wait, now and later: the first step of a shutdown.
    void close();
    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] std::size_t waiting() const { return waiters_.size(); }

  private:
    struct Waiter;
    class Enlisted;
    std::uint64_t count_ = 0;
    bool closed_ = false;
    std::list<Waiter*> waiters_;
};

}  // namespace krepro::store
