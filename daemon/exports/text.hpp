// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace krepro::exports {

// Text of a mail or a console made fit for any document: valid UTF-8 (other bytes become U+FFFD)
// without control characters but line ends and tabs, and without what XML 1.0 cannot carry.
[[nodiscard]] std::string plain_text(std::string_view text);
// The same as one line: runs of white space become one space.
[[nodiscard]] std::string plain_line(std::string_view text);
// Broken at spaces so that no line is longer than `columns` (a longer word stays whole); every
// line begins with `indent`, and the first with `first` instead. Ends with a line end.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t columns,
                               std::string_view first = "", std::string_view indent = "");
// Every line with `prefix` before it; ends with a line end when there is any text.
[[nodiscard]] std::string prefixed(std::string_view text, std::string_view prefix);
// At most `bytes` of the beginning, cut at the end of a line where there is one.
[[nodiscard]] std::string beginning(std::string_view text, std::size_t bytes);

}  // namespace krepro::exports
