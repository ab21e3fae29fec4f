// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cache_items.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <system_error>

#include "build/build_cache.hpp"
#include "util/files.hpp"

namespace krepro::pipeline {

namespace fs = std::filesystem;
using model::CacheKind;
using util::WallTime;
using Found = CacheFound;

namespace {

// Between a job's look into the cache and the note in its row, what it found is held by nothing
// else.
constexpr std::chrono::minutes k_just_used{15};

// How names of things begin that are made and then renamed, or wanted for a moment.
constexpr std::array<std::string_view, 6> k_leftovers{".new.",    ".audit.", ".once-",
                                                      ".making-", ".arm.",   k_gone};

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
std::uint64_t bytes_at(const fs::path& folder) {
    std::uint64_t bytes = allocated(folder);
    std::error_code code;
    for (fs::recursive_directory_iterator
             at(folder, fs::directory_options::skip_permission_denied, code),
         end;
         !code && at != end; at.increment(code))
        bytes += allocated(at->path());
    return bytes;
}

WallTime newest_of(const std::vector<fs::path>& files) {
    WallTime newest{};
    for (const auto& file : files)
        if (const auto time = changed_at(file)) newest = std::max(newest, *time);
    return newest;
}

// Why this may not go, whatever its age.
std::string held_by(const Found& found, const CacheHolds& holds) {
    const auto& item = found.item;
    if (item.kind == CacheKind::kernel && holds.kernels.contains(item.name))
        return "a job that is not done";
    if (item.kind == CacheKind::units &&
        holds.kernels.contains(item.name.substr(0, item.name.rfind('-'))))
        return "a job that is not done";
    if (item.kind == CacheKind::image && holds.jobs > 0) return "a job that is not done";
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

// The folder of the mirror that a tree is a work tree of; empty when it is of none.
fs::path mirror_under(const fs::path& tree) {
    constexpr std::string_view k_names = "gitdir: ";
    const auto text = util::read_foreign_file(tree / "source/.git", 4096);
    if (!text || !text->starts_with(k_names)) return {};
    // "gitdir: .../mirrors/HASH.git/worktrees/NAME"
    const fs::path folder = text->substr(k_names.size(), text->find('\n') - k_names.size());
    return folder.parent_path().parent_path();
}

std::vector<Found> mirrors_in(const fs::path& cache) {
    std::map<std::string, int> work_trees;
    for (const auto& tree : folders_in(cache / "trees"))
        ++work_trees[mirror_under(tree).filename().string()];
    std::vector<Found> all;
    for (const auto& folder : folders_in(cache / "mirrors")) {
        Found found;
        found.path = folder;
        found.lock = folder.string() + ".lock";
        found.item.kind = CacheKind::mirror;
        const int count = work_trees[folder.filename().string()];
        found.item.what = fmt::format("a git repository, {} work trees", count);
        if (count > 0) found.item.held = "its work trees are here";
        found.used = newest_of({folder, folder / "packed-refs", folder / "objects/pack"});
        all.push_back(std::move(found));
    }
    return all;
}

std::vector<Found> units_in(const fs::path& cache) {
    std::vector<Found> all;
    for (const auto& folder : folders_in(cache / "debug")) {
        Found found;
        found.path = folder;
        found.lock = folder.string() + ".lock";
        found.item.kind = CacheKind::units;
        found.item.what = "units with debug information of a kernel";
        found.used = newest_of({folder, folder / "Makefile", folder / "make.log"});
        all.push_back(std::move(found));
    }
    return all;
}

// And what a kill left of one on its way there.
std::vector<Found> images_in(const fs::path& cache) {
    std::vector<Found> all;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(cache / "images", code)) {
        if (entry.is_symlink(code) || !entry.is_regular_file(code)) continue;
        Found found;
        found.path = entry.path();
        found.item.kind = CacheKind::image;
        found.item.what = "an initramfs with a workload";
        found.used = newest_of({entry.path()});
        all.push_back(std::move(found));
    }
    return all;
}

// What is being made or removed: when nobody is at it, somebody was killed.
std::vector<Found> leftovers_in(const fs::path& cache) {
    std::vector<Found> all;
    std::error_code code;
    for (const auto* part : {"", "builds", "obj", "trees", "mirrors", "debug", "images"})
        for (const auto& entry : fs::directory_iterator(cache / part, code)) {
            const auto name = entry.path().filename().string();
            const bool known = std::any_of(k_leftovers.begin(), k_leftovers.end(),
                                           [&](auto start) { return name.starts_with(start); });
            if (!known || entry.is_symlink(code)) continue;
            Found found;
            found.path = entry.path();
            found.item.kind = CacheKind::leftover;
            found.item.what = "of a krepro that was killed";
            found.used = newest_of({entry.path()});
            // A prune's own: renamed to go, and wanted by nobody.
            if (name.starts_with(k_gone))
                found.used = {};
            else if (util::TempDir::has_owner(entry.path()))
                found.item.held = "it is being made";
            all.push_back(std::move(found));
        }
    return all;
}

}  // namespace

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

bool is_below(const fs::path& path, const fs::path& folder) {
    return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
           folder.end();
}

std::vector<fs::path> beside(const fs::path& folder) {
    const auto prefix = folder.filename().string() + ".";
    std::error_code code;
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder.parent_path(), code))
        if (entry.path().filename().string().starts_with(prefix)) paths.push_back(entry.path());
    return paths;
}

std::vector<CacheFound> look_at_cache(const fs::path& cache, const CacheHolds& holds) {
    std::vector<Found> all;
    for (auto* part :
         {&kernels_in, &objects_in, &trees_in, &mirrors_in, &units_in, &images_in, &leftovers_in})
        for (auto& found : part(cache)) all.push_back(std::move(found));
    for (auto& found : all) {
        found.item.name = found.path.filename().string();
        found.item.path = found.path.string();
        found.item.bytes = bytes_at(found.path);
        if (found.item.kind == CacheKind::objects)
            for (const auto& path : beside(found.path)) found.item.bytes += bytes_at(path);
        found.item.used_at = util::iso8601(found.used);
        if (found.item.held.empty()) found.item.held = held_by(found, holds);
    }
    std::sort(all.begin(), all.end(),
              [](const Found& a, const Found& b) { return a.used < b.used; });
    return all;
}

}  // namespace krepro::pipeline
