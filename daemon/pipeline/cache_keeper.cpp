// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cache_keeper.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>

#include "build/build_cache.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::pipeline {

namespace fs = std::filesystem;
using model::CacheItem;
using model::CacheKind;
using util::WallTime;

namespace {

// Between a job's look into the cache and the note in its row, what it found is held by nothing
// else.
constexpr std::chrono::minutes k_just_used{15};

// What is on its way out: renamed first, so that what has its name is always whole.
constexpr std::string_view k_gone = ".gone";

struct Found {
    CacheItem item;
    WallTime used;
    fs::path path;
    fs::path lock;  // of trees and objects: taken before they go
};

std::optional<WallTime> changed_at(const fs::path& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
    return std::chrono::system_clock::from_time_t(info.st_mtime);
}

std::uint64_t allocated(const fs::path& file) {
    struct stat info {};
    // st_blocks counts 512 bytes, whatever the file system's own block is.
    return ::lstat(file.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

// Files may come and go meanwhile: what cannot be looked at is not counted.
std::uint64_t bytes_below(const fs::path& folder) {
    std::uint64_t bytes = allocated(folder);
    std::error_code code;
    for (fs::recursive_directory_iterator
             at(folder, fs::directory_options::skip_permission_denied, code),
         end;
         !code && at != end; at.increment(code))
        bytes += allocated(at->path());
    return bytes;
}

// The folders of one level, without links and without what is being made or removed.
std::vector<fs::path> folders_in(const fs::path& parent) {
    std::vector<fs::path> folders;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(parent, code)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with('.') || entry.is_symlink(code) || !entry.is_directory(code)) continue;
        folders.push_back(entry.path());
    }
    return folders;
}

WallTime newest_of(const std::vector<fs::path>& files) {
    WallTime newest{};
    for (const auto& file : files)
        if (const auto time = changed_at(file)) newest = std::max(newest, *time);
    return newest;
}

bool is_below(const fs::path& path, const fs::path& folder) {
    return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
           folder.end();
}

// Why this may not go, whatever its age.
std::string held_by(const Found& found, const CacheHolds& holds) {
    const auto& item = found.item;
    if (item.kind == CacheKind::kernel && holds.kernels.contains(item.name))
        return "a job that is not done";
    if (item.kind == CacheKind::tree && holds.trees.contains(item.name))
        return "a job that is not done";
    if (item.kind == CacheKind::tree)
        for (const auto& source : holds.sources)
            if (is_below(source, found.path)) return "a job that is not done";
    if (std::chrono::system_clock::now() - found.used < k_just_used) return "it was just used";
    return {};
}

std::vector<Found> kernels_in(const fs::path& cache) {
    std::vector<Found> kernels;
    const build::BuildCache builds(cache / "builds");
    for (const auto& folder : folders_in(cache / "builds")) {
        Found found;
        found.path = folder;
        found.item.kind = CacheKind::kernel;
        const auto build = builds.about(folder.filename().string());
        found.item.what = build ? fmt::format("{} {}, {} {}", build->release, build->profile,
                                              build->tree, model::to_string(build->arm))
                                : std::string("damaged: its build.json cannot be read");
        found.used = newest_of({folder / "build.json"});
        kernels.push_back(std::move(found));
    }
    return kernels;
}

// kbuild leaves a link to the source in the object tree, and the release in a file.
std::vector<Found> objects_in(const fs::path& cache) {
    std::vector<Found> all;
    for (const auto& folder : folders_in(cache / "obj")) {
        if (folder.has_extension()) continue;  // beside one
        Found found;
        found.path = folder;
        found.lock = folder.string() + ".lock";
        found.item.kind = CacheKind::objects;
        std::error_code code;
        const auto source = fs::read_symlink(folder / "source", code);
        const auto release =
            util::read_foreign_file(folder / "include/config/kernel.release", 4096);
        found.item.what = fmt::format(
            "{} of {}", release ? release->substr(0, release->find('\n')) : "not yet whole",
            code ? "an unknown source" : source.string());
        found.used = newest_of({folder, folder / "vmlinux", folder.string() + ".states",
                                folder.string() + ".log", folder.string() + ".making"});
        all.push_back(std::move(found));
    }
    return all;
}

std::vector<Found> trees_in(const fs::path& cache) {
    std::vector<Found> all;
    for (const auto& folder : folders_in(cache / "trees")) {
        Found found;
        found.path = folder;
        found.lock = folder.string() + ".lock";
        found.item.kind = CacheKind::tree;
        const auto stamp = util::read_file(folder / "stamp", 4096);
        found.item.what = stamp ? stamp->substr(0, stamp->find('\n')) : "not yet whole";
        found.used = newest_of({folder, folder / "stamp", folder / "at", folder / "states"});
        all.push_back(std::move(found));
    }
    return all;
}

// What lies beside an object tree and belongs to it: HASH.log, HASH.ccache, ... No hash has a dot.
std::vector<fs::path> beside(const fs::path& folder) {
    const auto prefix = folder.filename().string() + ".";
    std::error_code code;
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder.parent_path(), code))
        if (entry.path().filename().string().starts_with(prefix)) paths.push_back(entry.path());
    return paths;
}

std::vector<Found> look(const fs::path& cache, const CacheHolds& holds) {
    std::vector<Found> all;
    for (auto* part : {&kernels_in, &objects_in, &trees_in})
        for (auto& found : part(cache)) all.push_back(std::move(found));
    for (auto& found : all) {
        found.item.name = found.path.filename().string();
        found.item.path = found.path.string();
        found.item.bytes = bytes_below(found.path);
        if (found.item.kind == CacheKind::objects)
            for (const auto& path : beside(found.path)) found.item.bytes += bytes_below(path);
        found.item.used_at = util::iso8601(found.used);
        found.item.held = held_by(found, holds);
    }
    std::sort(all.begin(), all.end(),
              [](const Found& a, const Found& b) { return a.used < b.used; });
    return all;
}

// The lock stays, others may wait for it; so does what a build has told of the tree's programs.
void remove_beside(const fs::path& folder) {
    std::error_code code;
    for (const auto& path : beside(folder))
        if (path.extension() != ".lock" && path.extension() != ".programs")
            fs::remove_all(path, code);
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

// What an earlier prune renamed and did not come to remove.
void remove_leftovers(const fs::path& cache) {
    for (const auto* part : {"builds", "obj", "trees"}) {
        std::vector<fs::path> leftovers;
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(cache / part, code))
            if (entry.path().filename().string().starts_with(k_gone))
                leftovers.push_back(entry.path());
        for (const auto& path : leftovers) fs::remove_all(path, code);
    }
}

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
        holds.trees.insert(job->spec.tree);
        for (const auto* build : {&job->unpatched_build, &job->patched_build})
            if (*build) holds.kernels.insert((*build)->key);
        for (const auto* checkout : {&job->unpatched_checkout, &job->patched_checkout})
            if (*checkout) holds.sources.emplace_back((*checkout)->source);
    }
    return holds;
}

std::vector<CacheItem> CacheKeeper::list(const CacheHolds& holds) const {
    std::vector<CacheItem> items;
    for (auto& found : look(cache_, holds)) items.push_back(std::move(found.item));
    return items;
}

model::CachePruned CacheKeeper::prune(std::uint64_t most_bytes, const CacheHolds& holds) const {
    remove_leftovers(cache_);
    const auto all = look(cache_, holds);
    model::CachePruned pruned;
    for (const auto& found : all) pruned.bytes_before += found.item.bytes;
    pruned.bytes_after = pruned.bytes_before;
    for (const auto& found : all) {
        if (pruned.bytes_after <= most_bytes) break;
        if (!found.item.held.empty()) continue;
        if (const auto problem = remove(found)) {
            pruned.problems.push_back(found.item.path + ": " + *problem);
            continue;
        }
        pruned.bytes_after -= found.item.bytes;
        pruned.removed.push_back(found.item);
    }
    return pruned;
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
