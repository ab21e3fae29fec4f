// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace krepro::util {

namespace detail {
// The function is on the heap, shared by this frame alone, so that no frame copies its captures.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> call_shared(std::shared_ptr<F> function) {
    co_return (*function)();
}
}  // namespace detail

// Runs a blocking function on the pool; the coroutine goes on where it was, with the result or the
// exception. g++ 12 destroys the captures of a lambda that is written inside a co_await expression
// twice (bug 107288), so a closure with captures that need a destructor must be named first:
//
//     const auto work = [path] { return read(path); };
//     auto text = co_await util::run_on(pool, work);
//
// Work on a pool runs to its end: a cancellation is not handed to it, and is seen by the caller's
// next co_await. (Handed on, it would throw on the pool's thread, which ends the process.)
template <class F>
auto run_on(boost::asio::thread_pool& pool, F&& function) {
    using Function = std::decay_t<F>;
    static_assert(std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<Function>,
                  "name the closure before co_await: see the comment above");
    return boost::asio::co_spawn(
        pool, detail::call_shared(std::make_shared<Function>(std::forward<F>(function))),
        boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(),
                                            boost::asio::use_awaitable));
}

}  // namespace krepro::util
