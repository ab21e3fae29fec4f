// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace krepro::intake {

// Lines first..last of a file, 1-based. With last == first - 1 there are none on this side: the
// other side has lines between `last` and `first`.
struct LineRange {
    std::int64_t first = 1;
    std::int64_t last = 0;

    bool operator==(const LineRange&) const = default;
    // Whether something changes within lines begin..end; lines put in right above or right below
    // them do not.
    [[nodiscard]] bool touches(std::int64_t begin, std::int64_t end) const {
        return last >= begin && first <= end;
    }
};

enum class DiffSide { before, after };

// What git's diff without context lines (-U0, prefixes a/ and b/) changes, by file, in the line
// numbers of one side. Files that this side does not have are left out.
std::map<std::string, std::vector<LineRange>> changed_lines(std::string_view diff, DiffSide side);

}  // namespace krepro::intake
