// SPDX-License-Identifier: Apache-2.0
#include "vm/pvh.hpp"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "util/files.hpp"

namespace krepro::vm {
namespace {

constexpr std::uint32_t k_phys32_entry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY
constexpr std::size_t k_largest_note_segment = std::size_t{1} << 20U;
constexpr std::string_view k_xen("Xen\0", 4);

template <class T>
bool read_at(const util::Fd& file, std::uint64_t offset, T& value) {
    return ::pread(file.get(), &value, sizeof(T), static_cast<off_t>(offset)) ==
           static_cast<ssize_t>(sizeof(T));
}

std::string read_segment(const util::Fd& file, const Elf64_Phdr& segment) {
    std::string bytes(std::min<std::size_t>(segment.p_filesz, k_largest_note_segment), '\0');
    const auto got =
        ::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(segment.p_offset));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

bool holds_entry_note(std::string_view notes) {
    const auto padded = [](std::uint64_t size) { return (size + 3) / 4 * 4; };
    Elf64_Nhdr note{};
    while (notes.size() >= sizeof(note)) {
        std::memcpy(&note, notes.data(), sizeof(note));
        notes.remove_prefix(sizeof(note));
        const auto size = padded(note.n_namesz) + padded(note.n_descsz);
        if (size > notes.size()) return false;
        if (note.n_type == k_phys32_entry && notes.starts_with(k_xen)) return true;
        notes.remove_prefix(size);
    }
    return false;
}

}  // namespace

bool has_pvh_entry(const std::filesystem::path& vmlinux) {
    const util::Fd file(::open(vmlinux.c_str(), O_RDONLY | O_CLOEXEC));
    Elf64_Ehdr header{};
    if (!file.valid() || !read_at(file, 0, header)) return false;
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) return false;
    for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        if (!read_at(file, header.e_phoff + i * sizeof(segment), segment)) return false;
        if (segment.p_type == PT_NOTE && holds_entry_note(read_segment(file, segment))) return true;
    }
    return false;
}

}  // namespace krepro::vm
