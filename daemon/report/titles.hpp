// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/report.hpp"
#include "report/interpret.hpp"

namespace krepro::report {

// Our title: the family's words, the locks and the place; no addresses, pids or counters.
std::string make_title(const model::Report& report, const Splat& splat);

// Equal for the same bug however it was entered: the locks of a deadlock in any order, the place of
// the others without what the compiler added to its name.
std::string make_signature(const model::Report& report, const Splat& splat);

// A headline with what changes from run to run replaced: addresses by ADDR, numbers by NUM. For
// syzbot eight digits are an address; for us they count something.
enum class EightDigits { are_a_number, are_an_address };
std::string stable_text(std::string_view text, EightDigits digits = EightDigits::are_a_number);

}  // namespace krepro::report
