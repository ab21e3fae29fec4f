// SPDX-License-Identifier: Apache-2.0
#include "intake/changed_lines.hpp"

#include <algorithm>

#include "intake/hunk.hpp"

namespace krepro::intake {

namespace {

// "--- a/kernel/fork.c" and "+++ b/kernel/fork.c"; git ends a name with a blank by a tab.
std::string path_of(std::string_view line, DiffSide side) {
    const std::string_view prefix = side == DiffSide::before ? "--- a/" : "+++ b/";
    if (!line.starts_with(prefix)) return {};
    line.remove_prefix(prefix.size());
    if (line.ends_with('\t')) line.remove_suffix(1);
    return std::string(line);
}

// git counts a side without lines from the line above them.
LineRange range_of(std::int64_t start, std::int64_t count) {
    if (count == 0) return {start + 1, start};
    return {start, start + count - 1};
}

}  // namespace

std::map<std::string, std::vector<LineRange>> changed_lines(std::string_view diff, DiffSide side) {
    std::map<std::string, std::vector<LineRange>> files;
    std::string path;
    std::int64_t body = 0;  // lines of the hunk that are still to come
    while (!diff.empty()) {
        const auto end = std::min(diff.find('\n'), diff.size());
        const auto line = diff.substr(0, end);
        diff.remove_prefix(std::min(end + 1, diff.size()));
        // A removed line "-- a/x" looks like a file's name: only what a hunk has left counts.
        if (body > 0) {
            if (line.starts_with('+') || line.starts_with('-')) --body;
            continue;
        }
        if (line.starts_with("diff --git ")) path.clear();
        if (const auto name = path_of(line, side); !name.empty()) path = name;
        const auto header = parse_hunk_header(line);
        if (!header) continue;
        body = header->old_count + header->new_count;
        if (path.empty()) continue;
        files[path].push_back(side == DiffSide::before
                                  ? range_of(header->old_start, header->old_count)
                                  : range_of(header->new_start, header->new_count));
    }
    return files;
}

}  // namespace krepro::intake
