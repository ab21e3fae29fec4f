// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace krepro::util {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

// 2026-01-31T09:05:07.123Z: UTC, milliseconds; sorts as text.
[[nodiscard]] std::string iso8601(WallTime time);
[[nodiscard]] std::string now_iso8601();

// Seconds as a double between two steady times.
[[nodiscard]] inline double seconds_between(SteadyTime from, SteadyTime to) {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace krepro::util
