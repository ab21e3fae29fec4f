// SPDX-License-Identifier: Apache-2.0
#include "util/clock.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace krepro::util {

std::string iso8601(WallTime time) {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    const auto seconds = static_cast<std::time_t>(ms / 1000);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms % 1000);
}

std::string now_iso8601() {
    return iso8601(std::chrono::system_clock::now());
}

}  // namespace krepro::util
