// SPDX-License-Identifier: Apache-2.0
#include "zoo/judge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "report/frame.hpp"

namespace krepro::zoo {

namespace {

// As a word of its own: zoo_take is not zoo_take_nested.
bool names_function(const model::Report& report, const std::string& function) {
    return function.empty() ||
           (" " + report.title + " ").find(" " + function + " ") != std::string::npos;
}

bool in_frames(const model::Report& report, const std::string& function) {
    return std::any_of(report.frames.begin(), report.frames.end(), [&](const model::Frame& frame) {
        return report::base_name(frame.function) == function;
    });
}

bool has_lock(const model::Report& report, const std::string& name) {
    return std::any_of(report.locks.begin(), report.locks.end(),
                       [&](const model::Lock& lock) { return lock.name == name; });
}

void check_locks(const Bug& bug, const model::Report& report, std::vector<std::string>& wrong) {
    if (bug.locks.empty()) return;
    std::vector<std::string> names;
    for (const auto& lock : report.locks) names.push_back(lock.name);
    const bool all = std::all_of(bug.locks.begin(), bug.locks.end(),
                                 [&](const std::string& name) { return has_lock(report, name); });
    if (!all || names.size() != bug.locks.size())
        wrong.push_back(fmt::format("locks are [{}], not [{}]", fmt::join(names, ", "),
                                    fmt::join(bug.locks, ", ")));
}

void check_strangers(const Bug& bug, std::span<const model::Report> reports,
                     std::vector<std::string>& wrong) {
    int own = 0;
    for (const auto& report : reports) {
        if (report.kind == bug.kind && own++ == 0) continue;
        if (report.notice) continue;
        if (std::find(bug.also.begin(), bug.also.end(), report.kind) != bug.also.end()) continue;
        wrong.push_back(fmt::format("a report beside it: {}", report.title));
    }
}

}  // namespace

const model::Report* report_of(const Bug& bug, std::span<const model::Report> reports) {
    const auto found = std::find_if(reports.begin(), reports.end(),
                                    [&](const auto& report) { return report.kind == bug.kind; });
    return found == reports.end() ? nullptr : &*found;
}

Finding judge(const Bug& bug, std::span<const model::Report> reports) {
    Finding finding;
    finding.bug = bug.name;
    finding.kind = bug.kind;
    finding.raised = true;
    check_strangers(bug, reports, finding.wrong);
    const auto* report = report_of(bug, reports);
    if (report == nullptr) {
        finding.wrong.insert(finding.wrong.begin(), fmt::format("no report of kind {}", bug.kind));
        return finding;
    }
    finding.title = report->title;
    finding.syzbot = report->syzbot.title;
    auto& wrong = finding.wrong;
    if (!names_function(*report, bug.function))
        wrong.push_back(fmt::format("the title does not name {}{}", bug.function,
                                    in_frames(*report, bug.function) ? ", a frame does" : ""));
    check_locks(bug, *report, wrong);
    if (!bug.interrupt.empty() && report->context.interrupt != bug.interrupt)
        wrong.push_back(fmt::format("the context is {}, not {}",
                                    report->context.interrupt.value_or("unknown"), bug.interrupt));
    if (report->text.find(bug.says) == std::string::npos)
        wrong.push_back(fmt::format("the report lacks \"{}\"", bug.says));
    if (!bug.syzbot.empty() && report->syzbot.title != bug.syzbot)
        wrong.push_back(
            fmt::format("syzbot's title is \"{}\", not \"{}\"", report->syzbot.title, bug.syzbot));
    if (report->corrupted) wrong.emplace_back("the report counts as corrupted");
    finding.recognized = wrong.empty();
    return finding;
}

Finding skip(const Bug& bug, std::string why) {
    Finding finding;
    finding.bug = bug.name;
    finding.kind = bug.kind;
    finding.skipped = std::move(why);
    return finding;
}

}  // namespace krepro::zoo
