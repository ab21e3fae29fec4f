// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elfutils/libdwfl.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "build/symbol_protocol.hpp"
#include "build/unit_match.hpp"
#include "util/result.hpp"

namespace krepro::build {

// The debug information of one object, read with libdw. Files are as the compiler was told of them,
// made absolute by its folder.
class UnitLines {
  public:
    static util::Result<UnitLines> open(const std::filesystem::path& object);

    // Where the code at this place comes from: innermost inlined function first, `function` last.
    // Empty when the line is not known.
    [[nodiscard]] std::vector<SourcePlace> chain(UnitPlace place, const std::string& function);

  private:
    struct End {
        void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
    };
    UnitLines(Dwfl* dwfl, Dwfl_Module* module) : dwfl_(dwfl), module_(module) {}

    std::unique_ptr<Dwfl, End> dwfl_;
    Dwfl_Module* module_;
};

}  // namespace krepro::build
