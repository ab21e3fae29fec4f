// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cache_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "build/build_cache.hpp"
#include "pipeline/cache_items.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::pipeline {

namespace fs = std::filesystem;
using model::CacheItem;
using model::CacheKind;
using Found = CacheFound;

namespace {

// The lock stays, others may wait for it; so does what builds have told: what the tree's programs
// are made of, and that the planner was wrong about it.
void remove_beside(const fs::path& folder) {
    std::error_code code;
    for (const auto& path : beside(folder)) {
        const auto ending = path.extension();
        if (ending != ".lock" && ending != ".programs" && ending != ".quarantine")
            fs::remove_all(path, code);
    }
}

// Nothing: it is gone. Otherwise why it is not.
std::optional<std::string> remove(const Found& found) {
    std::optional<util::FileLock> lock;
    if (!found.lock.empty()) {
        auto taken = util::FileLock::take(found.lock, util::FileLock::Wait::no);
        if (!taken) return "it is in use";
        lock = std::move(*taken);
    }
    const fs::path gone =
        found.path.parent_path() / (std::string(k_gone) + "-" + found.path.filename().string());
    std::error_code code;
    fs::remove_all(gone, code);  // of a prune that was killed
    fs::rename(found.path, gone, code);
    if (code) return code.message();
    if (found.item.kind == CacheKind::objects) remove_beside(found.path);
    fs::remove_all(gone, code);
    if (code) return code.message();
    return std::nullopt;
}

// One prune under way.
class Pruning {
  public:
    Pruning(const fs::path& cache, const CacheHolds& holds)
        : cache_(cache), holds_(holds), all_(look_at_cache(cache, holds)) {
        for (const auto& found : all_) pruned_.bytes_before += found.item.bytes;
        pruned_.bytes_after = pruned_.bytes_before;
    }

    // Nobody will ever use them: they go whatever the size.
    void remove_leftovers() {
        for (const auto& found : all_)
            if (found.item.kind == CacheKind::leftover) take(found);
    }

    // A mirror may go when its last work tree has gone: look again while something does.
    void shrink_to(std::uint64_t most_bytes) {
        for (bool gone = true; gone && pruned_.bytes_after > most_bytes;) {
            gone = false;
            for (const auto& found : all_)
                if (pruned_.bytes_after > most_bytes && take(found)) gone = true;
            if (gone) all_ = look_at_cache(cache_, holds_);
        }
    }

    model::CachePruned result() { return std::move(pruned_); }

  private:
    // Whether it is gone now.
    bool take(const Found& found) {
        const auto& path = found.item.path;
        if (!found.item.held.empty() || done_.contains(path)) return false;
        done_.insert(path);
        if (const auto problem = remove(found)) {
            pruned_.problems.push_back(path + ": " + *problem);
            return false;
        }
        pruned_.bytes_after -= found.item.bytes;
        pruned_.removed.push_back(found.item);
        return true;
    }

    fs::path cache_;
    const CacheHolds& holds_;
    std::vector<Found> all_;
    std::set<std::string> done_;  // what was removed or cannot be
    model::CachePruned pruned_;
};

void verify_file(const fs::path& file, const std::string& hash, model::CacheVerified& verified) {
    std::error_code code;
    const auto size = fs::file_size(file, code);
    const auto found = util::sha256_file(file);
    if (!found) {
        verified.damages.push_back({file.string(), found.error().what});
        return;
    }
    verified.bytes += code ? 0 : size;
    if (*found != hash)
        verified.damages.push_back(
            {file.string(), fmt::format("its bytes hash to {}, not to {}", *found, hash)});
}

}  // namespace

CacheHolds holds_of(store::Store& store) {
    CacheHolds holds;
    for (const auto id : store.unfinished_jobs()) {
        const auto job = store.job(id);
        if (!job) continue;
        ++holds.jobs;
        holds.trees.insert(job->spec.tree);
        for (const auto* build : {&job->unpatched_build, &job->patched_build})
            if (*build) holds.kernels.insert((*build)->key);
        for (const auto* checkout : {&job->unpatched_checkout, &job->patched_checkout})
            if (*checkout) holds.sources.emplace_back((*checkout)->source);
    }
    return holds;
}

std::optional<std::int64_t> job_on_tree(store::Store& store, const std::string& tree,
                                        const fs::path& folder) {
    for (const auto id : store.unfinished_jobs()) {
        const auto job = store.job(id);
        if (!job) continue;
        if (job->spec.tree == tree) return id;
        for (const auto* checkout : {&job->unpatched_checkout, &job->patched_checkout})
            if (*checkout && is_below((*checkout)->source, folder)) return id;
    }
    return std::nullopt;
}

std::vector<CacheItem> CacheKeeper::list(const CacheHolds& holds) const {
    std::vector<CacheItem> items;
    for (auto& found : look_at_cache(cache_, holds)) items.push_back(std::move(found.item));
    return items;
}

model::CachePruned CacheKeeper::prune(std::uint64_t most_bytes, const CacheHolds& holds) const {
    Pruning pruning(cache_, holds);
    pruning.remove_leftovers();
    pruning.shrink_to(most_bytes);
    return pruning.result();
}

model::CacheVerified CacheKeeper::verify(const fs::path& artifacts) const {
    model::CacheVerified verified;
    const build::BuildCache builds(cache_ / "builds");
    for (const auto& folder : folders_in(cache_ / "builds")) {
        ++verified.kernels;
        const auto build = builds.about(folder.filename().string());
        if (!build) {
            verified.damages.push_back({(folder / "build.json").string(), "it cannot be read"});
            continue;
        }
        verify_file(folder / "bzImage", build->bzimage, verified);
        verify_file(folder / "vmlinux", build->vmlinux, verified);
        verify_file(folder / "config", build->config, verified);
    }
    for (const auto& folder : folders_in(artifacts)) {
        const auto start = folder.filename().string();
        std::error_code code;
        if (start.size() != 2) continue;  // tmp
        for (const auto& entry : fs::directory_iterator(folder, code)) {
            ++verified.artifacts;
            verify_file(entry.path(), start + entry.path().filename().string(), verified);
        }
    }
    return verified;
}

}  // namespace krepro::pipeline
