// SPDX-License-Identifier: Apache-2.0
#include "intake/splat.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "intake/text.hpp"

namespace krepro::intake {

namespace {

// Lines between two lines of a splat that say neither frame nor register: "stress-ng/97 is trying
// to lock:", "2 locks held by ...".
constexpr std::size_t k_widest_gap = 4;

// Bytes of a line that are looked at.
constexpr std::size_t k_enough = 500;

// A splat as people paste it has at most a few dozen bytes before its text: time, caller,
// "kernel:".
std::string_view without_stamp(std::string_view line) {
    line = trim_left(line);
    for (int stamps = 0; stamps < 3 && line.starts_with('['); ++stamps) {
        const auto end = line.find(']');
        if (end == std::string_view::npos || end > 24) break;
        const auto inner = trim(line.substr(1, end - 1));
        const bool time = !inner.empty() && is_digit(inner.front());
        const bool caller =
            inner.size() > 1 && (inner[0] == 'T' || inner[0] == 'C') && is_digit(inner[1]);
        if (!time && !caller) break;
        line = trim_left(line.substr(end + 1));
    }
    return line;
}

constexpr std::string_view k_hex = "0123456789abcdef";

// The end of the first "func+0x1f/0x20" in the line; npos when there is none.
std::size_t frame_end(std::string_view line) {
    for (auto at = line.find("+0x"); at != std::string_view::npos; at = line.find("+0x", at + 3)) {
        if (at == 0 || !(is_word(line[at - 1]) || line[at - 1] == ']')) continue;
        const auto slash = std::min(line.find_first_not_of(k_hex, at + 3), line.size());
        if (line.substr(slash).starts_with("/0x"))
            return std::min(line.find_first_not_of(k_hex, slash + 3), line.size());
    }
    return std::string_view::npos;
}

bool has_frame(std::string_view line) {
    return frame_end(line) != std::string_view::npos;
}

// A line that is a frame and nothing else: a sentence may name one too.
bool is_frame(std::string_view line) {
    if (line.starts_with("? ")) line.remove_prefix(2);
    const auto end = frame_end(line);
    if (end == std::string_view::npos) return false;
    const bool one_word =
        line.substr(0, end).find(' ') == std::string_view::npos || line.starts_with("[<");
    const auto rest = trim(line.substr(end));
    return one_word && (rest.empty() || rest.starts_with('['));
}

bool is_landmark(std::string_view line) {
    static constexpr std::array<std::string_view, 44> k_starts{"CPU:",
                                                               "Call Trace:",
                                                               "Call trace:",
                                                               "Hardware name:",
                                                               "RIP:",
                                                               "RSP:",
                                                               "RAX:",
                                                               "RDX:",
                                                               "RBP:",
                                                               "R10:",
                                                               "R13:",
                                                               "FS:",
                                                               "CS:",
                                                               "CR2:",
                                                               "DR0:",
                                                               "DR3:",
                                                               "Code:",
                                                               "<TASK>",
                                                               "</TASK>",
                                                               "<IRQ>",
                                                               "</IRQ>",
                                                               "<NMI>",
                                                               "</NMI>",
                                                               "Workqueue:",
                                                               "EFLAGS:",
                                                               "ORIG_RAX:",
                                                               "BUG:",
                                                               "WARNING:",
                                                               "INFO: ",
                                                               "[ BUG:",
                                                               "=====",
                                                               "-----",
                                                               "stack backtrace:",
                                                               "other info that might help",
                                                               "Possible unsafe locking",
                                                               "*** DEADLOCK ***",
                                                               "Kernel panic",
                                                               "Oops:",
                                                               "general protection fault",
                                                               "Modules linked in:",
                                                               "in_atomic():",
                                                               "preempt_count:",
                                                               "irq event stamp:",
                                                               "---[ end trace"};
    return std::any_of(k_starts.begin(), k_starts.end(),
                       [&](std::string_view start) { return line.starts_with(start); });
}

// A block that grows from its first splat line over gaps to its last.
struct Block {
    LineRange range;
    std::size_t frames = 0;
    bool indented = false;
};

// Prose around an indented splat stands at the margin: it ends the block.
bool may_be_gap(std::string_view line, bool indented) {
    return is_blank(line) || !indented || !indent_of(line).empty();
}

Block grow(const std::vector<std::string_view>& lines, std::size_t first, std::size_t end) {
    Block block{{first, first}, 0, !indent_of(lines[first]).empty()};
    std::size_t gap = 0;
    for (auto at = first; at < end && gap <= k_widest_gap; ++at) {
        if (is_splat_line(lines[at])) {
            block.frames += has_frame(lines[at]) ? 1 : 0;
            block.range.end = at + 1;
            gap = 0;
        } else if (!may_be_gap(lines[at], block.indented)) {
            break;
        } else {
            ++gap;
        }
    }
    return block;
}

// Indented lines right above belong to it: the headline may be worded in any way.
void include_lines_above(const std::vector<std::string_view>& lines, Block& block,
                         std::size_t floor) {
    if (!block.indented) return;
    auto& first = block.range.first;
    while (first > floor && !is_blank(lines[first - 1]) && !indent_of(lines[first - 1]).empty())
        --first;
}

bool begins_splat(std::string_view line) {
    line = without_stamp(line.substr(0, k_enough));
    return is_landmark(line) || is_frame(line);
}

}  // namespace

bool is_splat_line(std::string_view line) {
    line = without_stamp(line.substr(0, k_enough));
    // A mail's own "---" separator is shorter than the rulers that lockdep draws.
    return is_landmark(line) || has_frame(line);
}

LineRange find_splat(const std::vector<std::string_view>& lines, std::size_t end) {
    Block best;
    std::size_t floor = 0;
    for (std::size_t at = 0; at < end; ++at) {
        if (!begins_splat(lines[at])) continue;
        auto block = grow(lines, at, end);
        include_lines_above(lines, block, floor);
        floor = block.range.end;
        at = block.range.end - 1;
        if (block.frames > best.frames) best = block;
    }
    return best.range;
}

}  // namespace krepro::intake
