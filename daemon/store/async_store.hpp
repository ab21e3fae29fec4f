// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "store/store.hpp"
#include "util/offload.hpp"

namespace krepro::store {

// The store on a thread of its own, so that no SQL ever blocks the loop:
//
//     auto job = co_await store.call([id](Store& s) { return s.job(id); });
//
// The function is run on the store's thread, and the coroutine goes on where it was. Exceptions
// come through. A closure whose captures need a destructor (strings, vectors) must be a named
// variable before the co_await; see util/offload.hpp for why.
class AsyncStore {
  public:
    explicit AsyncStore(std::unique_ptr<Store> store) : store_(std::move(store)), thread_(1) {}
    ~AsyncStore() { thread_.join(); }
    AsyncStore(const AsyncStore&) = delete;
    AsyncStore& operator=(const AsyncStore&) = delete;

    template <class F>
    auto call(F&& function) {
        using Function = std::decay_t<F>;
        static_assert(std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<Function>,
                      "name the closure before co_await: see util/offload.hpp");
        auto bound = [&store = *store_, inner = std::forward<F>(function)]() mutable {
            return inner(store);
        };
        return util::run_on(thread_, bound);
    }

    // See JobVersions; at once, on any thread.
    [[nodiscard]] std::uint64_t version(std::int64_t job) const {
        return store_->versions().of(job);
    }

  private:
    std::unique_ptr<Store> store_;
    boost::asio::thread_pool thread_;
};

}  // namespace krepro::store
