// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "build/build_cache.hpp"
#include "vm/pvh.hpp"

namespace krepro::bench {

// A kernel from the build cache that has a PVH entry, of this arm when one is asked for.
// util::InfraError, which says what to run first, when there is none.
inline build::BuiltKernel built_kernel(const std::filesystem::path& cache,
                                       std::optional<model::ArmName> arm = std::nullopt) {
    const build::BuildCache kernels(cache / "builds");
    std::error_code code;
    for (const auto& entry : std::filesystem::directory_iterator(cache / "builds", code)) {
        auto kernel = kernels.find(entry.path().filename());
        if (kernel && (!arm || kernel->build.arm == *arm) && vm::has_pvh_entry(kernel->vmlinux))
            return std::move(*kernel);
    }
    throw util::InfraError({util::ErrorKind::unavailable, "no kernel has been built yet",
                            cache.string(), "run ./dev demo --exit first"});
}

}  // namespace krepro::bench
