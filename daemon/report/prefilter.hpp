// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace krepro::report {

// The literals one of which every headline and every line that belongs above one holds.
std::span<const std::string_view> anchors();

// The place of the first anchor in `text` at or behind `from`; npos when there is none. This is
// what makes a console without a splat cheap: everything else sees only lines with an anchor.
std::size_t find_anchor(std::string_view text, std::size_t from = 0);

// The same without the processor's vector instructions, for machines without AVX2 and for the test
// that compares the two.
std::size_t find_anchor_portably(std::string_view text, std::size_t from = 0);

// How many newlines `text` has.
std::size_t count_newlines(std::string_view text);

}  // namespace krepro::report
