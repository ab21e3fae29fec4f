// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/cache.hpp"
#include "store/store.hpp"
#include "util/clock.hpp"
#include "util/result.hpp"

namespace krepro::pipeline {

// What jobs that are not done still need: it is never taken from the cache.
struct CacheHolds {
    std::set<std::string> kernels;               // content keys
    std::set<std::string> trees;                 // names
    std::vector<std::filesystem::path> sources;  // work trees
    int jobs = 0;                                // how many they are
};

[[nodiscard]] CacheHolds holds_of(store::Store& store);

// A job that is not done and has the tree, by its name or in this folder of the cache.
[[nodiscard]] std::optional<std::int64_t> job_on_tree(store::Store& store, const std::string& tree,
                                                      const std::filesystem::path& folder);

// The cache on this machine's disk, as a whole: kernels (builds/KEY), object trees (obj/HASH with
// small files beside), source trees (trees/NAME), mirrors of repositories, debug units and images.
// Everything in it can be made again, so what was used longest ago goes when the whole is larger
// than it may be; what a killed krepro left half-made goes always. What a job that is not done
// holds, what is locked, and what was used in the last quarter of an hour stays. Calls block for
// about a second a tree, verify() as long as it takes to read every kernel.
class CacheKeeper {
  public:
    explicit CacheKeeper(std::filesystem::path cache) : cache_(std::move(cache)) {}

    // Longest unused first.
    [[nodiscard]] std::vector<model::CacheItem> list(const CacheHolds& holds) const;
    // Removes until at most `most_bytes` are used, or nothing more may go; what was removed.
    [[nodiscard]] model::CachePruned prune(std::uint64_t most_bytes, const CacheHolds& holds) const;
    // Hashes every kernel's files, and each of the artifacts below `artifacts` (their names are
    // their hashes).
    [[nodiscard]] model::CacheVerified verify(const std::filesystem::path& artifacts) const;

  private:
    std::filesystem::path cache_;
};

}  // namespace krepro::pipeline
