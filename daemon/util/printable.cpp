// SPDX-License-Identifier: Apache-2.0
#include "util/printable.hpp"

namespace krepro::util {

std::string printable(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        // C1 controls come as two bytes in UTF-8; some terminals obey them.
        const bool c1 =
            c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (c1) {
            ++i;
            clean += '?';
        } else if (c == '\t') {
            clean += ' ';
        } else {
            clean += (c < 0x20 && c != '\n') || c == 0x7F ? '?' : text[i];
        }
    }
    return clean;
}

}  // namespace krepro::util
