// SPDX-License-Identifier: Apache-2.0
#include "build/elf_file.hpp"

#include <fcntl.h>

namespace krepro::build {

using util::ErrorKind;
using util::fail;
using util::Result;

Result<ElfFile> ElfFile::open(const std::filesystem::path& path) {
    elf_version(EV_CURRENT);
    util::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return fail(ErrorKind::not_found, "cannot be opened", path.string());
    Elf* const elf = elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr);
    ElfFile file(std::move(fd), elf);
    std::size_t names = 0;
    if (elf == nullptr || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64 ||
        elf_getshdrstrndx(elf, &names) != 0)
        return fail(ErrorKind::invalid_input, "not a 64-bit ELF file", path.string());
    for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(elf, scn)) != nullptr;) {
        Section section;
        section.index = elf_ndxscn(scn);
        if (gelf_getshdr(scn, &section.header) == nullptr) continue;
        if (const char* name = elf_strptr(elf, names, section.header.sh_name)) section.name = name;
        file.sections_.push_back(std::move(section));
    }
    return file;
}

const ElfFile::Section* ElfFile::section(std::size_t index) const {
    for (const auto& section : sections_)
        if (section.index == index) return &section;
    return nullptr;
}

Elf_Data* ElfFile::data(std::size_t index) const {
    Elf_Scn* const scn = elf_getscn(elf_.get(), index);
    return scn == nullptr ? nullptr : elf_getdata(scn, nullptr);
}

std::string_view ElfFile::bytes(const Section& section) const {
    const Elf_Data* const found = data(section.index);
    if (found == nullptr || found->d_buf == nullptr) return {};
    return {static_cast<const char*>(found->d_buf), found->d_size};
}

std::vector<ElfFile::Symbol> ElfFile::symbols() const {
    std::vector<Symbol> symbols;
    for (const auto& section : sections_) {
        if (section.header.sh_type != SHT_SYMTAB || section.header.sh_entsize == 0) continue;
        Elf_Data* const table = data(section.index);
        if (table == nullptr) break;
        const auto count = table->d_size / section.header.sh_entsize;
        symbols.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            GElf_Sym entry;
            Symbol symbol;
            if (gelf_getsym(table, static_cast<int>(i), &entry) != nullptr) {
                const char* name = elf_strptr(elf_.get(), section.header.sh_link, entry.st_name);
                if (name != nullptr) symbol.name = name;
                symbol.value = entry.st_value;
                symbol.section = entry.st_shndx;
                symbol.type = GELF_ST_TYPE(entry.st_info);
                symbol.binding = GELF_ST_BIND(entry.st_info);
                symbol.defined = entry.st_shndx != SHN_UNDEF && entry.st_shndx != SHN_COMMON;
            }
            symbols.push_back(symbol);  // also one that cannot be read: indices must hold
        }
        break;
    }
    return symbols;
}

std::vector<ElfFile::Relocation> ElfFile::relocations(const Section& of) const {
    std::vector<Relocation> relocations;
    for (const auto& section : sections_) {
        if (section.header.sh_type != SHT_RELA || section.header.sh_info != of.index ||
            section.header.sh_entsize == 0)
            continue;
        Elf_Data* const table = data(section.index);
        if (table == nullptr) continue;
        const auto count = table->d_size / section.header.sh_entsize;
        for (std::size_t i = 0; i < count; ++i) {
            GElf_Rela entry;
            if (gelf_getrela(table, static_cast<int>(i), &entry) == nullptr) continue;
            relocations.push_back({entry.r_offset,
                                   static_cast<std::uint32_t>(GELF_R_TYPE(entry.r_info)),
                                   GELF_R_SYM(entry.r_info), entry.r_addend});
        }
    }
    return relocations;
}

}  // namespace krepro::build
