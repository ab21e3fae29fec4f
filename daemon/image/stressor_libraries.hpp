// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace krepro::image {

// A program as it goes into the image, and the libraries that it does without there.
struct LeanProgram {
    std::string content;
    std::set<std::string> left_out;  // as DT_NEEDED names them
};

// Reads the program. Debian's stress-ng asks for 20 MB of libraries that serve one stressor each:
// those whose stressor the script cannot start are left out (elf_trim.hpp). Every other program
// comes as it is.
util::Result<LeanProgram> read_lean_program(const std::filesystem::path& program,
                                            std::string_view script);

}  // namespace krepro::image
