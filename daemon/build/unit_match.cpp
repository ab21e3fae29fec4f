// SPDX-License-Identifier: Apache-2.0
#include "build/unit_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace krepro::build {

namespace {

// The bytes that a relocation writes, and whether their value is known from the symbol alone.
struct Patch {
    std::uint64_t before = 0;  // bytes ahead of the offset that the linker may rewrite too
    std::uint64_t width = 4;
    bool relative = false;  // to the place itself
    bool plain = true;      // symbol + addend, nothing else
};

Patch patch_of(std::uint32_t type) {
    switch (type) {
        case R_X86_64_64:
            return {0, 8, false, true};
        case R_X86_64_32:
        case R_X86_64_32S:
            return {0, 4, false, true};
        case R_X86_64_PC32:
        case R_X86_64_PLT32:
            return {0, 4, true, true};
        case R_X86_64_PC64:
            return {0, 8, true, true};
        case R_X86_64_GOTPCRELX:  // the linker turns loads from the GOT into plain ones
            return {2, 4, true, false};
        case R_X86_64_REX_GOTPCRELX:
            return {3, 4, true, false};
        default:
            return {0, 8, false, false};
    }
}

bool names_code(const ElfFile::Symbol& symbol) {
    return symbol.defined && !symbol.name.empty() && !symbol.name.starts_with(".L") &&
           (symbol.type == STT_FUNC || symbol.type == STT_NOTYPE);
}

class Comparison {
  public:
    Comparison(const ElfFile& unit, const KernelImage& kernel)
        : unit_(unit), kernel_(kernel), symbols_(unit.symbols()) {}

    std::optional<std::string> section(const ElfFile::Section& section, std::uint64_t base) const {
        for (const auto& symbol : symbols_) {
            // Of a weak function the kernel may run another one, elsewhere.
            if (symbol.section != section.index || !names_code(symbol) ||
                symbol.binding == STB_WEAK)
                continue;
            if (!is_at(symbol.name, base + symbol.value))
                return fmt::format("{} is elsewhere in the kernel", symbol.name);
        }
        const auto here = unit_.bytes(section);
        const auto there = kernel_.code(base, here.size());
        if (!there) return fmt::format("{} is longer than the kernel's", section.name);
        std::string mine(here);
        std::string its(*there);
        for (const auto& relocation : unit_.relocations(section))
            if (!blank(mine, its, relocation, base))
                return fmt::format("{} differs at {:#x}", section.name, relocation.offset);
        const auto at = std::mismatch(mine.begin(), mine.end(), its.begin()).first;
        if (at == mine.end()) return std::nullopt;
        return fmt::format("{} differs at {:#x}", section.name, at - mine.begin());
    }

    // Where the kernel has a section, by its symbols that have one place only.
    [[nodiscard]] std::optional<std::uint64_t> base_of(const ElfFile::Section& section) const {
        for (const auto& symbol : symbols_) {
            if (symbol.section != section.index || !names_code(symbol) ||
                symbol.binding == STB_WEAK)
                continue;
            const auto found = kernel_.functions(symbol.name);
            if (found.size() == 1) return found.front().address - symbol.value;
        }
        return std::nullopt;
    }

  private:
    [[nodiscard]] bool is_at(std::string_view name, std::uint64_t address) const {
        const auto found = kernel_.functions(name);
        return std::any_of(found.begin(), found.end(), [&](const KernelImage::Function& function) {
            return function.address == address;
        });
    }

    // Takes what the linker writes out of both; false when it wrote something else.
    bool blank(std::string& mine, std::string& its, const ElfFile::Relocation& relocation,
               std::uint64_t base) const {
        const auto patch = patch_of(relocation.type);
        if (relocation.offset >= mine.size()) return false;
        const auto width = std::min<std::uint64_t>(patch.width, mine.size() - relocation.offset);
        if (const auto wanted = value(relocation, patch, base)) {
            std::uint64_t written = 0;
            std::memcpy(&written, its.data() + relocation.offset, width);
            const std::uint64_t mask = width == 8 ? ~0ULL : 0xffffffffULL;
            if ((written & mask) != (*wanted & mask)) return false;
        }
        const auto from = relocation.offset - std::min(patch.before, relocation.offset);
        const auto count = relocation.offset + width - from;
        mine.replace(from, count, count, '\0');
        its.replace(from, count, count, '\0');
        return true;
    }

    [[nodiscard]] std::optional<std::uint64_t> value(const ElfFile::Relocation& relocation,
                                                     const Patch& patch, std::uint64_t base) const {
        if (!patch.plain || relocation.symbol >= symbols_.size()) return std::nullopt;
        const auto& symbol = symbols_[relocation.symbol];
        if (symbol.binding == STB_LOCAL || symbol.name.empty()) return std::nullopt;
        const auto target = kernel_.global(symbol.name);
        if (!target) return std::nullopt;
        const auto sum = *target + static_cast<std::uint64_t>(relocation.addend);
        return patch.relative ? sum - (base + relocation.offset) : sum;
    }

    const ElfFile& unit_;
    const KernelImage& kernel_;
    std::vector<ElfFile::Symbol> symbols_;
};

}  // namespace

std::optional<UnitPlace> find_in_unit(const ElfFile& unit, std::string_view function) {
    for (const auto& symbol : unit.symbols()) {
        if (symbol.name != function || !names_code(symbol)) continue;
        const auto* section = unit.section(symbol.section);
        if (section != nullptr && section->is_code())
            return UnitPlace{section->index, symbol.value};
    }
    return std::nullopt;
}

std::optional<std::string> difference_to_kernel(const ElfFile& unit, const KernelImage& kernel,
                                                std::string_view function, std::uint64_t address) {
    const auto place = find_in_unit(unit, function);
    if (!place) return fmt::format("{} is not in it", function);
    const Comparison comparison(unit, kernel);
    for (const auto& section : unit.sections()) {
        if (!section.is_code() || section.header.sh_size == 0) continue;
        const auto base =
            section.index == place->section ? address - place->offset : comparison.base_of(section);
        // Without a name of its own in the kernel: replacements for instructions, what is thrown
        // away at link time.
        if (!base) continue;
        if (auto differs = comparison.section(section, *base)) return differs;
    }
    return std::nullopt;
}

}  // namespace krepro::build
