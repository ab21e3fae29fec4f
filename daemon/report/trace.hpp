// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/report.hpp"
#include "report/line.hpp"

namespace krepro::report {

// What a list of frames stands for.
enum class TraceRole {
    call,      // "Call Trace:": where the kernel is now
    lock_use,  // lockdep: where a lock was once taken or got its state
    memory,    // KASAN and others: allocated, freed, last potentially related work
    other,
};

// Frames below one label.
struct Trace {
    TraceRole role = TraceRole::other;
    std::string_view label;  // the line above the frames
    std::size_t label_index = 0;
    std::size_t end_index = 0;  // of the line behind the last frame
    std::vector<model::Frame> frames;
};

// Whether a line starts a call trace: "Call Trace:", "Call trace:", "Backtrace:".
bool is_call_trace_label(std::string_view text);

// All traces of a splat, in the order printed. Only the first k_max_frames frames of one are kept.
constexpr std::size_t k_max_frames = 1024;
std::vector<Trace> read_traces(std::span<const Line> lines);

// The function in "RIP: 0010:name+0x1/0x2", "pc : name+0x1/0x2", "IP: name+0x...", "PC is at ...",
// "NIP [c00...] name", "epc : name ...": where an exception struck.
std::optional<model::Frame> parse_instruction_pointer(std::string_view text);

}  // namespace krepro::report
