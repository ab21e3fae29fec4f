// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace krepro::intake {

// The name that a line at the top level of a C file defines or declares: a function, a macro, a
// struct, union or enum. Empty when it does not say. Lexical: good for showing people where a
// patch is, not for deciding what to build.
std::string defined_name(std::string_view line);

}  // namespace krepro::intake
