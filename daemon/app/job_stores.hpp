// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "app/settings.hpp"

namespace krepro::app {

// The stores whose unfinished jobs need what they have in the cache: the daemon's, whether or not
// it runs now, and that of `krepro run` while it runs, for its jobs end with it. Those that are
// there.
std::vector<std::filesystem::path> job_stores(const Settings& settings);

}  // namespace krepro::app
