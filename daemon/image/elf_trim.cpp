// SPDX-License-Identifier: Apache-2.0
#include "image/elf_trim.hpp"

#include <elf.h>

#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "util/files.hpp"

namespace krepro::image {
namespace {

using util::ErrorKind;
using util::fail;
using util::Result;

static_assert(std::endian::native == std::endian::little, "the files are read as they lie");

constexpr std::uintmax_t k_largest_library = 512ULL << 20U;
constexpr std::uint16_t k_hidden_bit = 0x8000;  // of a symbol's version index

// The file is cut short, or says what cannot be: found out at whatever place reads it.
struct Damaged {};

// An ELF file in memory, read and written at offsets that are checked.
class ElfFile {
  public:
    explicit ElfFile(std::string& bytes) : bytes_(bytes) {
        const auto header = read<Elf64_Ehdr>(0);
        const bool good = std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                          header.e_ident[EI_CLASS] == ELFCLASS64 &&
                          header.e_ident[EI_DATA] == ELFDATA2LSB &&
                          header.e_shentsize == sizeof(Elf64_Shdr);
        if (!good) throw Damaged{};
        for (std::size_t i = 0; i < header.e_shnum; ++i)
            sections_.push_back(read<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr)));
    }

    template <class T>
    [[nodiscard]] T read(std::uint64_t offset) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) throw Damaged{};
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof(T));
        return value;
    }
    template <class T>
    void write(std::uint64_t offset, const T& value) {
        static_cast<void>(read<T>(offset));
        std::memcpy(bytes_.data() + offset, &value, sizeof(T));
    }

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] const Elf64_Shdr* section(std::uint32_t type) const {
        for (const auto& section : sections_)
            if (section.sh_type == type) return &section;
        return nullptr;
    }
    // A string of the table that `user` is linked to.
    [[nodiscard]] std::string_view text(const Elf64_Shdr& user, std::uint64_t at) const {
        if (user.sh_link >= sections_.size()) throw Damaged{};
        const auto& table = sections_[user.sh_link];
        const std::string_view all(bytes_);
        if (at >= table.sh_size || table.sh_offset > all.size()) throw Damaged{};
        const auto from = all.substr(table.sh_offset).substr(at);
        const auto end = from.find('\0');
        if (end == std::string_view::npos) throw Damaged{};
        return from.substr(0, end);
    }

  private:
    std::string& bytes_;
    std::vector<Elf64_Shdr> sections_;
};

template <class F>
void for_each_symbol(const ElfFile& file, const Elf64_Shdr& table, F function) {
    for (std::uint64_t i = 1; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
        const auto offset = table.sh_offset + i * sizeof(Elf64_Sym);
        function(i, offset, file.read<Elf64_Sym>(offset));
    }
}

// What is left of the list of libraries whose symbol versions are asked for.
struct VersionList {
    std::uint64_t moved = 0;  // of its beginning, in bytes
    std::uint32_t count = 0;
    std::set<std::uint16_t> unlinked;  // the version indices of the libraries left out
};

void collect_versions(const ElfFile& file, std::uint64_t offset, const Elf64_Verneed& need,
                      std::set<std::uint16_t>& indices) {
    auto at = offset + need.vn_aux;
    for (int i = 0; i < need.vn_cnt; ++i) {
        const auto version = file.read<Elf64_Vernaux>(at);
        indices.insert(version.vna_other);
        if (version.vna_next == 0) break;
        at += version.vna_next;
    }
}

VersionList unlink_versions(ElfFile& file, const std::set<std::string>& libraries) {
    VersionList list;
    const auto* section = file.section(SHT_GNU_verneed);
    if (section == nullptr) return list;
    std::vector<std::uint64_t> kept;
    auto offset = section->sh_offset;
    for (std::uint32_t i = 0; i < section->sh_info; ++i) {
        const auto need = file.read<Elf64_Verneed>(offset);
        if (libraries.contains(std::string(file.text(*section, need.vn_file))))
            collect_versions(file, offset, need, list.unlinked);
        else
            kept.push_back(offset);
        if (need.vn_next == 0) break;
        offset += need.vn_next;
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
        auto need = file.read<Elf64_Verneed>(kept[i]);
        need.vn_next = i + 1 < kept.size() ? static_cast<Elf64_Word>(kept[i + 1] - kept[i]) : 0;
        file.write(kept[i], need);
    }
    list.count = static_cast<std::uint32_t>(kept.size());
    if (!kept.empty()) list.moved = kept.front() - section->sh_offset;
    return list;
}

// The entry as it is to be; nothing when it goes.
std::optional<Elf64_Dyn> kept_entry(Elf64_Dyn entry, bool left_out, const VersionList& versions) {
    if (left_out) return std::nullopt;
    const bool of_versions = entry.d_tag == DT_VERNEED || entry.d_tag == DT_VERNEEDNUM;
    if (of_versions && versions.count == 0) return std::nullopt;
    if (entry.d_tag == DT_VERNEED) entry.d_un.d_ptr += versions.moved;
    if (entry.d_tag == DT_VERNEEDNUM) entry.d_un.d_val = versions.count;
    return entry;
}

void rewrite_dynamic(ElfFile& file, const std::set<std::string>& libraries,
                     const VersionList& versions) {
    const auto* section = file.section(SHT_DYNAMIC);
    if (section == nullptr) throw Damaged{};
    std::vector<Elf64_Dyn> entries;
    const auto room = section->sh_size / sizeof(Elf64_Dyn);
    if (room > file.size() / sizeof(Elf64_Dyn)) throw Damaged{};
    for (std::uint64_t i = 0; i < room; ++i) {
        const auto entry = file.read<Elf64_Dyn>(section->sh_offset + i * sizeof(Elf64_Dyn));
        if (entry.d_tag == DT_NULL) break;
        const bool left_out =
            entry.d_tag == DT_NEEDED &&
            libraries.contains(std::string(file.text(*section, entry.d_un.d_val)));
        if (const auto kept = kept_entry(entry, left_out, versions)) entries.push_back(*kept);
    }
    entries.resize(room);  // the rest is DT_NULL
    for (std::uint64_t i = 0; i < room; ++i)
        file.write(section->sh_offset + i * sizeof(Elf64_Dyn), entries[i]);
}

void weaken(ElfFile& file, const std::set<std::string>& symbols, const VersionList& versions) {
    const auto* table = file.section(SHT_DYNSYM);
    if (table == nullptr) throw Damaged{};
    const auto* indices = file.section(SHT_GNU_versym);
    for_each_symbol(file, *table, [&](std::uint64_t i, std::uint64_t offset, Elf64_Sym symbol) {
        if (symbol.st_shndx != SHN_UNDEF) return;
        if (!symbols.contains(std::string(file.text(*table, symbol.st_name)))) return;
        symbol.st_info = ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(symbol.st_info));
        file.write(offset, symbol);
        if (indices == nullptr) return;
        const auto at = indices->sh_offset + i * sizeof(std::uint16_t);
        const auto index = static_cast<std::uint16_t>(file.read<std::uint16_t>(at) & ~k_hidden_bit);
        // A version of a library that is no longer asked for would be looked up in vain.
        if (versions.unlinked.contains(index)) file.write<std::uint16_t>(at, VER_NDX_GLOBAL);
    });
}

}  // namespace

Result<std::set<std::string>> exported_symbols(const std::filesystem::path& library) {
    auto bytes = util::read_file(library, k_largest_library);
    if (!bytes) return tl::unexpected(bytes.error());
    try {
        const ElfFile file(*bytes);
        const auto* table = file.section(SHT_DYNSYM);
        if (table == nullptr) throw Damaged{};
        std::set<std::string> names;
        for_each_symbol(file, *table, [&](std::uint64_t, std::uint64_t, const Elf64_Sym& symbol) {
            if (symbol.st_shndx != SHN_UNDEF) names.emplace(file.text(*table, symbol.st_name));
        });
        return names;
    } catch (const Damaged&) {
        return fail(ErrorKind::invalid_input, "this is no 64-bit shared library, or it is damaged",
                    library.string());
    }
}

Result<std::string> without_libraries(std::string program, const std::set<std::string>& libraries,
                                      const std::set<std::string>& symbols) {
    try {
        ElfFile file(program);
        const auto versions = unlink_versions(file, libraries);
        weaken(file, symbols, versions);
        rewrite_dynamic(file, libraries, versions);
        return program;
    } catch (const Damaged&) {
        return fail(ErrorKind::invalid_input, "this is no 64-bit program, or it is damaged");
    }
}

}  // namespace krepro::image
