// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "app/settings.hpp"

namespace krepro::app {

enum class CacheAction { list, verify, prune };

struct CacheRun {
    CacheAction action = CacheAction::list;
    std::optional<double> most_gib;  // prune: to this size; the settings' when absent
    bool json = false;
};

// Lists, verifies or prunes the cache in this process and prints what there was; may run beside a
// daemon, whose jobs' kernels and trees stay. Returns the exit status of the process: 0; 1 when
// something is damaged or could not be removed; 2 for a broken environment.
int run_cache(const Settings& settings, const CacheRun& run);

}  // namespace krepro::app
