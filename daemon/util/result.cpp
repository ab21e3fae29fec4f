// SPDX-License-Identifier: Apache-2.0
#include "util/result.hpp"

namespace krepro::util {

std::string Error::to_string() const {
    std::string text = what;
    if (!where.empty()) text += " (" + where + ")";
    if (!hint.empty()) text += ": " + hint;
    return text;
}

}  // namespace krepro::util
