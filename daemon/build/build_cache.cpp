// SPDX-License-Identifier: Apache-2.0
#include "build/build_cache.hpp"

#include <spdlog/spdlog.h>

#include "util/files.hpp"
#include "util/foreign_folder.hpp"
#include "util/hash.hpp"

namespace krepro::build {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

BuiltKernel in_folder(const fs::path& folder, model::Build build) {
    return {std::move(build), folder / "bzImage", folder / "vmlinux", folder / "config", {}};
}

bool is_whole(const BuiltKernel& kernel) {
    const auto same = [](const fs::path& file, const std::string& hash) {
        const auto found = util::sha256_file(file);
        return found && *found == hash;
    };
    return same(kernel.bzimage, kernel.build.bzimage) &&
           same(kernel.vmlinux, kernel.build.vmlinux) && same(kernel.config, kernel.build.config);
}

Result<std::string> copy_with_hash(const fs::path& from, const fs::path& to) {
    // The kernel's own makefiles had the making of `from`.
    if (auto copied = util::copy_foreign_file(from, to); !copied)
        return tl::unexpected(copied.error());
    return util::sha256_file(to);
}

// Where kbuild puts headers that it makes, relative to the objects, there or not.
std::vector<fs::path> places_of_generated(const fs::path& objects) {
    std::vector<fs::path> places{"include/generated"};
    std::error_code code;
    if (!util::is_real_folder(objects / "arch")) return places;
    for (const auto& arch : fs::directory_iterator(objects / "arch", code))
        places.push_back(fs::path("arch") / arch.path().filename() / "include/generated");
    return places;
}

Result<void> keep_generated(const fs::path& objects, const fs::path& to) {
    if (objects.empty()) return {};
    for (const auto& folder : places_of_generated(objects)) {
        std::error_code code;
        if (fs::symlink_status(objects / folder, code).type() == fs::file_type::not_found) continue;
        if (auto copied = util::copy_foreign_folder(objects / folder, to / folder); !copied)
            return copied;
    }
    return {};
}

}  // namespace

std::vector<fs::path> generated_folders(const fs::path& objects) {
    auto folders = places_of_generated(objects);
    std::erase_if(folders,
                  [&](const fs::path& folder) { return !util::is_real_folder(objects / folder); });
    return folders;
}

std::optional<model::Build> BuildCache::about(const std::string& key) const {
    const auto text = util::read_file(root_ / key / "build.json", 1U << 20U);
    if (!text) return std::nullopt;
    const auto json = model::parse_json(*text);
    if (!json) return std::nullopt;
    auto build = model::from_json<model::Build>(*json);
    if (!build) return std::nullopt;
    return std::move(*build);
}

std::optional<BuiltKernel> BuildCache::find(const std::string& key) const {
    const fs::path folder = root_ / key;
    std::error_code ignored;
    if (!fs::exists(folder / "build.json", ignored)) return std::nullopt;
    if (auto build = about(key)) {
        auto kernel = in_folder(folder, std::move(*build));
        if (is_whole(kernel)) {
            fs::last_write_time(folder / "build.json", fs::file_time_type::clock::now(), ignored);
            return kernel;
        }
    }
    spdlog::warn("build cache: entry {} is damaged and is removed", key);
    fs::remove_all(folder, ignored);
    return std::nullopt;
}

Result<BuiltKernel> BuildCache::keep(const BuiltKernel& kernel) const {
    auto temporary = util::TempDir::make(root_, ".new");
    if (!temporary) return tl::unexpected(temporary.error());
    auto kept = in_folder(temporary->path(), kernel.build);
    const auto copy = [](const fs::path& from, const fs::path& to,
                         std::string& hash) -> Result<void> {
        auto result = copy_with_hash(from, to);
        if (!result) return tl::unexpected(result.error());
        hash = std::move(*result);
        return {};
    };
    auto copied = copy(kernel.bzimage, kept.bzimage, kept.build.bzimage);
    if (copied) copied = copy(kernel.vmlinux, kept.vmlinux, kept.build.vmlinux);
    if (copied) copied = copy(kernel.config, kept.config, kept.build.config);
    if (copied) copied = keep_generated(kernel.objects, temporary->path() / "generated");
    if (copied)
        copied = util::write_file_atomic(temporary->path() / "build.json",
                                         model::dump_pretty(model::to_json(kept.build)));
    if (!copied) return tl::unexpected(copied.error());
    const fs::path folder = root_ / kernel.build.key;
    std::error_code code;
    fs::permissions(temporary->path(), fs::perms(0755), code);
    fs::remove_all(folder, code);
    fs::rename(temporary->path(), folder, code);
    if (code) return fail(ErrorKind::unavailable, code.message(), folder.string());
    auto entry = in_folder(folder, kept.build);
    entry.objects = kernel.objects;
    return entry;
}

int BuildCache::drop(const std::function<bool(const model::Build&)>& doubtful) const {
    std::vector<fs::path> gone;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(root_, code)) {
        const auto build = about(entry.path().filename().string());
        if (build && doubtful(*build)) gone.push_back(entry.path());
    }
    for (const auto& folder : gone) fs::remove_all(folder, code);
    return static_cast<int>(gone.size());
}

}  // namespace krepro::build
