// SPDX-License-Identifier: Apache-2.0
#include "build/build_cache.hpp"

#include <spdlog/spdlog.h>

#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::build {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

BuiltKernel in_folder(const fs::path& folder, model::Build build) {
    return {std::move(build), folder / "bzImage", folder / "vmlinux", folder / "config"};
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
    std::error_code code;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
    if (code)
        return fail(ErrorKind::unavailable, "cannot copy: " + code.message(), to.string(),
                    "see that the disk of the cache has room");
    return util::sha256_file(to);
}

}  // namespace

std::optional<BuiltKernel> BuildCache::find(const std::string& key) const {
    const fs::path folder = root_ / key;
    const auto text = util::read_file(folder / "build.json", 1U << 20U);
    if (!text) return std::nullopt;
    const auto json = model::parse_json(*text);
    auto build = json ? model::from_json<model::Build>(*json)
                      : Result<model::Build>(tl::unexpected(json.error()));
    if (build) {
        auto kernel = in_folder(folder, std::move(*build));
        if (is_whole(kernel)) return kernel;
    }
    spdlog::warn("build cache: entry {} is damaged and is removed", key);
    std::error_code ignored;
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
    return in_folder(folder, kept.build);
}

}  // namespace krepro::build
