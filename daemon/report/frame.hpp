// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/report.hpp"

namespace krepro::report {

// "name+0x12/0x34 [module]", the offset being what makes it a frame. The rest of the text, if any,
// may be "file.c:12" and "[inline]", which a symbolizer adds.
std::optional<model::Frame> parse_symbol(std::string_view text);

// A line of a call trace in any of the kernel's forms:
//   " ? name+0x12/0x34 [module]"
//   " [<ffffffff81081ea5>] ? name+0x12/0x34"
//   " name file.c:12 [inline]"
//   "[<80012345>] (name) from [<80012346>] (caller+0x12/0x34)"
//   " [<addr>] (name+0x12/0x34) from [<addr>] ..."
std::optional<model::Frame> parse_frame(std::string_view text);

// The function's own name: "__lock_acquire.cold" and "foo.isra.0.constprop.2" lose what the
// compiler added.
std::string base_name(std::string_view function);

}  // namespace krepro::report
