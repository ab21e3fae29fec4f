// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace krepro::checkout {

// Without blanks and line ends at both ends.
inline std::string_view trimmed(std::string_view text) {
    constexpr std::string_view k_blanks = " \t\r\n";
    const auto first = text.find_first_not_of(k_blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(k_blanks) - first + 1);
}

}  // namespace krepro::checkout
