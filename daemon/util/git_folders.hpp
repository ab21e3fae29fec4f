// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace krepro::util {

// Where git keeps its index and HEAD for these files: folder/.git, or a place in the repository
// that they are a work tree of.
std::filesystem::path git_folder(const std::filesystem::path& folder);

// The folders that git needs of a repository: its own, and for a work tree the repository's.
std::vector<std::filesystem::path> git_folders(const std::filesystem::path& repository);

}  // namespace krepro::util
