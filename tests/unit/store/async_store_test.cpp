// SPDX-License-Identifier: Apache-2.0
#include "store/async_store.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "store/event_bus.hpp"

namespace krepro::store {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

struct Seen {
    std::thread::id on_store;
    std::thread::id after;
    std::int64_t job = 0;
    bool failed = false;
};

asio::awaitable<void> add_and_read(AsyncStore* store, Seen* seen) {
    seen->job = co_await store->call([seen](Store& s) {
        seen->on_store = std::this_thread::get_id();
        return s.add_job({}).id;
    });
    seen->after = std::this_thread::get_id();
}

asio::awaitable<void> fail_in_store(AsyncStore* store, Seen* seen) {
    try {
        co_await store->call([](Store& s) { return s.add_event(99, "log", {}).seq; });
    } catch (const util::InfraError&) {
        seen->failed = true;
    }
}

TEST(AsyncStore, work_runs_on_the_stores_thread_and_comes_back) {
    AsyncStore store(std::move(*Store::open(":memory:")));
    asio::io_context loop;
    Seen seen;
    asio::co_spawn(loop, add_and_read(&store, &seen), rethrow);
    loop.run();
    EXPECT_EQ(seen.job, 1);
    EXPECT_NE(seen.on_store, std::this_thread::get_id());
    EXPECT_EQ(seen.after, std::this_thread::get_id());
}

TEST(AsyncStore, a_failure_comes_through) {
    AsyncStore store(std::move(*Store::open(":memory:")));
    asio::io_context loop;
    Seen seen;
    asio::co_spawn(loop, fail_in_store(&store, &seen), rethrow);
    loop.run();
    EXPECT_TRUE(seen.failed);
}

asio::awaitable<void> wait_once(EventBus* bus, std::int64_t job, std::uint64_t seen, int* woken) {
    co_await bus->wait(job, seen, 1h);
    ++*woken;
}

asio::awaitable<void> wait_briefly(EventBus* bus, int* woken) {
    co_await bus->wait(0, bus->count(), 1ms);
    ++*woken;
}

TEST(EventBus, a_notification_between_the_count_and_the_wait_is_not_lost) {
    asio::io_context loop;
    EventBus bus;
    int woken = 0;
    const auto seen = bus.count();
    bus.notify(1);
    asio::co_spawn(loop, wait_once(&bus, 1, seen, &woken), asio::detached);
    loop.run();
    EXPECT_EQ(woken, 1);
}

TEST(EventBus, a_job_wakes_its_own_readers_and_those_of_all_jobs) {
    asio::io_context loop;
    EventBus bus;
    int own = 0, all = 0, other = 0;
    asio::co_spawn(loop, wait_once(&bus, 1, 0, &own), asio::detached);
    asio::co_spawn(loop, wait_once(&bus, 0, 0, &all), asio::detached);
    asio::co_spawn(loop, wait_once(&bus, 2, 0, &other), asio::detached);
    loop.poll();
    EXPECT_EQ(bus.waiting(), 3U);
    bus.notify(1);
    loop.poll();
    EXPECT_EQ(own, 1);
    EXPECT_EQ(all, 1);
    EXPECT_EQ(other, 0);
    bus.notify();
    loop.run();
    EXPECT_EQ(other, 1);
    EXPECT_EQ(bus.waiting(), 0U);
}

TEST(EventBus, a_wait_ends_by_its_time_and_by_closing) {
    asio::io_context loop;
    EventBus bus;
    int woken = 0;
    asio::co_spawn(loop, wait_briefly(&bus, &woken), asio::detached);
    loop.run();
    EXPECT_EQ(woken, 1);
    loop.restart();
    asio::co_spawn(loop, wait_once(&bus, 0, bus.count(), &woken), asio::detached);
    loop.poll();
    bus.close();
    loop.run();
    EXPECT_EQ(woken, 2);
    loop.restart();
    asio::co_spawn(loop, wait_once(&bus, 0, bus.count(), &woken), asio::detached);
    loop.run();
    EXPECT_EQ(woken, 3);
}

TEST(EventBus, a_reader_that_is_destroyed_leaves_no_trace) {
    EventBus bus;
    int woken = 0;
    {
        asio::io_context loop;
        asio::co_spawn(loop, wait_once(&bus, 0, 0, &woken), asio::detached);
        loop.poll();
        EXPECT_EQ(bus.waiting(), 1U);
    }
    EXPECT_EQ(bus.waiting(), 0U);
    bus.notify();
    EXPECT_EQ(woken, 0);
}

}  // namespace
}  // namespace krepro::store
