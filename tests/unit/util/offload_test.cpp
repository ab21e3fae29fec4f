// SPDX-License-Identifier: Apache-2.0
#include "util/offload.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace krepro::util {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> wait_twice(asio::thread_pool* pool, bool* worked) {
    const auto nothing = [worked] {
        std::this_thread::sleep_for(100ms);
        *worked = true;
    };
    co_await run_on(*pool, nothing);
    const auto number = [] { return 7; };
    co_await run_on(*pool, number);
}

TEST(Offload, the_result_and_the_exception_come_back_to_the_caller) {
    asio::io_context io;
    asio::thread_pool pool(2);
    int result = 0;
    std::string caught;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            const auto number = [] { return 7; };
            result = co_await run_on(pool, number);
            const auto failing = []() -> int { throw std::runtime_error("no"); };
            try {
                co_await run_on(pool, failing);
            } catch (const std::runtime_error& error) {
                caught = error.what();
            }
        },
        [](const std::exception_ptr& e) { EXPECT_FALSE(e); });
    io.run();
    EXPECT_EQ(result, 7);
    EXPECT_EQ(caught, "no");
}

TEST(Offload, a_cancelled_caller_lets_the_work_end_and_then_throws) {
    asio::io_context io;
    asio::thread_pool pool(2);
    asio::cancellation_signal signal;
    bool worked = false;
    std::exception_ptr failure;
    asio::co_spawn(io, wait_twice(&pool, &worked),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](const std::exception_ptr& e) { failure = e; }));
    asio::steady_timer timer(io, 20ms);
    timer.async_wait([&](const auto&) { signal.emit(asio::cancellation_type::terminal); });
    io.run();
    pool.join();
    EXPECT_TRUE(worked);
    ASSERT_TRUE(failure);
    EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
}

}  // namespace
}  // namespace krepro::util
