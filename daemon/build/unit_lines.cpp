// SPDX-License-Identifier: Apache-2.0
#include "build/unit_lines.hpp"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <cstdlib>

namespace krepro::build {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

// The object holds its own debug information: none is looked for elsewhere.
int find_no_debuginfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                      GElf_Word, char**) {
    return -1;
}

const Dwfl_Callbacks k_callbacks = [] {
    Dwfl_Callbacks callbacks{};
    callbacks.find_debuginfo = find_no_debuginfo;
    callbacks.section_address = dwfl_offline_section_address;
    return callbacks;
}();

std::string text_of(const char* text) {
    return text == nullptr ? std::string() : std::string(text);
}

std::string absolute(const std::string& file, const char* folder) {
    if (file.empty() || file.front() == '/' || folder == nullptr) return file;
    return (fs::path(folder) / file).string();
}

struct Position {
    std::string file;
    int line = 0;
};

// A function or inlined function at `position`, and where its text begins.
SourcePlace place_of(Dwarf_Die& die, Position position, const char* folder) {
    SourcePlace place;
    place.function = text_of(dwarf_diename(&die));
    place.file = std::move(position.file);
    place.line = position.line;
    int begin = 0;
    if (dwarf_decl_line(&die, &begin) == 0) {
        place.begin_line = begin;
        place.begin_file = absolute(text_of(dwarf_decl_file(&die)), folder);
    }
    return place;
}

// Where an inlined function is called.
Position call_of(Dwarf_Die& die, Dwarf_Die& unit, const char* folder) {
    Position position;
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_formudata(dwarf_attr(&die, DW_AT_call_line, &attribute), &value) == 0)
        position.line = static_cast<int>(value);
    Dwarf_Files* files = nullptr;
    std::size_t count = 0;
    if (dwarf_formudata(dwarf_attr(&die, DW_AT_call_file, &attribute), &value) == 0 &&
        dwarf_getsrcfiles(&unit, &files, &count) == 0 && value < count)
        position.file = absolute(text_of(dwarf_filesrc(files, value, nullptr, nullptr)), folder);
    return position;
}

// The scopes that hold the address, innermost first, callers of inlined functions among them.
std::vector<Dwarf_Die> scopes_of(Dwarf_Die* unit, Dwarf_Addr address) {
    Dwarf_Die* innermost = nullptr;
    if (dwarf_getscopes(unit, address, &innermost) <= 0) return {};
    const std::unique_ptr<Dwarf_Die, Free> first(innermost);
    // dwarf_getscopes goes on with the scopes of an inlined function's definition; the parents of
    // the entry itself are those of its call.
    Dwarf_Die* parents = nullptr;
    const int count = dwarf_getscopes_die(innermost, &parents);
    if (count <= 0) return {};
    const std::unique_ptr<Dwarf_Die, Free> owner(parents);
    return {parents, parents + count};
}

}  // namespace

Result<UnitLines> UnitLines::open(const fs::path& object) {
    Dwfl* const dwfl = dwfl_begin(&k_callbacks);
    if (dwfl == nullptr) return fail(ErrorKind::unavailable, "libdw does not start");
    UnitLines lines(dwfl, nullptr);
    dwfl_report_begin(dwfl);
    lines.module_ = dwfl_report_offline(dwfl, "unit", object.c_str(), -1);
    dwfl_report_end(dwfl, nullptr, nullptr);
    Dwarf_Addr bias = 0;
    if (lines.module_ == nullptr || dwfl_module_getdwarf(lines.module_, &bias) == nullptr)
        return fail(ErrorKind::invalid_input, "has no debug information", object.string(),
                    text_of(dwfl_errmsg(-1)));
    return lines;
}

std::vector<SourcePlace> UnitLines::chain(UnitPlace place, const std::string& function) {
    // libdwfl has laid the sections of the relocatable object out one after the other.
    Dwarf_Addr bias = 0;
    Elf* const elf = dwfl_module_getelf(module_, &bias);
    GElf_Shdr header;
    if (elf == nullptr || gelf_getshdr(elf_getscn(elf, place.section), &header) == nullptr)
        return {};
    const Dwarf_Addr address = header.sh_addr + bias + place.offset;
    Dwfl_Line* const found = dwfl_module_getsrc(module_, address);
    if (found == nullptr) return {};
    Position position;
    const char* const folder = dwfl_line_comp_dir(found);
    const char* const file =
        dwfl_lineinfo(found, nullptr, &position.line, nullptr, nullptr, nullptr);
    position.file = absolute(text_of(file), folder);
    if (position.file.empty() || position.line <= 0) return {};

    std::vector<SourcePlace> chain;
    Dwarf_Die* const unit = dwfl_module_addrdie(module_, address, &bias);
    for (auto& die : scopes_of(unit, address - bias)) {
        const int tag = dwarf_tag(&die);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
        chain.push_back(place_of(die, position, folder));
        if (tag == DW_TAG_subprogram) break;
        position = call_of(die, *unit, folder);
        if (position.file.empty() || position.line <= 0) return {};
    }
    // Assembly has lines and no functions; the padding at a function's end, to which a pointer to
    // the next one is printed, likewise.
    if (chain.empty()) chain.push_back({function, position.file, position.line, "", 0});
    chain.back().function = function;
    return chain;
}

}  // namespace krepro::build
