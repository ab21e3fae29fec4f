// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "build/kernel_builder.hpp"

namespace krepro::build {

// Kernels by content key: root/KEY/{bzImage,vmlinux,config,build.json}, and in generated/ the
// headers that the build made (a later build of another tree makes them anew). An entry is made
// under another name and renamed, so that one that is there is whole.
class BuildCache {
  public:
    explicit BuildCache(std::filesystem::path root) : root_(std::move(root)) {}

    // The kernel, its three files checked against their hashes, and noted as used now; a damaged
    // entry is removed and not returned. Blocks while it reads the files.
    [[nodiscard]] std::optional<BuiltKernel> find(const std::string& key) const;
    // What an entry says of itself, its files not looked at; nothing when that cannot be read.
    [[nodiscard]] std::optional<model::Build> about(const std::string& key) const;
    // Copies the kernel's files and its objects' generated headers in; `build` gets the hashes.
    // Blocks.
    [[nodiscard]] util::Result<BuiltKernel> keep(const BuiltKernel& kernel) const;
    // Removes the kernels of which `doubtful` says so. Returns how many. Blocks.
    int drop(const std::function<bool(const model::Build&)>& doubtful) const;

  private:
    std::filesystem::path root_;
};

// Where an object tree, or a copy of its headers, has generated headers: relative folders, which no
// symbolic link leads to.
[[nodiscard]] std::vector<std::filesystem::path> generated_folders(
    const std::filesystem::path& objects);

}  // namespace krepro::build
