// SPDX-License-Identifier: Apache-2.0
#include "report/syzbot.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/frame.hpp"
#include "report/syzbot_frames.hpp"
#include "report/syzbot_rows.hpp"
#include "report/text.hpp"
#include "report/titles.hpp"
#include "report/trace.hpp"

namespace krepro::report {
namespace {

constexpr int k_max_groups = 4;

// A row with its patterns compiled.
struct Compiled {
    const SyzbotRow* row = nullptr;
    std::unique_ptr<re2::RE2> headline;
    std::unique_ptr<re2::RE2> body;
};

std::unique_ptr<re2::RE2> compile(const char* pattern) {
    if (*pattern == '\0') return nullptr;
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // console bytes, not text
    options.set_log_errors(false);
    return std::make_unique<re2::RE2>(pattern, options);
}

// All rows by kind, compiled once.
const std::multimap<std::string_view, Compiled>& compiled_rows() {
    static const auto rows = [] {
        std::multimap<std::string_view, Compiled> made;
        for (const SyzbotRow& row : syzbot_rows())
            made.emplace(row.kind, Compiled{&row, compile(row.headline), compile(row.body)});
        return made;
    }();
    return rows;
}

using Groups = std::vector<std::string>;

// Searches `text` and appends the groups found.
bool search(const re2::RE2* pattern, std::string_view text, Groups& groups) {
    if (pattern == nullptr) return true;
    std::array<re2::StringPiece, k_max_groups + 1> found;
    const int count = 1 + std::min(pattern->NumberOfCapturingGroups(), k_max_groups);
    const re2::StringPiece piece(text.data(), text.size());
    if (!pattern->Match(piece, 0, piece.size(), re2::RE2::UNANCHORED, found.data(), count))
        return false;
    for (int i = 1; i < count; ++i)
        groups.emplace_back(found[static_cast<std::size_t>(i)].data() == nullptr
                                ? std::string()
                                : found[static_cast<std::size_t>(i)].as_string());
    return true;
}

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

// "name+0x12/0x34" is the name.
std::string without_offsets(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("+0x"))
            while (i < text.size() &&
                   (is_hex(text[i]) || text[i] == '+' || text[i] == 'x' || text[i] == '/'))
                ++i;
        if (i < text.size()) plain += text[i];
    }
    return plain;
}

std::string syzbot_text(std::string_view text) {
    return stable_text(without_offsets(text), EightDigits::are_an_address);
}

std::string fill(std::string_view pattern, const Groups& groups, const std::string& function) {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool slot = pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}';
        if (!slot) {
            text += pattern[i];
            continue;
        }
        const char key = pattern[i + 1];
        const auto group = static_cast<std::size_t>(key - '1');
        if (key == 'F')
            text += function;
        else if (group < groups.size())
            // Prose may hold addresses and numbers; a symbol's digits are its name.
            text += contains(groups[group], " ") ? syzbot_text(groups[group]) : groups[group];
        i += 2;
    }
    return std::string(trim(text));
}

// What a splat offers as places, innermost first.
struct Places {
    std::vector<std::string> trace;       // the call trace
    std::vector<std::string> unlabelled;  // what follows the headline without "Call Trace:"
    std::vector<std::string> listed;      // the first list of frames
    std::vector<std::string> irq_safe;
    std::vector<std::string> acquired;  // of the locks, in the order printed
    std::vector<std::vector<std::string>> all_traces;
    std::string struck;
    bool trace_cut = false;  // "Call Trace:" with nothing below it
};

std::vector<std::string> names_of(const Trace& trace) {
    std::vector<std::string> names;
    names.reserve(trace.frames.size());
    for (const model::Frame& frame : trace.frames)
        if (frame.certain) names.push_back(base_name(frame.function));
    return names;
}

void place_trace(const Trace& trace, Places& places) {
    std::vector<std::string> names = names_of(trace);
    if (trace.role == TraceRole::call) {
        if (places.all_traces.empty()) {
            places.trace = names;
            places.trace_cut = names.empty();
        }
        places.all_traces.push_back(names);
    }
    if (places.irq_safe.empty() && contains(trace.label, "-irq-safe at")) places.irq_safe = names;
    const bool plain = trace.role == TraceRole::call || trace.role == TraceRole::other;
    if (places.unlabelled.empty() && plain) places.unlabelled = names;
    if (places.listed.empty()) places.listed = std::move(names);
}

// "at: [<ffffffff81081ea5>] name+0x1/0x2", or the same on the line behind one that ends so
std::optional<model::Frame> acquired_at(std::span<const Line> lines, std::size_t i) {
    const auto at = split_at(lines[i].text, "at: ");
    std::string_view symbol = at ? at->after : std::string_view();
    if (!at && lines[i].text.ends_with(") at:") && i + 1 < lines.size()) symbol = lines[i + 1].text;
    if (const auto address = split_at(symbol, ">] ")) symbol = address->after;
    return symbol.empty() ? std::nullopt : parse_symbol(trim(symbol));
}

// "PID: 1234" in the headline and in the "CPU: 0 PID: 1234 Comm:" line of the trace differ: another
// task printed at the same time, and the trace may be its.
bool other_task_traced(std::span<const Line> lines) {
    const auto pid_of = [](std::string_view text) {
        const auto parts = split_at(text, "PID: ");
        return parts ? Cursor(parts->after).take_int() : std::nullopt;
    };
    const auto expected = pid_of(lines.front().text);
    if (!expected) return false;
    for (const Line& line : lines.subspan(1))
        if (line.text.starts_with("CPU: ") && contains(line.text, "Comm: "))
            return pid_of(line.text) != expected;
    return false;
}

Places read_places(const Splat& splat, const std::vector<Trace>& traces) {
    Places places;
    const auto lines = splat.lines.subspan(splat.headline);
    for (const Trace& trace : traces)
        if (trace.label_index >= splat.headline) place_trace(trace, places);
    if (other_task_traced(lines)) places.trace.clear();
    bool held_list = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (places.struck.empty()) {
            auto frame = parse_instruction_pointer(lines[i].text);
            // After a call through NULL only the return address is left.
            if (!frame && i != 0 && lines[i - 1].text == "PC is at 0x0" &&
                lines[i].text.starts_with("LR is at "))
                frame = parse_symbol(lines[i].text.substr(9));
            if (frame) places.struck = base_name(frame->function);
        }
        // What else is held says nothing, unless the report is about nothing else.
        held_list = held_list || contains(lines[i].text, "other info that might");
        if (held_list && !places.acquired.empty()) continue;
        if (const auto frame = acquired_at(lines, i))
            places.acquired.push_back(base_name(frame->function));
    }
    return places;
}

// The function in a headline's groups: the last of them that is more than "Read" or "Write".
std::string named_function(const Groups& groups) {
    for (auto it = groups.rbegin(); it != groups.rend(); ++it)
        if (it->size() > 5) return base_name(*it);
    return groups.empty() ? std::string() : base_name(groups.back());
}

std::vector<std::string> joined(std::vector<std::string> first,
                                const std::vector<std::string>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

std::vector<std::string> candidates_of(const Places& places, Place place, const Groups& groups) {
    switch (place) {
        case Place::none:
            return {};
        case Place::named:
            return joined({named_function(groups)}, places.trace);
        case Place::warned:
            if (places.trace.empty()) return {};
            return joined({named_function(groups)}, places.trace);
        case Place::reported:
            return joined({named_function(groups)}, places.unlabelled);
        case Place::listed:
            return places.listed;
        case Place::struck:
            return joined({places.struck}, places.trace);
        case Place::trace:
            return places.trace;
        case Place::acquired:
            return joined(places.acquired, places.trace);
        case Place::irq_safe:
            return joined(places.irq_safe, joined(places.acquired, places.trace));
        case Place::looping:
            return places.trace;
        case Place::looping_struck:
            return joined({places.struck}, places.trace);
    }
    return {};
}

std::string function_of(const Places& places, const SyzbotRow& row, const Groups& groups) {
    std::vector<std::string> candidates = candidates_of(places, row.place, groups);
    std::erase(candidates, "");
    if (row.place != Place::looping && row.place != Place::looping_struck)
        return choose_function(candidates, row.kind);
    if (std::string function = looping_function(candidates); !function.empty()) return function;
    for (const auto& trace : places.all_traces)
        if (std::string function = looping_function(trace); !function.empty()) return function;
    return {};
}

std::string text_of(const Splat& splat) {
    std::string text;
    for (std::size_t i = splat.headline; i < splat.lines.size(); ++i) {
        text += splat.lines[i].text;
        text += '\n';
    }
    return text;
}

// No row knows the report, or it is too broken for any: the headline itself.
model::SyzbotView by_headline(std::string_view headline) {
    model::SyzbotView view;
    view.title = syzbot_text(headline);
    if (view.title.starts_with("WARNING: ")) view.type = "WARNING";
    return view;
}

// "...[   34.517718]..." in the middle of a line: another line was printed into it.
bool holds_timestamp(std::string_view text) {
    for (auto at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
        Cursor cursor(text.substr(at + 1));
        cursor.skip_blanks();
        const auto number = cursor.take_while([](char c) { return is_digit(c) || c == '.'; });
        if (contains(number, ".") && cursor.take("]")) return true;
    }
    return false;
}

model::SyzbotView by_row(const SyzbotRow& row, const Groups& groups, const Places& places) {
    model::SyzbotView view;
    const bool traced = !places.trace.empty() || !places.listed.empty();
    view.corrupted = (row.need == TraceNeed::needed && (!traced || places.trace_cut)) ||
                     row.need == TraceNeed::never_whole;
    std::string function;
    if (row.place != Place::none) {
        function = function_of(places, row, groups);
        if (function.empty()) {
            function = "corrupted";
            view.corrupted = true;
        }
    }
    view.title = fill(row.title, groups, function);
    const std::string type = upper(fill(row.type, groups, ""));
    if (!type.empty()) view.type = std::string_view(row.type) == "DoS" ? "DoS" : type;
    return view;
}

}  // namespace

bool is_mixed(const Splat& splat) {
    if (splat.headline >= splat.lines.size()) return false;
    const auto lines = splat.lines.subspan(splat.headline);
    return holds_timestamp(lines.front().text) || other_task_traced(lines);
}

model::SyzbotView syzbot_view(const Splat& splat, const std::vector<Trace>& traces) {
    model::SyzbotView view;
    if (splat.family == nullptr || splat.headline >= splat.lines.size()) return view;
    const std::string_view headline = splat.lines[splat.headline].text;
    const std::string text = text_of(splat);
    const Places places = read_places(splat, traces);
    const auto [begin, end] = compiled_rows().equal_range(splat.family->kind);
    for (auto it = begin; it != end; ++it) {
        Groups groups;
        if (!search(it->second.headline.get(), headline, groups)) continue;
        if (!search(it->second.body.get(), text, groups)) continue;
        view = by_row(*it->second.row, groups, places);
        break;
    }
    if (holds_timestamp(headline)) view.corrupted = true;
    // A known report whose body fits no row is cut or mixed with another.
    if (view.title.empty()) {
        view = by_headline(headline);
        view.corrupted = begin != end;
    }
    return view;
}

}  // namespace krepro::report
