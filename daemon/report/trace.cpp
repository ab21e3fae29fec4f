// SPDX-License-Identifier: Apache-2.0
#include "report/trace.hpp"

#include <array>

#include "report/frame.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

struct Marker {
    std::string_view text;
    std::string_view stack;  // what follows stands on this stack
};
constexpr std::array k_markers{
    Marker{"<IRQ>", "IRQ"}, Marker{"</IRQ>", ""},           Marker{"<EOI>", ""},
    Marker{"<<EOI>>", ""},  Marker{"<TASK>", "TASK"},       Marker{"</TASK>", ""},
    Marker{"<NMI>", "NMI"}, Marker{"</NMI>", ""},           Marker{"<EOE>", ""},
    Marker{"<<EOE>>", ""},  Marker{"<SOFTIRQ>", "SOFTIRQ"}, Marker{"</SOFTIRQ>", ""},
    Marker{"<#DF>", "DF"},  Marker{"</#DF>", ""},           Marker{"<#DB>", "DB"},
    Marker{"</#DB>", ""},   Marker{"<#MC>", "MC"},          Marker{"</#MC>", ""},
    Marker{"<UNK>", ""},
};

const Marker* leading_marker(std::string_view text) {
    if (text.empty() || text.front() != '<') return nullptr;
    for (const Marker& marker : k_markers)
        if (text.starts_with(marker.text)) return &marker;
    return nullptr;
}

TraceRole role_of(std::string_view label) {
    if (is_call_trace_label(label)) return TraceRole::call;
    for (const std::string_view word :
         {"Allocated by", "Freed by", "llocated by task", "created at", "stored to memory at",
          "potentially related work", "page last allocated", "page last free"})
        if (contains(label, word)) return TraceRole::memory;
    if (label.starts_with("->") || label.ends_with(" at:") || label.ends_with("at: ") ||
        contains(label, "was registered at"))
        return TraceRole::lock_use;
    return TraceRole::other;
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() < 200 &&
           (text.back() == ':' || text.starts_with("-> #") ||
            text.starts_with("page last allocated") || text.starts_with("page last free"));
}

// Gathers frames below labels, line by line.
class TraceReader {
  public:
    void take(std::string_view raw, std::size_t index) {
        std::string_view text = trim(raw);
        while (const Marker* marker = leading_marker(text)) {
            stack_ = marker->stack;
            text = trim_left(text.substr(marker->text.size()));
        }
        if (text.empty()) return;
        std::string_view symbol = text;
        if (is_call_trace_label(text)) {
            begin(text, index);
            symbol = text.starts_with("Call") ? text.substr(11) : std::string_view();
            if (trim(symbol).empty()) return;
        }
        if (auto frame = parse_frame(symbol))
            add(std::move(*frame), index);
        else if (auto interrupted = parse_instruction_pointer(text))
            interrupted_ = std::move(interrupted);
        else if (is_label(text))
            begin(text, index);
        else if (text.starts_with("---["))
            interrupted_.reset();
    }
    std::vector<Trace> finish() {
        std::erase_if(traces_,
                      [](const Trace& t) { return t.frames.empty() && t.role != TraceRole::call; });
        return std::move(traces_);
    }

  private:
    void begin(std::string_view label, std::size_t index) {
        if (!traces_.empty() && traces_.back().frames.empty() &&
            traces_.back().role != TraceRole::call)
            traces_.pop_back();
        traces_.push_back({role_of(label), label, index, index + 1, {}});
        stack_ = {};
        interrupted_.reset();
    }
    void add(model::Frame frame, std::size_t index) {
        if (traces_.empty()) traces_.push_back({TraceRole::other, {}, index, index + 1, {}});
        Trace& trace = traces_.back();
        trace.end_index = index + 1;
        if (trace.frames.size() >= k_max_frames) return;
        // An interrupt's stack ends with the registers of what it interrupted, whose callers
        // follow.
        if (interrupted_ && !trace.frames.empty()) trace.frames.push_back(std::move(*interrupted_));
        interrupted_.reset();
        frame.stack = std::string(stack_);
        trace.frames.push_back(std::move(frame));
    }

    std::vector<Trace> traces_;
    std::string_view stack_;
    std::optional<model::Frame> interrupted_;
};

// Skips "[<ffffffff81081ea5>]" twice, which old kernels print before the symbol.
std::string_view behind_addresses(std::string_view text) {
    for (;;) {
        text = trim_left(text);
        if (!text.starts_with("[<") && !text.starts_with("[c0") && !text.starts_with("[ffff"))
            return text;
        const auto end = text.find(']');
        if (end == std::string_view::npos) return text;
        text = text.substr(end + 1);
    }
}

}  // namespace

bool is_call_trace_label(std::string_view text) {
    text = trim(text);
    // A line that was cut off by the label of a trace ends with it.
    return text.starts_with("Call Trace:") || text.starts_with("Call trace:") ||
           text.starts_with("Backtrace:") || text.ends_with("Call Trace:");
}

std::vector<Trace> read_traces(std::span<const Line> lines) {
    TraceReader reader;
    for (std::size_t i = 0; i < lines.size(); ++i) reader.take(lines[i].text, i);
    return reader.finish();
}

std::optional<model::Frame> parse_instruction_pointer(std::string_view text) {
    text = trim(text);
    if (text.empty() || !contains("REIPpeN", text.substr(0, 1))) return std::nullopt;
    for (const std::string_view tag :
         {"RIP: ", "EIP: ", "IP: ", "PC is at ", "pc : ", "epc : ", "NIP ", "pc: "}) {
        if (!text.starts_with(tag)) continue;
        std::string_view rest = text.substr(tag.size());
        Cursor cursor(rest);
        cursor.take_while(is_hex);
        if (cursor.take(":")) rest = cursor.rest();
        return parse_symbol(behind_addresses(rest));
    }
    return std::nullopt;
}

}  // namespace krepro::report
