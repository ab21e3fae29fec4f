// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace krepro::image {

// What a dynamically linked file asks of the system it runs on; nothing is run to find out.
struct ElfNeeds {
    bool is_elf = false;
    int machine = 0;                  // e_machine
    std::string interpreter;          // PT_INTERP; empty when static, or a library
    std::vector<std::string> needed;  // DT_NEEDED, in its order
};
util::Result<ElfNeeds> read_elf_needs(const std::filesystem::path& file);

// A file of the host and where it must be in the image.
struct PlacedFile {
    std::string target;  // absolute
    std::filesystem::path source;

    bool operator==(const PlacedFile&) const = default;
};

// Where a library lies that `needed_by`, a file with these needs, asks for: where the dynamic
// loader of a Debian system looks. `unavailable` names a library that is not there.
util::Result<std::filesystem::path> find_library(const std::string& name, const ElfNeeds& needs,
                                                 const std::filesystem::path& needed_by);

// Every library and program interpreter that `programs` need, down to the last, sorted by target;
// what is `left_out` is not asked for by the programs themselves. `unavailable` names a library
// that is not there and who needs it.
util::Result<std::vector<PlacedFile>> shared_files(
    const std::vector<std::filesystem::path>& programs, const std::set<std::string>& left_out = {});

}  // namespace krepro::image
