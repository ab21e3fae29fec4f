// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "pipeline/cache_keeper.hpp"

namespace krepro::app {

// Below the daemon's state folder: that of `krepro run`.
inline constexpr const char* k_state_of_runs = "run";

// The stores whose unfinished jobs need what they have in the cache: the daemon's (of this state
// folder), whether or not it runs now, and that of `krepro run` while it runs, for its jobs end
// with it. Those that are there.
std::vector<std::filesystem::path> job_stores(const std::filesystem::path& state);

// What those jobs hold, together. Throws InfraError when a store cannot be read. Blocks.
pipeline::CacheHolds held_by_jobs(const std::filesystem::path& state);

}  // namespace krepro::app
