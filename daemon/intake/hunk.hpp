// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace krepro::intake {

// As many functions are told of one file's changes.
inline constexpr std::size_t k_most_functions = 200;

// "@@ -118,10 +118,36 @@ static inline ..."
struct HunkHeader {
    std::int64_t old_start = 0;
    std::int64_t old_count = 1;
    std::int64_t new_start = 0;
    std::int64_t new_count = 1;
    std::string_view section;  // what follows the second @@
};

std::optional<HunkHeader> parse_hunk_header(std::string_view line);

struct Hunk {
    std::string text;  // header with the counts that the lines have, and the lines
    int added = 0;
    int removed = 0;
    std::vector<std::string> functions;  // of the header, and those whose lines change
    std::string note;                    // what was mended; empty: nothing
    std::size_t end = 0;                 // the first line after it
};

// Whether a file's part of a diff begins at line `at`.
bool begins_file(const std::vector<std::string_view>& lines, std::size_t at);

// Whether the mail's signature ("-- ") begins at line `at`.
bool begins_signature(const std::vector<std::string_view>& lines, std::size_t at);

// Reads the hunk whose header is lines[at]. Counts that do not fit the lines are corrected; a last
// hunk that lacks nothing but context is taken, one that lacks changes is `invalid_input`.
util::Result<Hunk> read_hunk(const std::vector<std::string_view>& lines, std::size_t at);

}  // namespace krepro::intake
