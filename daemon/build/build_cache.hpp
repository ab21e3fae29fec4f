// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "build/kernel_builder.hpp"

namespace krepro::build {

// Kernels by content key: root/KEY/{bzImage,vmlinux,config,build.json}. An entry is made under
// another name and renamed, so that one that is there is whole.
class BuildCache {
  public:
    explicit BuildCache(std::filesystem::path root) : root_(std::move(root)) {}

    // The kernel, its three files checked against their hashes; a damaged entry is removed and
    // not returned. Blocks while it reads the files.
    [[nodiscard]] std::optional<BuiltKernel> find(const std::string& key) const;
    // Copies the kernel's files in; `build` gets their hashes. Blocks.
    [[nodiscard]] util::Result<BuiltKernel> keep(const BuiltKernel& kernel) const;

  private:
    std::filesystem::path root_;
};

}  // namespace krepro::build
