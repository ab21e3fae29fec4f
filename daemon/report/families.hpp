// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace krepro::report {

// What a headline does to a console that is being read.
enum class HeadlineRole {
    opens,    // a report begins here
    claims,   // a report begins here if a trace follows; the words alone are used for much else
    joins,    // goes on with the report that has begun, and opens one where there is none
    notices,  // one line that is no bug: the scheduler or a timer remarks on a slow machine
    remarks,  // one line, whatever goes on around it
    boots,    // the kernel starts: a report from the second time on
    details,  // belongs to a report that has begun; alone it is no report
};

// Which of the kernel's checks speaks.
enum class Detector { lockdep, atomic, scheduler, memory, oops, warning, hang, panic, other };

// One way the kernel complains: what its headline looks like and what it means.
struct Family {
    std::string_view kind;    // stable name in JSON and queries
    std::string_view needle;  // the headline holds this ...
    std::string_view also;    // ... and, behind it, this; empty: nothing more is asked
    Detector detector = Detector::other;
    HeadlineRole role = HeadlineRole::opens;
    bool disables_lockdep = false;  // lockdep is off for the rest of the boot
    std::string_view words;         // how our title begins
};

// First match wins: the more telling rows stand first.
std::span<const Family> families();

// The family whose headline this line is; nullptr for any other line.
const Family* find_family(std::string_view text);

// Whether the kernel prints such a report without a call trace.
bool is_without_trace(std::string_view kind);

// The family by its kind; nullptr when there is none.
const Family* family_of_kind(std::string_view kind);

}  // namespace krepro::report
