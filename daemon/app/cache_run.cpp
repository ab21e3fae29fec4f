// SPDX-License-Identifier: Apache-2.0
#include "app/cache_run.hpp"

#include <fmt/format.h>

#include <iostream>

#include "app/exit_status.hpp"
#include "app/job_stores.hpp"
#include "pipeline/cache_keeper.hpp"

namespace krepro::app {

namespace {

constexpr int k_exit_found_something = 1;
constexpr double k_mib = 1024.0 * 1024;
constexpr double k_gib = 1024 * k_mib;

std::string line_of(const model::CacheItem& item) {
    return fmt::format("{:8} {:>9.1f} MiB  {}  {}  {}{}\n", model::to_string(item.kind),
                       static_cast<double>(item.bytes) / k_mib, item.used_at.substr(0, 16),
                       item.name.substr(0, 16), item.what,
                       item.held.empty() ? "" : "  (stays: " + item.held + ")");
}

void print_json(const model::Json& json) {
    std::cout << model::dump_pretty(json) << '\n';
}

int list(const pipeline::CacheKeeper& keeper, const pipeline::CacheHolds& holds,
         const CacheRun& run) {
    const auto items = keeper.list(holds);
    std::uint64_t bytes = 0;
    for (const auto& item : items) bytes += item.bytes;
    if (run.json) {
        print_json({{"items", model::to_json(items)}, {"bytes", bytes}});
        return 0;
    }
    for (const auto& item : items) std::cout << line_of(item);
    std::cout << fmt::format("{} items, {:.2f} GiB, longest unused first\n", items.size(),
                             static_cast<double>(bytes) / k_gib);
    return 0;
}

int verify(const pipeline::CacheKeeper& keeper, const Settings& settings, const CacheRun& run) {
    const auto verified = keeper.verify(settings.state / "artifacts");
    const int status = verified.damages.empty() ? 0 : k_exit_found_something;
    if (run.json) {
        print_json(model::to_json(verified));
        return status;
    }
    for (const auto& damage : verified.damages)
        std::cout << fmt::format("damaged: {}: {}\n", damage.path, damage.what);
    std::cout << fmt::format("{} kernels and {} artifacts, {:.2f} GiB read: {}\n", verified.kernels,
                             verified.artifacts, static_cast<double>(verified.bytes) / k_gib,
                             verified.damages.empty()
                                 ? "all as they were kept"
                                 : fmt::format("{} damaged; the next job that needs one of these "
                                               "kernels makes it again",
                                               verified.damages.size()));
    return status;
}

int prune(const pipeline::CacheKeeper& keeper, const pipeline::CacheHolds& holds,
          const Settings& settings, const CacheRun& run) {
    const double most_gib = run.most_gib.value_or(settings.cache_gib);
    const auto pruned = keeper.prune(static_cast<std::uint64_t>(most_gib * k_gib), holds);
    const int status = pruned.problems.empty() ? 0 : k_exit_found_something;
    if (run.json) {
        print_json(model::to_json(pruned));
        return status;
    }
    for (const auto& item : pruned.removed) std::cout << "removed " << line_of(item);
    for (const auto& problem : pruned.problems) std::cout << "kept " << problem << '\n';
    std::cout << fmt::format("{} removed; {:.2f} GiB before, {:.2f} now, at most {:g} asked for\n",
                             pruned.removed.size(),
                             static_cast<double>(pruned.bytes_before) / k_gib,
                             static_cast<double>(pruned.bytes_after) / k_gib, most_gib);
    return status;
}

}  // namespace

int run_cache(const Settings& settings, const CacheRun& run) {
    try {
        const pipeline::CacheKeeper keeper(settings.cache);
        if (run.action == CacheAction::verify) return verify(keeper, settings, run);
        const auto holds = held_by_jobs(settings.state);
        if (run.action == CacheAction::list) return list(keeper, holds, run);
        return prune(keeper, holds, settings, run);
    } catch (const std::exception& error) {
        std::cerr << "krepro: " << error.what() << '\n';
        return k_exit_infrastructure;
    }
}

}  // namespace krepro::app
