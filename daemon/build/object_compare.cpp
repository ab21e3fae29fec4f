// SPDX-License-Identifier: Apache-2.0
#include "build/object_compare.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <tuple>
#include <vector>

namespace krepro::build {

namespace {

// A T at an offset of foreign bytes; nothing when it is not all there.
template <class T>
std::optional<T> read_at(std::string_view bytes, std::uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
}

std::string_view part(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
    if (offset > bytes.size() || bytes.size() - offset < size) return {};
    return bytes.substr(offset, size);
}

std::string_view string_at(std::string_view table, std::uint64_t offset) {
    if (offset >= table.size()) return {};
    table.remove_prefix(offset);
    return table.substr(0, table.find('\0'));
}

using RelocationKey = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::string>;

class ComparedObject {
  public:
    explicit ComparedObject(std::string_view bytes) : bytes_(bytes) {
        const auto header = read_at<Elf64_Ehdr>(bytes, 0);
        if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
            header->e_ident[EI_CLASS] != ELFCLASS64)
            return;
        for (unsigned i = 0; i < header->e_shnum; ++i) {
            const auto section =
                read_at<Elf64_Shdr>(bytes, header->e_shoff + std::uint64_t{i} * sizeof(Elf64_Shdr));
            if (!section) return;
            sections_.push_back(*section);
        }
        if (header->e_shstrndx >= sections_.size()) return;
        names_ = content(sections_[header->e_shstrndx]);
        for (const auto& section : sections_)
            if (section.sh_type == SHT_SYMTAB) {
                symbols_ = content(section);
                if (section.sh_link < sections_.size())
                    symbol_names_ = content(sections_[section.sh_link]);
            }
        readable_ = true;
    }

    [[nodiscard]] bool readable() const { return readable_; }

    // The sections that are loaded, in their order.
    [[nodiscard]] std::vector<std::size_t> loaded() const {
        std::vector<std::size_t> indices;
        for (std::size_t i = 0; i < sections_.size(); ++i)
            if ((sections_[i].sh_flags & SHF_ALLOC) != 0 && sections_[i].sh_type != SHT_NOTE)
                indices.push_back(i);
        return indices;
    }

    [[nodiscard]] std::string_view name(std::size_t index) const {
        return string_at(names_, sections_[index].sh_name);
    }
    [[nodiscard]] const Elf64_Shdr& header(std::size_t index) const { return sections_[index]; }
    [[nodiscard]] std::string_view content(const Elf64_Shdr& section) const {
        return section.sh_type == SHT_NOBITS ? std::string_view{}
                                             : part(bytes_, section.sh_offset, section.sh_size);
    }

    // Of all symbols, also those that are defined elsewhere.
    [[nodiscard]] std::vector<std::string_view> symbol_names() const {
        std::vector<std::string_view> names;
        for (std::uint64_t at = 0; at < symbols_.size(); at += sizeof(Elf64_Sym)) {
            const auto entry = read_at<Elf64_Sym>(symbols_, at);
            if (!entry) break;
            const auto found = string_at(symbol_names_, entry->st_name);
            if (!found.empty()) names.push_back(found);
        }
        return names;
    }

    [[nodiscard]] std::vector<RelocationKey> relocations(std::size_t of) const {
        std::vector<RelocationKey> keys;
        for (const auto& section : sections_) {
            if (section.sh_type != SHT_RELA || section.sh_info != of) continue;
            const auto table = content(section);
            for (std::uint64_t at = 0; at < table.size(); at += sizeof(Elf64_Rela)) {
                const auto entry = read_at<Elf64_Rela>(table, at);
                if (!entry) break;
                keys.emplace_back(entry->r_offset, ELF64_R_TYPE(entry->r_info), entry->r_addend,
                                  symbol(ELF64_R_SYM(entry->r_info)));
            }
        }
        return keys;
    }

  private:
    // A symbol as what it stands for: the name of a global one, the place of a local one.
    [[nodiscard]] std::string symbol(std::uint64_t index) const {
        const auto entry = read_at<Elf64_Sym>(symbols_, index * sizeof(Elf64_Sym));
        if (!entry) return "?";
        if (ELF64_ST_BIND(entry->st_info) != STB_LOCAL)
            return std::string(string_at(symbol_names_, entry->st_name));
        if (entry->st_shndx >= sections_.size()) return fmt::format("local {:#x}", entry->st_value);
        return fmt::format("{}+{:#x}", name(entry->st_shndx), entry->st_value);
    }

    std::string_view bytes_;
    std::vector<Elf64_Shdr> sections_;
    std::string_view names_;
    std::string_view symbols_;
    std::string_view symbol_names_;
    bool readable_ = false;
};

std::optional<std::string> section_difference(const ComparedObject& one, std::size_t first,
                                              const ComparedObject& other, std::size_t second) {
    const auto name = one.name(first);
    const auto& here = one.header(first);
    const auto& there = other.header(second);
    if (name != other.name(second))
        return fmt::format("{} in place of {}", other.name(second), name);
    if (here.sh_flags != there.sh_flags || here.sh_type != there.sh_type)
        return fmt::format("{} is of another kind", name);
    if (here.sh_size != there.sh_size)
        return fmt::format("{} has {} bytes in place of {}", name, there.sh_size, here.sh_size);
    if (one.content(here) != other.content(there)) return fmt::format("{} differs", name);
    if (one.relocations(first) != other.relocations(second))
        return fmt::format("{} refers to other symbols", name);
    return std::nullopt;
}

}  // namespace

std::optional<std::string> object_difference(std::string_view one, std::string_view other) {
    const ComparedObject first(one);
    const ComparedObject second(other);
    if (!first.readable() || !second.readable()) return "not an object that can be read";
    const auto here = first.loaded();
    const auto there = second.loaded();
    if (here.size() != there.size())
        return fmt::format("{} sections in place of {}", there.size(), here.size());
    for (std::size_t i = 0; i < here.size(); ++i)
        if (auto differs = section_difference(first, here[i], second, there[i])) return differs;
    return std::nullopt;
}

std::optional<std::vector<std::string_view>> symbols_of(std::string_view object) {
    const ComparedObject parsed(object);
    if (!parsed.readable()) return std::nullopt;
    return parsed.symbol_names();
}

}  // namespace krepro::build
