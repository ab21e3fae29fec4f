// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/mail.hpp"
#include "util/result.hpp"

namespace krepro::zoo {

// A file of the zoo's driver.
struct SourceFile {
    std::string name;  // without folders
    std::string text;
};

// The files of a folder, sorted by name: *.c, *.h and the Makefile. `not_found` when there are
// none.
util::Result<std::vector<SourceFile>> read_driver(const std::filesystem::path& folder);

// The patch that puts the driver into any kernel tree, as a folder of drivers/ and one line in
// drivers/Makefile: a change like every other to the rooms that check out and build.
model::Mail compose_patch(const std::vector<SourceFile>& files);

}  // namespace krepro::zoo
