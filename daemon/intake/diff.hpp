// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/mail.hpp"
#include "util/result.hpp"

namespace krepro::intake {

// A diff, read and written anew: paths below a/ and b/, hunk headers with the counts that their
// lines have, every line ended.
struct Diff {
    std::string text;
    std::vector<model::PatchFile> files;
    std::vector<std::string> notes;  // what was mended
};

// The first line of `lines`, from `from` on, that begins a diff ("diff --git", or "--- " before
// "+++ "); lines.size() when there is none.
std::size_t find_diff(const std::vector<std::string_view>& lines, std::size_t from = 0);

// Reads lines [first, end) as a diff, to the mail's signature or the end. Errors (`invalid_input`,
// `too_large`) name the file and line: binary, a path out of the tree, a symbolic link, a merge, a
// hunk that is cut off in the middle of its changes, more than 1,000 files or 10 MiB.
util::Result<Diff> read_diff(const std::vector<std::string_view>& lines, std::size_t first);

}  // namespace krepro::intake
