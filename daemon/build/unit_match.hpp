// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "build/elf_file.hpp"
#include "build/kernel_image.hpp"

namespace krepro::build {

// A place in an object: a section and the offset into it.
struct UnitPlace {
    std::size_t section = 0;
    std::uint64_t offset = 0;
};

// Where the unit has the function.
std::optional<UnitPlace> find_in_unit(const ElfFile& unit, std::string_view function);

// Whether the kernel runs this unit's code, `function` being at `address` there: every code section
// that can be found in the kernel is compared byte for byte. What the linker fills in is left out,
// but where it must have filled in the address of a global symbol, that is compared too. Returns
// what differs, or nothing.
std::optional<std::string> difference_to_kernel(const ElfFile& unit, const KernelImage& kernel,
                                                std::string_view function, std::uint64_t address);

}  // namespace krepro::build
