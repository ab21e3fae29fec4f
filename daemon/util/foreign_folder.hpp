// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "util/result.hpp"

namespace krepro::util {

// Folders that somebody else had the making of. Call these while nothing runs that could write
// there.

// Whether there is a folder of this name, and no symbolic link on the way to it or in its place.
bool is_real_folder(const std::filesystem::path& path);

// Copies such a folder with all that it holds to a path of ours. What is neither a folder nor a
// regular file, a symbolic link above all, is `invalid_input`.
Result<void> copy_foreign_folder(const std::filesystem::path& from,
                                 const std::filesystem::path& to);

}  // namespace krepro::util
