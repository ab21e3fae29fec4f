// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "exports/evidence.hpp"

namespace krepro::exports {

// A verdict as test results, for the formats that know nothing else.
enum class CaseResult {
    pass,
    fail,   // the patched kernel is at fault
    error,  // no answer could be had
    skip,   // no evidence
};

struct Case {
    std::string name;  // one line, without '#'
    CaseResult result = CaseResult::pass;
    double seconds = 0;
    std::string message;  // one line
    std::string detail;   // lines: the reports
};

struct Suite {
    std::string name;
    std::string started_at;  // ISO 8601; empty when nothing ran
    std::vector<Case> cases;

    [[nodiscard]] int count(CaseResult result) const;
    [[nodiscard]] double seconds() const;
};

// "unpatched" and "patched" with a case a trial, then "verdict" with one case. A run is red exactly
// when the verdict is not `fixed`: a hit on the unpatched kernel is what is wanted there, and what
// a `fixed` verdict put down to chance is skipped.
[[nodiscard]] std::vector<Suite> suites_of(const Evidence& evidence);

}  // namespace krepro::exports
