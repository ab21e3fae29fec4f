// SPDX-License-Identifier: Apache-2.0
#include "build/object_compare.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
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

// The two classes of ELF: the kernel's own code, and that of its start and of 32-bit programs.
struct Class32 {
    using Header = Elf32_Ehdr;
    using Section = Elf32_Shdr;
    using Symbol = Elf32_Sym;
    using Rel = Elf32_Rel;
    using Rela = Elf32_Rela;
    static std::uint64_t symbol_of(std::uint64_t info) { return ELF32_R_SYM(info); }
    static std::uint64_t type_of(std::uint64_t info) { return ELF32_R_TYPE(info); }
};
struct Class64 {
    using Header = Elf64_Ehdr;
    using Section = Elf64_Shdr;
    using Symbol = Elf64_Sym;
    using Rel = Elf64_Rel;
    using Rela = Elf64_Rela;
    static std::uint64_t symbol_of(std::uint64_t info) { return ELF64_R_SYM(info); }
    static std::uint64_t type_of(std::uint64_t info) { return ELF64_R_TYPE(info); }
};

struct ComparedSection {
    std::string_view name;
    std::uint64_t type = 0;
    std::uint64_t flags = 0;
    std::uint64_t size = 0;
    std::uint64_t link = 0;
    std::uint64_t info = 0;
    std::string_view content;
};

struct ComparedSymbol {
    std::string_view name;
    std::uint64_t value = 0;
    std::uint64_t size = 0;
    std::size_t section = 0;
    unsigned info = 0;   // binding and type
    unsigned other = 0;  // visibility

    [[nodiscard]] bool local() const {
        return ELF64_ST_BIND(info) == STB_LOCAL;
    }  // of both classes
};

// Where a symbol that others may use stands, and as what.
using DefinedSymbol =
    std::tuple<std::string_view, std::string, std::uint64_t, std::uint64_t, unsigned, unsigned>;

class ComparedObject {
  public:
    explicit ComparedObject(std::string_view bytes) : bytes_(bytes) {
        if (bytes.size() < EI_NIDENT || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) return;
        class_ = static_cast<unsigned char>(bytes[EI_CLASS]);
        if (class_ == ELFCLASS64) readable_ = read<Class64>();
        if (class_ == ELFCLASS32) readable_ = read<Class32>();
    }

    [[nodiscard]] bool readable() const { return readable_; }
    [[nodiscard]] unsigned char elf_class() const { return class_; }

    // The sections that are loaded, in their order.
    [[nodiscard]] std::vector<std::size_t> loaded() const {
        std::vector<std::size_t> indices;
        for (std::size_t i = 0; i < sections_.size(); ++i)
            if ((sections_[i].flags & SHF_ALLOC) != 0 && sections_[i].type != SHT_NOTE)
                indices.push_back(i);
        return indices;
    }

    [[nodiscard]] const ComparedSection& section(std::size_t index) const {
        return sections_[index];
    }

    // Of all symbols, also those that are defined elsewhere.
    [[nodiscard]] std::vector<std::string_view> symbol_names() const {
        std::vector<std::string_view> names;
        for (const auto& symbol : symbols_)
            if (!symbol.name.empty()) names.push_back(symbol.name);
        return names;
    }

    // Those that are not local, sorted; but for the checksums that kbuild adds after the compiler.
    [[nodiscard]] std::vector<DefinedSymbol> defined() const {
        std::vector<DefinedSymbol> defined;
        for (const auto& symbol : symbols_)
            if (!symbol.local() && symbol.section != SHN_UNDEF &&
                !symbol.name.starts_with("__crc_"))
                defined.emplace_back(symbol.name, section_of(symbol), symbol.value, symbol.size,
                                     symbol.info, symbol.other);
        std::sort(defined.begin(), defined.end());
        return defined;
    }

    [[nodiscard]] std::vector<RelocationKey> relocations(std::size_t of) const {
        std::vector<RelocationKey> keys;
        for (const auto& section : sections_)
            if (section.info == of) {
                if (class_ == ELFCLASS64) add_relocations<Class64>(section, keys);
                if (class_ == ELFCLASS32) add_relocations<Class32>(section, keys);
            }
        return keys;
    }

  private:
    template <class Elf>
    bool read() {
        const auto header = read_at<typename Elf::Header>(bytes_, 0);
        if (!header) return false;
        std::vector<typename Elf::Section> raw;
        for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
            const auto at = header->e_shoff + i * sizeof(typename Elf::Section);
            const auto section = read_at<typename Elf::Section>(bytes_, at);
            if (!section) return false;
            raw.push_back(*section);
        }
        const auto content = [this](const auto& section) {
            return section.sh_type == SHT_NOBITS ? std::string_view{}
                                                 : part(bytes_, section.sh_offset, section.sh_size);
        };
        if (header->e_shstrndx >= raw.size()) return false;
        const auto names = content(raw[header->e_shstrndx]);
        for (const auto& one : raw)
            sections_.push_back({string_at(names, one.sh_name), one.sh_type, one.sh_flags,
                                 one.sh_size, one.sh_link, one.sh_info, content(one)});
        for (const auto& section : sections_)
            if (section.type == SHT_SYMTAB) read_symbols<Elf>(section);
        return true;
    }

    template <class Elf>
    void read_symbols(const ComparedSection& table) {
        const auto names =
            table.link < sections_.size() ? sections_[table.link].content : std::string_view{};
        symbols_.clear();
        for (std::uint64_t at = 0; at < table.content.size(); at += sizeof(typename Elf::Symbol)) {
            const auto entry = read_at<typename Elf::Symbol>(table.content, at);
            if (!entry) break;
            symbols_.push_back({string_at(names, entry->st_name), entry->st_value, entry->st_size,
                                entry->st_shndx, entry->st_info, entry->st_other});
        }
    }

    template <class Elf>
    void add_relocations(const ComparedSection& table, std::vector<RelocationKey>& keys) const {
        const auto add = [&](const auto& entry, std::int64_t addend) {
            keys.emplace_back(entry.r_offset, Elf::type_of(entry.r_info), addend,
                              symbol(Elf::symbol_of(entry.r_info)));
        };
        if (table.type == SHT_RELA)
            for (std::uint64_t at = 0; at < table.content.size(); at += sizeof(typename Elf::Rela))
                if (const auto entry = read_at<typename Elf::Rela>(table.content, at))
                    add(*entry, entry->r_addend);
        if (table.type == SHT_REL)  // what is added stands in the section
            for (std::uint64_t at = 0; at < table.content.size(); at += sizeof(typename Elf::Rel))
                if (const auto entry = read_at<typename Elf::Rel>(table.content, at))
                    add(*entry, 0);
    }

    // A symbol as what it stands for: the name of a global one, the place of a local one.
    [[nodiscard]] std::string symbol(std::uint64_t index) const {
        if (index >= symbols_.size()) return "?";
        const auto& entry = symbols_[index];
        if (!entry.local()) return std::string(entry.name);
        if (entry.section >= sections_.size()) return fmt::format("local {:#x}", entry.value);
        return fmt::format("{}+{:#x}", sections_[entry.section].name, entry.value);
    }

    [[nodiscard]] std::string section_of(const ComparedSymbol& symbol) const {
        if (symbol.section >= sections_.size()) return fmt::format("{:#x}", symbol.section);
        return std::string(sections_[symbol.section].name);
    }

    std::string_view bytes_;
    unsigned char class_ = ELFCLASSNONE;
    std::vector<ComparedSection> sections_;
    std::vector<ComparedSymbol> symbols_;
    bool readable_ = false;
};

std::optional<std::string> section_difference(const ComparedObject& one, std::size_t first,
                                              const ComparedObject& other, std::size_t second) {
    const auto& here = one.section(first);
    const auto& there = other.section(second);
    const auto name = here.name;
    if (name != there.name) return fmt::format("{} in place of {}", there.name, name);
    if (here.flags != there.flags || here.type != there.type)
        return fmt::format("{} is of another kind", name);
    if (here.size != there.size)
        return fmt::format("{} has {} bytes in place of {}", name, there.size, here.size);
    if (here.content != there.content) return fmt::format("{} differs", name);
    if (one.relocations(first) != other.relocations(second))
        return fmt::format("{} refers to other symbols", name);
    return std::nullopt;
}

std::optional<std::string> symbol_difference(const ComparedObject& one,
                                             const ComparedObject& other) {
    const auto here = one.defined();
    const auto there = other.defined();
    const auto [first, second] =
        std::mismatch(here.begin(), here.end(), there.begin(), there.end());
    if (first == here.end() && second == there.end()) return std::nullopt;
    const bool in_first = second == there.end() || (first != here.end() && *first < *second);
    return fmt::format("the symbol {} is not the same", std::get<0>(in_first ? *first : *second));
}

}  // namespace

std::optional<std::string> object_difference(std::string_view one, std::string_view other) {
    const ComparedObject first(one);
    const ComparedObject second(other);
    if (!first.readable() || !second.readable()) return "not an object that can be read";
    if (first.elf_class() != second.elf_class()) return "of another class of ELF";
    const auto here = first.loaded();
    const auto there = second.loaded();
    if (here.size() != there.size())
        return fmt::format("{} sections in place of {}", there.size(), here.size());
    for (std::size_t i = 0; i < here.size(); ++i)
        if (auto differs = section_difference(first, here[i], second, there[i])) return differs;
    return symbol_difference(first, second);
}

std::optional<std::vector<std::string_view>> symbols_of(std::string_view object) {
    const ComparedObject parsed(object);
    if (!parsed.readable()) return std::nullopt;
    return parsed.symbol_names();
}

}  // namespace krepro::build
