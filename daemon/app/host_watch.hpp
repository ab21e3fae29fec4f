// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <optional>

#include "app/settings.hpp"
#include "model/host.hpp"

namespace krepro::app {

// What the machine has and lacks, and how much of its disk krepro uses. Blocks for seconds: the
// doctor's findings, and a walk over the cache.
[[nodiscard]] model::Host look_at_host(const Settings& settings);

// The same for a loop: looks on a pool's thread, and remembers the answer for some minutes, so
// that a page that stays open costs the trials that run meanwhile nothing. Used from the loop's
// thread only.
class HostWatch {
  public:
    // The pool outlives it.
    HostWatch(Settings settings, boost::asio::thread_pool& pool)
        : settings_(std::move(settings)), pool_(pool) {}

    boost::asio::awaitable<model::Host> now();

  private:
    Settings settings_;
    boost::asio::thread_pool& pool_;
    std::optional<model::Host> known_;
    std::chrono::steady_clock::time_point at_;
    bool looking_ = false;
};

}  // namespace krepro::app
