// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace krepro::util {

// Without control characters and escape sequences: text of a mail or a console must not drive a
// terminal that shows it. Tabs become spaces; lines stay lines.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace krepro::util
