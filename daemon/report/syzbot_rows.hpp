// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace krepro::report {

// Where a title's function comes from.
enum class Place {
    none,            // the title names no function
    named,           // the headline's own function, then the call trace
    warned,          // the same, but nothing without a call trace
    reported,        // the headline's own function, then the frames that follow it without a label
    listed,          // the first list of frames, whatever it stands for
    struck,          // the instruction pointer, then the call trace
    trace,           // the call trace
    acquired,        // where the locks that lockdep complains about were taken, then the call trace
    irq_safe,        // where an interrupt took the lock: "... which became HARDIRQ-irq-safe at:"
    looping,         // right below the dispatcher that a CPU loops under: the top frames are chance
    looping_struck,  // the same, the instruction pointer being the innermost frame
};

// Whether a report of this kind without a call trace is a broken one.
enum class TraceNeed {
    needed,
    optional,
    never_whole,  // only a broken report gets here
};

// How syzbot names one kind of report. Rows are tried in order; the first whose patterns match
// gives the title.
struct SyzbotRow {
    std::string_view kind;      // Family::kind
    const char* headline = "";  // RE2 searched in the headline; its groups are {1}, {2}, ...
    const char* body = "";      // RE2 searched in the whole report; its groups come next
    const char* title = "";     // {1}: a group, {F}: the function of `place`
    Place place = Place::trace;
    const char* type = "";  // empty: none; may use groups, in capitals
    TraceNeed need = TraceNeed::needed;
};

std::span<const SyzbotRow> syzbot_rows();

}  // namespace krepro::report
