// SPDX-License-Identifier: Apache-2.0
#include "image/stressor_libraries.hpp"

#include <algorithm>
#include <array>

#include "image/elf_needs.hpp"
#include "image/elf_trim.hpp"
#include "util/files.hpp"

namespace krepro::image {
namespace {

using util::Result;
namespace fs = std::filesystem;

struct StressorLibrary {
    std::string_view library;  // DT_NEEDED begins with it: the number behind is the release's
    std::string_view word;     // what starts the one stressor that calls it
};
constexpr std::array k_libraries{
    StressorLibrary{"libEGL.so.", "gpu"},   StressorLibrary{"libGLESv2.so.", "gpu"},
    StressorLibrary{"libgbm.so.", "gpu"},   StressorLibrary{"libIPSec_MB.so.", "ipsec-mb"},
    StressorLibrary{"libjpeg.so.", "jpeg"}, StressorLibrary{"libkmod.so.", "module"},
};
// What starts stressors without naming them. A word that means something else costs some MB.
constexpr std::array<std::string_view, 10> k_many_stressors{
    "--all", " -a", "--class", "--random", " -r", "--seq", "--permute", "--job", " -j", "--with"};

bool holds(std::string_view text, std::string_view word) {
    return text.find(word) != std::string_view::npos;
}

std::set<std::string> unused_libraries(const ElfNeeds& needs, std::string_view script) {
    std::set<std::string> unused;
    if (std::any_of(k_many_stressors.begin(), k_many_stressors.end(),
                    [&](std::string_view flag) { return holds(script, flag); }))
        return unused;
    for (const auto& name : needs.needed)
        for (const auto& known : k_libraries)
            if (name.starts_with(known.library) && !holds(script, known.word)) unused.insert(name);
    return unused;
}

}  // namespace

Result<LeanProgram> read_lean_program(const fs::path& program, std::string_view script) {
    auto content = util::read_file(program);
    if (!content) return tl::unexpected(content.error());
    LeanProgram lean{std::move(*content), {}};
    if (program.filename() != "stress-ng") return lean;
    const auto needs = read_elf_needs(program);
    if (!needs) return tl::unexpected(needs.error());
    lean.left_out = unused_libraries(*needs, script);
    if (lean.left_out.empty()) return lean;
    std::set<std::string> symbols;
    for (const auto& library : lean.left_out) {
        const auto path = find_library(library, *needs, program);
        if (!path) return tl::unexpected(path.error());
        auto theirs = exported_symbols(*path);
        if (!theirs) return tl::unexpected(theirs.error());
        symbols.merge(*theirs);
    }
    auto trimmed = without_libraries(std::move(lean.content), lean.left_out, symbols);
    if (!trimmed) return tl::unexpected(trimmed.error());
    lean.content = std::move(*trimmed);
    return lean;
}

}  // namespace krepro::image
