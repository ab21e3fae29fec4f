// SPDX-License-Identifier: Apache-2.0
#include "app/job_stores.hpp"

#include <system_error>

#include "util/files.hpp"

namespace krepro::app {

namespace fs = std::filesystem;

namespace {

constexpr const char* k_store = "krepro.db";

bool is_locked(const fs::path& file) {
    std::error_code code;
    if (!fs::exists(file, code)) return false;
    const auto lock = util::FileLock::take(file, util::FileLock::Wait::no);
    return !lock && lock.error().kind == util::ErrorKind::conflict;
}

}  // namespace

std::vector<fs::path> job_stores(const Settings& settings) {
    std::vector<fs::path> stores;
    std::error_code code;
    if (fs::exists(settings.state / k_store, code)) stores.push_back(settings.state / k_store);
    const auto run = settings.state / "run";
    if (is_locked(run / "lock") && fs::exists(run / k_store, code)) stores.push_back(run / k_store);
    return stores;
}

}  // namespace krepro::app
