// SPDX-License-Identifier: Apache-2.0
#include "intake/reproducer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "intake/intake.hpp"
#include "intake/text.hpp"

namespace krepro::intake {

namespace {

constexpr std::size_t k_longest_script = 400;  // lines
constexpr int k_most_loops = 20;               // that never end, before giving up
constexpr std::size_t k_longest_line = 4096;   // of which more is not looked at

// "$ cmd" and "# cmd" as terminals show them; a comment of a script is left alone.
std::string_view without_prompt(std::string_view line) {
    if (line.starts_with("$ ")) return trim_left(line.substr(2));
    return line;
}

// The words of shell that matter here: separated by space or semicolon.
std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < line.size();) {
        at = std::min(line.find_first_not_of(" \t;", at), line.size());
        const auto end = std::min(line.find_first_of(" \t;", at), line.size());
        if (end > at) words.push_back(line.substr(at, end - at));
        at = end;
    }
    return words;
}

// "while true", "while :", "while [ 1 ]", "for ((;;))", "until false".
bool begins_endless_loop(std::string_view line) {
    line = without_prompt(trim(line));
    static constexpr std::array<std::string_view, 8> k_heads{
        "while true",  "while :",       "while [ 1 ]", "while [ true ]",
        "while ((1))", "while (( 1 ))", "for ((;;))",  "until false"};
    return std::any_of(k_heads.begin(), k_heads.end(), [&](std::string_view head) {
        if (!line.starts_with(head)) return false;
        const auto rest = trim_left(line.substr(head.size()));
        return rest.empty() || rest.starts_with(';') || rest.starts_with("do");
    });
}

// Loops opened less loops closed by the line.
int depth_change(std::string_view line) {
    int depth = 0;
    for (const auto word : words_of(line.substr(0, k_longest_line))) {
        if (word.starts_with('#')) break;
        if (word == "do") ++depth;
        if (word == "done" || word.starts_with("done&")) --depth;
    }
    return depth;
}

// The end of the loop that begins at line `first`; `first` itself when it never ends.
std::size_t loop_end(const std::vector<std::string_view>& lines, std::size_t first) {
    int depth = 0;
    bool opened = false;
    const auto limit = std::min(lines.size(), first + k_longest_script);
    for (auto at = first; at < limit; ++at) {
        depth += depth_change(lines[at]);
        opened = opened || lines[at].substr(0, k_longest_line).find("do") != std::string_view::npos;
        if (opened && depth <= 0) return depth == 0 ? at + 1 : first;
    }
    return first;
}

std::string_view without_indent(std::string_view line, std::string_view indent) {
    return line.starts_with(indent) ? line.substr(indent.size()) : line;
}

std::string script_of(const std::vector<std::string_view>& lines, LineRange range) {
    const auto indent = indent_of(lines[range.first]);
    std::string script;
    for (auto at = range.first; at < range.end; ++at) {
        auto line = trim_right(without_indent(lines[at], indent));
        script += without_prompt(line);
        script += '\n';
    }
    return script;
}

// Lines that end in a backslash are joined with the next by one space; the margin goes.
std::string join_continuations(std::string_view script) {
    std::string result;
    bool continues = false;
    for (auto line : split_lines(script)) {
        line = trim(line);
        if (!continues && line.empty()) continue;
        if (!result.empty()) result += continues ? ' ' : '\n';
        continues = line.ends_with('\\');
        if (continues) line = trim_right(line.substr(0, line.size() - 1));
        result += line;
    }
    return result;
}

// What stands between the first `do` and the last `done` of a loop, as words and not as parts of
// words.
std::string loop_body(std::string_view loop) {
    const auto is_border = [&](std::size_t at) {
        return at >= loop.size() || !(is_word(loop[at]) || loop[at] == '-');
    };
    auto begin = loop.find("do");
    while (begin != std::string_view::npos && !(is_border(begin - 1) && is_border(begin + 2)))
        begin = loop.find("do", begin + 2);
    auto end = loop.rfind("done");
    while (end != std::string_view::npos && end > 0 && !(is_border(end - 1) && is_border(end + 4)))
        end = loop.rfind("done", end - 1);
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + 2)
        return {};
    auto body = trim(loop.substr(begin + 2, end - begin - 2));
    while (body.ends_with(';')) body = trim_right(body.substr(0, body.size() - 1));
    return join_continuations(body);
}

std::optional<model::Reproducer> find_loop(const std::vector<std::string_view>& lines,
                                           LineRange splat) {
    int tries = 0;
    for (std::size_t at = 0; at < lines.size() && tries < k_most_loops; ++at) {
        if (splat.contains(at) || !begins_endless_loop(lines[at])) continue;
        ++tries;
        const auto end = loop_end(lines, at);
        if (end == at) continue;
        model::Reproducer found;
        found.script = script_of(lines, {at, end});
        found.command = loop_body(found.script);
        found.looped = true;
        if (!found.command.empty()) return found;
    }
    return {};
}

bool is_comment(std::string_view line) {
    return is_blank(line) || trim_left(line).starts_with('#');
}

// A word that makes sense within a loop only, or that says that the loop has an end.
bool needs_its_loop(std::string_view body) {
    for (const auto line : split_lines(body))
        for (const auto word : words_of(line))
            if (word == "break" || word == "continue") return true;
    return false;
}

// The first loop without end that is no part of another one; lines.size() when there is none.
std::size_t first_loop(const std::vector<std::string_view>& lines) {
    int depth = 0;
    for (std::size_t at = 0; at < std::min(lines.size(), k_longest_script); ++at) {
        if (depth == 0 && begins_endless_loop(lines[at])) return at;
        depth += depth_change(lines[at]);
    }
    return lines.size();
}

bool is_load_generator(std::string_view program) {
    static constexpr std::array<std::string_view, 16> k_programs{
        "stress-ng", "hackbench", "cyclictest", "rtla",  "taskset", "chrt",
        "schedtool", "modprobe",  "insmod",     "rmmod", "iperf3",  "sysctl",
        "trace-cmd", "unshare",   "sudo",       "rt-app"};
    return std::find(k_programs.begin(), k_programs.end(), program) != k_programs.end();
}

// Whether a person would take the line for a command: what a prompt stands before, a program by
// its path, a known load generator with arguments. "# " is a comment's mark too.
bool looks_like_command(std::string_view line) {
    line = trim_left(line);
    if (line.starts_with("$ ")) return true;
    if (line.starts_with("# ")) line = trim_left(line.substr(2));
    const auto program = line.substr(0, line.find_first_of(" \t"));
    if (program.starts_with("./")) return program.size() > 2;
    return is_load_generator(program) && line.size() > program.size();
}

// A run of lines from `first` that hang together: commands and the lines they continue on.
LineRange command_run(const std::vector<std::string_view>& lines, std::size_t first) {
    auto end = first + 1;
    const auto indent = indent_of(lines[first]).size();
    while (end < lines.size() && end < first + k_longest_script && !is_blank(lines[end])) {
        const bool continued = trim_right(lines[end - 1]).ends_with('\\');
        const bool as_deep = indent_of(lines[end]).size() >= indent && indent > 0;
        if (!continued && !as_deep) break;
        ++end;
    }
    return {first, end};
}

// An indented script with its "#!" line: to the first line that is back at the margin.
LineRange shebang_run(const std::vector<std::string_view>& lines, std::size_t first) {
    auto end = first + 1;
    auto last = end;
    while (end < lines.size() && end < first + k_longest_script) {
        const bool blank = is_blank(lines[end]);
        if (!blank && indent_of(lines[end]).empty()) break;
        ++end;
        if (!blank) last = end;
    }
    return {first, last};
}

std::string without_root_prompts(std::string_view script) {
    std::string result;
    for (const auto line : split_lines(script)) {
        const bool prompted = line.starts_with("# ") && looks_like_command(line);
        result += prompted ? line.substr(2) : line;
        result += '\n';
    }
    return result;
}

std::optional<model::Reproducer> find_commands(const std::vector<std::string_view>& lines,
                                               LineRange splat) {
    for (std::size_t at = 0; at < lines.size(); ++at) {
        if (splat.contains(at) || indent_of(lines[at]).empty()) continue;
        const bool shebang = trim_left(lines[at]).starts_with("#!/");
        if (!shebang && !looks_like_command(lines[at])) continue;
        const auto range = shebang ? shebang_run(lines, at) : command_run(lines, at);
        model::Reproducer found;
        found.script = without_root_prompts(script_of(lines, range));
        found.command = join_continuations(found.script);
        return found;
    }
    return {};
}

}  // namespace

std::optional<model::Reproducer> find_reproducer(const std::vector<std::string_view>& lines,
                                                 LineRange splat) {
    auto loop = find_loop(lines, splat);
    return loop ? loop : find_commands(lines, splat);
}

model::Reproducer reproducer_of(std::string_view script) {
    const model::Reproducer whole{std::string(script), std::string(script), false};
    const auto lines = split_lines(script);
    const auto at = first_loop(lines);
    if (at == lines.size()) return whole;
    const auto end = loop_end(lines, at);
    // What follows `done` (a background loop, a pipe, more commands) is no part of an iteration.
    const bool ends_there =
        end > at && trim_right(lines[end - 1]).ends_with("done") &&
        std::all_of(lines.begin() + static_cast<std::ptrdiff_t>(end), lines.end(), is_comment);
    if (!ends_there) return whole;
    const auto body = loop_body(script_of(lines, {at, end}));
    if (body.empty() || needs_its_loop(body)) return whole;
    return {std::string(script), join_lines(lines, 0, at) + body, true};
}

}  // namespace krepro::intake
