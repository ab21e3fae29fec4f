// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gelf.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/files.hpp"
#include "util/result.hpp"

namespace krepro::build {

// An ELF file that is open for reading. Its bytes may be anybody's: nothing here trusts an offset.
class ElfFile {
  public:
    static util::Result<ElfFile> open(const std::filesystem::path& path);

    struct Section {
        std::size_t index = 0;
        GElf_Shdr header{};
        std::string name;
        [[nodiscard]] bool is_code() const {
            constexpr auto k_code = SHF_ALLOC | SHF_EXECINSTR;
            return header.sh_type == SHT_PROGBITS && (header.sh_flags & k_code) == k_code;
        }
    };
    [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }
    [[nodiscard]] const Section* section(std::size_t index) const;
    // The section's bytes; valid as long as this object.
    [[nodiscard]] std::string_view bytes(const Section& section) const;

    struct Symbol {
        std::string_view name;
        std::uint64_t value = 0;
        std::size_t section = 0;
        unsigned char type = 0;     // STT_...
        unsigned char binding = 0;  // STB_...
        bool defined = false;
    };
    // Of the symbol table, in its order; empty when there is none.
    [[nodiscard]] std::vector<Symbol> symbols() const;

    struct Relocation {
        std::uint64_t offset = 0;
        std::uint32_t type = 0;
        std::size_t symbol = 0;  // index into symbols()
        std::int64_t addend = 0;
    };
    // Those with addends of the section.
    [[nodiscard]] std::vector<Relocation> relocations(const Section& section) const;

  private:
    struct End {
        void operator()(Elf* elf) const { elf_end(elf); }
    };
    ElfFile(util::Fd fd, Elf* elf) : fd_(std::move(fd)), elf_(elf) {}
    [[nodiscard]] Elf_Data* data(std::size_t index) const;

    util::Fd fd_;
    std::unique_ptr<Elf, End> elf_;
    std::vector<Section> sections_;
};

}  // namespace krepro::build
