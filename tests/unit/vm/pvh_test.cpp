// SPDX-License-Identifier: Apache-2.0
#include "vm/pvh.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "util/files.hpp"

namespace krepro::vm {
namespace {

namespace fs = std::filesystem;

// An ELF file of one note.
std::string elf_with_note(const std::string& owner, std::uint32_t type) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_machine = EM_X86_64;
    header.e_phoff = sizeof(header);
    header.e_phnum = 1;
    Elf64_Nhdr note{static_cast<std::uint32_t>(owner.size() + 1), 8, type};
    Elf64_Phdr segment{};
    segment.p_type = PT_NOTE;
    segment.p_offset = sizeof(header) + sizeof(segment);
    segment.p_filesz = sizeof(note) + (owner.size() + 4) / 4 * 4 + 8;
    const auto bytes_of = [](const auto& value) {
        return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
    };
    auto name = owner;
    name.resize((owner.size() + 4) / 4 * 4);
    return bytes_of(header) + bytes_of(segment) + bytes_of(note) + name + std::string(8, '\1');
}

class Pvh : public testing::Test {
  protected:
    bool holds_entry(const std::string& bytes) {
        const auto file = folder_.path() / "vmlinux";
        std::ofstream(file, std::ios::binary) << bytes;
        return has_pvh_entry(file);
    }
    util::TempDir folder_ = util::value_or_throw(util::TempDir::make("/tmp", "krepro-pvh"));
};

TEST_F(Pvh, a_kernel_with_the_note_can_be_started_directly) {
    EXPECT_TRUE(holds_entry(elf_with_note("Xen", 18)));
}

TEST_F(Pvh, other_notes_and_other_files_have_no_entry) {
    EXPECT_FALSE(holds_entry(elf_with_note("Xen", 17)));
    EXPECT_FALSE(holds_entry(elf_with_note("GNU", 18)));
    EXPECT_FALSE(holds_entry(""));
    EXPECT_FALSE(holds_entry("a bzImage"));
    EXPECT_FALSE(has_pvh_entry(folder_.path() / "not there"));
    EXPECT_FALSE(has_pvh_entry(folder_.path()));
}

TEST_F(Pvh, damaged_files_have_no_entry_or_one_and_never_crash) {
    const auto whole = elf_with_note("Xen", 18);
    for (std::size_t kept = 0; kept + 8 < whole.size(); ++kept)
        EXPECT_FALSE(holds_entry(whole.substr(0, kept))) << kept;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto wrong = whole;
        wrong[at] = static_cast<char>(~wrong[at]);
        static_cast<void>(holds_entry(wrong));
    }
}

}  // namespace
}  // namespace krepro::vm
