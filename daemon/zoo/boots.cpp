// SPDX-License-Identifier: Apache-2.0
#include "zoo/boots.hpp"

#include <fmt/format.h>

namespace krepro::zoo {

namespace {

constexpr std::string_view k_mark = "krepro-zoo: raising ";
constexpr int k_vcpus = 2;
constexpr int k_memory_mib = 512;

void add(BootPlan& plan, const Bug& bug) {
    plan.bugs.push_back(bug);
    plan.wait_s += bug.wait_s;
}

// The begin of the line that holds `at`.
std::size_t line_begin(std::string_view text, std::size_t at) {
    const auto newline = text.rfind('\n', at);
    return newline == std::string_view::npos ? 0 : newline + 1;
}

// Where the driver says that it raises this bug; npos when it does not.
std::size_t find_mark(std::string_view console, std::string_view bug) {
    for (auto at = console.find(k_mark); at != std::string_view::npos;
         at = console.find(k_mark, at + 1)) {
        const auto rest = console.substr(at + k_mark.size());
        const auto name = rest.substr(0, rest.find_first_of("\r\n"));
        if (name == bug && rest.size() > name.size()) return at;
    }
    return std::string_view::npos;
}

}  // namespace

std::vector<BootPlan> plan_boots(const std::vector<Bug>& bugs) {
    std::vector<BootPlan> plans;
    BootPlan shared;
    for (const Bug& bug : bugs) {
        if (bug.boot == Boot::shared && bug.command_line.empty()) {
            add(shared, bug);
            continue;
        }
        BootPlan own;
        own.command_line = bug.command_line;
        add(own, bug);
        plans.push_back(std::move(own));
    }
    if (!shared.bugs.empty()) plans.insert(plans.begin(), std::move(shared));
    return plans;
}

model::Workload workload_of(const BootPlan& plan) {
    model::Workload workload;
    workload.name = "zoo";
    workload.vcpus = k_vcpus;
    workload.memory_mib = k_memory_mib;
    for (const Bug& bug : plan.bugs) {
        if (!bug.setup.empty()) workload.script += bug.setup + "\n";
        // What is raised while the kernel boots has been raised by now.
        if (bug.command_line.find("krepro_zoo=") == std::string::npos)
            workload.script += fmt::format("(echo {} > /proc/krepro-zoo)\n", bug.name);
        workload.script += fmt::format("sleep {:g}\n", bug.wait_s);
    }
    return workload;
}

Slice slice_of(std::string_view console, std::string_view bug) {
    const auto mark = find_mark(console, bug);
    if (mark == std::string_view::npos) return {};
    Slice slice{line_begin(console, mark), console.size()};
    const auto next = console.find(k_mark, mark + k_mark.size());
    if (next != std::string_view::npos) slice.end = line_begin(console, next);
    return slice;
}

std::vector<model::Report> reports_in(const Slice& slice, std::span<const model::Report> reports) {
    std::vector<model::Report> found;
    for (const auto& report : reports)
        if (report.first_byte >= slice.begin && report.first_byte < slice.end)
            found.push_back(report);
    return found;
}

}  // namespace krepro::zoo
