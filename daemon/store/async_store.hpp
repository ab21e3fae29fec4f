// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "store/store.hpp"

namespace krepro::store {

// The store on a thread of its own, so that no SQL ever blocks the loop:
//
//     auto job = co_await store.call([id](Store& s) { return s.job(id); });
//
// The function is run on the store's thread, and the coroutine goes on where it was. Exceptions
// come through.
class AsyncStore {
  public:
    explicit AsyncStore(std::unique_ptr<Store> store) : store_(std::move(store)), thread_(1) {}
    ~AsyncStore() { thread_.join(); }
    AsyncStore(const AsyncStore&) = delete;
    AsyncStore& operator=(const AsyncStore&) = delete;

    template <class F>
    boost::asio::awaitable<std::invoke_result_t<F&, Store&>> call(F function) {
        co_return co_await boost::asio::co_spawn(thread_, run(*store_, std::move(function)),
                                                 boost::asio::use_awaitable);
    }

  private:
    template <class F>
    static boost::asio::awaitable<std::invoke_result_t<F&, Store&>> run(Store& store, F function) {
        co_return function(store);
    }

    std::unique_ptr<Store> store_;
    boost::asio::thread_pool thread_;
};

}  // namespace krepro::store
