// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace krepro::intake {

// Lines [first, end) of a text.
struct LineRange {
    std::size_t first = 0;
    std::size_t end = 0;

    [[nodiscard]] bool empty() const { return first == end; }
    [[nodiscard]] bool contains(std::size_t line) const { return line >= first && line < end; }
};

// Whether a line is one that a kernel's splat is made of: a stack frame, registers, a headline.
bool is_splat_line(std::string_view line);

// The block of lines in lines [0, end) that is the mail's own splat: the one with the most stack
// frames, short gaps of other lines included. Empty when there is none.
LineRange find_splat(const std::vector<std::string_view>& lines, std::size_t end);

}  // namespace krepro::intake
