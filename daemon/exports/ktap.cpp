// SPDX-License-Identifier: Apache-2.0
// KTAP version 1, as Documentation/dev-tools/ktap.rst of the kernel lays it down.
#include <fmt/format.h>

#include <algorithm>

#include "exports/format.hpp"
#include "exports/suites.hpp"
#include "exports/text.hpp"

namespace krepro::exports {

namespace {

bool is_ok(CaseResult result) {
    return result == CaseResult::pass || result == CaseResult::skip;
}

// A '#' ends the description, so that none may be in it.
std::string description(std::string text) {
    std::replace(text.begin(), text.end(), '#', ' ');
    return text;
}

std::string directive(CaseResult result) {
    if (result == CaseResult::skip) return "SKIP ";
    return result == CaseResult::error ? "ERROR " : "";
}

std::string result_line(int number, const Case& made) {
    auto line = fmt::format("{} {} {}", is_ok(made.result) ? "ok" : "not ok", number,
                            description(made.name));
    if (!made.message.empty()) line += " # " + directive(made.result) + made.message;
    return line + "\n";
}

// The result of a suite from those of its cases: skipped when all of them were.
Case summary_of(const Suite& suite) {
    Case summary;
    summary.name = suite.name;
    const auto size = static_cast<int>(suite.cases.size());
    if (suite.count(CaseResult::skip) == size) summary.result = CaseResult::skip;
    if (suite.count(CaseResult::error) > 0) summary.result = CaseResult::error;
    if (suite.count(CaseResult::fail) > 0) summary.result = CaseResult::fail;
    if (size == 0) summary.message = "no trials";
    return summary;
}

std::string nested(const Suite& suite) {
    if (suite.cases.empty()) return "";
    std::string text = fmt::format("KTAP version 1\n1..{}\n", suite.cases.size());
    int number = 0;
    for (const auto& made : suite.cases) {
        text += prefixed(made.detail, "# ");
        text += result_line(++number, made);
    }
    return prefixed(text, "  ");
}

}  // namespace

std::string write_ktap(const Evidence& evidence, const Maker& maker) {
    const auto suites = suites_of(evidence);
    std::string text = fmt::format("KTAP version 1\n1..{}\n", suites.size());
    text += "# krepro " + maker.version + ": " + plain_line(evidence.job.title) + "\n";
    int number = 0;
    for (const auto& suite : suites)
        text += nested(suite) + result_line(++number, summary_of(suite));
    return text;
}

}  // namespace krepro::exports
