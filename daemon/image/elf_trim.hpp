// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "util/result.hpp"

namespace krepro::image {

// The symbols that a shared library offers to others, read from its dynamic symbol table.
// `invalid_input` when it is no 64-bit little-endian ELF file with such a table.
util::Result<std::set<std::string>> exported_symbols(const std::filesystem::path& library);

// The program without some of the libraries it asks for: they are no longer looked for, and
// `symbols`, which were theirs, become weak, so that the loader leaves them at address 0. Code and
// data stay as they are, byte for byte; a call of such a symbol ends the process with SIGSEGV.
// `invalid_input` when `program` is no 64-bit little-endian ELF file, or is damaged.
util::Result<std::string> without_libraries(std::string program,
                                            const std::set<std::string>& libraries,
                                            const std::set<std::string>& symbols);

}  // namespace krepro::image
