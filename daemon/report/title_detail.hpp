// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/report.hpp"
#include "report/line.hpp"

namespace krepro::report {

// What of its family a report is, where the kernel says so: "use-after-free read", "bad magic",
// "MAX_LOCK_DEPTH". Empty where the family says it all.
std::string detail_of(std::string_view kind, std::span<const Line> lines);

// The function that the words of a report name as the one to blame: the work that leaked a lock,
// the timer that leaked the preempt count. Its own frame has gone by then. Empty when none is
// named.
std::string named_function(std::string_view kind, std::span<const Line> lines);

// Where the locks of a report were taken that should not be held any more.
std::string taken_at(const model::Report& report);

// Whether the complaint is about what a library function was given, so that the caller tells more:
// kfree() of an object with a lock held, list_del() of a broken list.
bool blames_caller(std::string_view kind);

}  // namespace krepro::report
