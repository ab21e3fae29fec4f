// SPDX-License-Identifier: Apache-2.0
#include "build/plan_unique.hpp"

#include <algorithm>
#include <array>

namespace krepro::build {

namespace {

// The kernel's macros that ask for the counter. Each pastes it into the name of something local, so
// that two uses do not collide: a variable, a symbol of its file, a label within an assembly
// statement, a function that is declared and never made. An object whose counter is shifted has
// other such names and not another byte of code, data or tables: nothing in a kernel reads them,
// and the linker sorts by the names of sections, in which they are not (but with LTO, whose objects
// the planner cannot read, and does not skip). A macro that is not listed may store the number: who
// calls it is reached by every change of a header, and where that is everybody, nothing is skipped.
constexpr std::array<std::string_view, 10> k_name_makers{
    "ASSERT_EXCLUSIVE_ACCESS_SCOPED",
    "ASSERT_EXCLUSIVE_WRITER_SCOPED",
    "__ID",         // of BTF_ID
    "__UNIQUE_ID",  // with __LINE__ where the compiler has no counter
    "__initcall_id",
    "annotate_reachable",
    "annotate_unreachable",
    "compiletime_assert",
    "instrumentation_begin",
    "instrumentation_end",
};

bool makes_names(const Item& item, const Words& words) {
    if (item.kind != ItemKind::macro || item.names.empty()) return false;
    const auto& name = words.text(item.names.front());
    return std::find(k_name_makers.begin(), k_name_makers.end(), name) != k_name_makers.end();
}

}  // namespace

void forget_unique_names(CFile& file, const Words& words) {
    const auto* counter = words.find(k_counter);
    const auto* line = words.find("__LINE__");
    const auto is_number = [&](Words::Id word) {
        return (counter != nullptr && word == *counter) || (line != nullptr && word == *line);
    };
    for (auto& item : file.items)
        if (makes_names(item, words)) std::erase_if(item.words, is_number);
}

}  // namespace krepro::build
