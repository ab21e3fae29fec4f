// SPDX-License-Identifier: Apache-2.0
#include "image/elf_needs.hpp"

#include <gelf.h>
#include <libelf.h>

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "util/files.hpp"

namespace krepro::image {
namespace {

using util::ErrorKind;
using util::fail;
using util::Result;
namespace fs = std::filesystem;

constexpr std::uintmax_t k_largest_file = 512ULL << 20U;

struct ElfEnd {
    void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

std::string interpreter_of(Elf* elf, std::string_view bytes) {
    std::size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) return {};
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) continue;
        if (header.p_type != PT_INTERP || header.p_offset >= bytes.size()) continue;
        const auto text = bytes.substr(header.p_offset, header.p_filesz);
        return std::string(text.substr(0, text.find('\0')));
    }
    return {};
}

void append_needed(Elf* elf, Elf_Scn* section, std::vector<std::string>& needed) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_DYNAMIC) return;
    Elf_Data* const data = elf_getdata(section, nullptr);
    if (data == nullptr || header.sh_entsize == 0) return;
    const auto count = data->d_size / header.sh_entsize;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Dyn entry;
        if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr) continue;
        if (entry.d_tag == DT_NULL) return;
        if (entry.d_tag != DT_NEEDED) continue;
        if (const char* name = elf_strptr(elf, header.sh_link, entry.d_un.d_val))
            needed.emplace_back(name);
    }
}

// Where the dynamic loader looks when nothing is configured, for this machine.
std::vector<fs::path> library_folders(int machine) {
    std::vector<fs::path> folders;
    const char* triplet = machine == EM_AARCH64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
    for (const char* root : {"/lib", "/usr/lib", "/usr/local/lib"})
        folders.push_back(fs::path(root) / triplet);
    for (const char* plain : {"/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"})
        folders.emplace_back(plain);
    return folders;
}

// The closure, grown file by file.
class Closure {
  public:
    explicit Closure(const std::set<std::string>& left_out) : left_out_(left_out) {}

    Result<void> add_program(const fs::path& program) {
        auto needs = read_elf_needs(program);
        if (!needs) return tl::unexpected(needs.error());
        if (!needs->is_elf) return {};
        if (!needs->interpreter.empty()) place(needs->interpreter, needs->interpreter);
        std::erase_if(needs->needed, [&](const auto& name) { return left_out_.contains(name); });
        return add_needed(*needs, program);
    }

    [[nodiscard]] std::vector<PlacedFile> files() const {
        std::vector<PlacedFile> files;
        for (const auto& [target, source] : placed_) files.push_back({target, source});
        return files;
    }

  private:
    void place(const std::string& target, const fs::path& source) {
        placed_.emplace(target, source);
        names_.insert(fs::path(target).filename().string());
    }

    // Depth of the recursion is that of the libraries' own dependencies: a name is entered once.
    Result<void> add_needed(const ElfNeeds& needs, const fs::path& needed_by) {
        for (const auto& name : needs.needed) {
            if (names_.contains(name)) continue;
            auto library = find_library(name, needs, needed_by);
            if (!library) return tl::unexpected(library.error());
            place(library->string(), *library);
            auto inner = read_elf_needs(*library);
            if (!inner) return tl::unexpected(inner.error());
            if (auto added = add_needed(*inner, *library); !added) return added;
        }
        return {};
    }

    const std::set<std::string>& left_out_;
    std::map<std::string, fs::path> placed_;
    std::set<std::string> names_;
};

}  // namespace

Result<ElfNeeds> read_elf_needs(const fs::path& file) {
    auto bytes = util::read_file(file, k_largest_file);
    if (!bytes) return tl::unexpected(bytes.error());
    elf_version(EV_CURRENT);
    const ElfHandle elf(elf_memory(bytes->data(), bytes->size()));
    ElfNeeds needs;
    GElf_Ehdr header;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
        return needs;
    needs.is_elf = true;
    needs.machine = header.e_machine;
    needs.interpreter = interpreter_of(elf.get(), *bytes);
    for (Elf_Scn* section = elf_nextscn(elf.get(), nullptr); section != nullptr;
         section = elf_nextscn(elf.get(), section))
        append_needed(elf.get(), section, needs.needed);
    return needs;
}

Result<fs::path> find_library(const std::string& name, const ElfNeeds& needs,
                              const fs::path& needed_by) {
    for (const auto& folder : library_folders(needs.machine)) {
        const auto path = folder / name;
        std::error_code ignored;
        if (!fs::is_regular_file(path, ignored)) continue;
        const auto found = read_elf_needs(path);
        if (found && found->is_elf && found->machine == needs.machine) return path;
    }
    return fail(ErrorKind::unavailable, "the library " + name + " is not installed",
                needed_by.string(), "reinstall the package of " + needed_by.string());
}

Result<std::vector<PlacedFile>> shared_files(const std::vector<fs::path>& programs,
                                             const std::set<std::string>& left_out) {
    Closure closure(left_out);
    for (const auto& program : programs)
        if (auto added = closure.add_program(program); !added) return tl::unexpected(added.error());
    return closure.files();
}

}  // namespace krepro::image
