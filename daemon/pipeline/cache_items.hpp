// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "pipeline/cache_keeper.hpp"
#include "util/clock.hpp"

namespace krepro::pipeline {

// What is on its way out: renamed first, so that what has its name is always whole.
inline constexpr std::string_view k_gone = ".gone";

// One thing in the cache, and where it is.
struct CacheFound {
    model::CacheItem item;
    util::WallTime used;
    std::filesystem::path path;
    std::filesystem::path lock;  // taken before it goes; empty: it has none
};

// All there is, longest unused first. Blocks for about a second a tree.
[[nodiscard]] std::vector<CacheFound> look_at_cache(const std::filesystem::path& cache,
                                                    const CacheHolds& holds);

// The folders of one level, without links and without what is being made or removed.
[[nodiscard]] std::vector<std::filesystem::path> folders_in(const std::filesystem::path& parent);

[[nodiscard]] bool is_below(const std::filesystem::path& path, const std::filesystem::path& folder);

// What lies beside an object tree and belongs to it: HASH.log, HASH.ccache, ... No hash has a dot.
[[nodiscard]] std::vector<std::filesystem::path> beside(const std::filesystem::path& objects);

}  // namespace krepro::pipeline
