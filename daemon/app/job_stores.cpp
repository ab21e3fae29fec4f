// SPDX-License-Identifier: Apache-2.0
#include "app/job_stores.hpp"

#include <system_error>

#include "store/store.hpp"
#include "util/files.hpp"

namespace krepro::app {

namespace fs = std::filesystem;

std::vector<fs::path> job_stores(const fs::path& state) {
    constexpr const char* k_store = "krepro.db";
    std::vector<fs::path> stores;
    std::error_code code;
    if (fs::exists(state / k_store, code)) stores.push_back(state / k_store);
    const auto run = state / k_state_of_runs;
    if (util::FileLock::is_held(run / "lock") && fs::exists(run / k_store, code))
        stores.push_back(run / k_store);
    return stores;
}

pipeline::CacheHolds held_by_jobs(const fs::path& state) {
    pipeline::CacheHolds all;
    for (const auto& file : job_stores(state)) {
        const auto store = util::value_or_throw(store::Store::open(file));
        auto holds = pipeline::holds_of(*store);
        all.kernels.merge(holds.kernels);
        all.trees.merge(holds.trees);
        all.sources.insert(all.sources.end(), holds.sources.begin(), holds.sources.end());
        all.jobs += holds.jobs;
    }
    return all;
}

}  // namespace krepro::app
