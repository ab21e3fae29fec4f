// SPDX-License-Identifier: Apache-2.0
#include "vm/workload_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace krepro::vm {
namespace {

constexpr int k_exit_no_resource = 3;  // stress-ng's EXIT_NO_RESOURCE
constexpr int k_exit_cannot_run = 126;
constexpr int k_exit_not_found = 127;
constexpr int k_signal_kill = 9;
constexpr int k_exit_killed = 128 + k_signal_kill;
constexpr double k_at_once_s = 1;
constexpr std::int64_t k_short_of_memory_kib = 32768;

constexpr std::array<std::string_view, 5> k_refusals{"EBUSY", "Device or resource busy",
                                                     "no resource", "out of resources",
                                                     "Operation not permitted"};
constexpr std::array<std::string_view, 4> k_memory_words{"Out of memory", "out of memory",
                                                         "Cannot allocate memory", "ENOMEM"};

template <std::size_t N>
bool says_any(std::string_view text, const std::array<std::string_view, N>& words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return text.find(word) != std::string_view::npos;
    });
}

std::string last_line(std::string_view text) {
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    const auto start = text.rfind('\n');
    return std::string(text.substr(start == text.npos ? 0 : start + 1).substr(0, 200));
}

std::string ending_words(const model::HarnessEvent& event) {
    std::string words = event.signal ? fmt::format("signal {}", *event.signal)
                                     : fmt::format("status {}", event.exit_status.value_or(0));
    if (const auto line = last_line(event.what); !line.empty()) words += ": " + line;
    return words;
}

}  // namespace

void WorkloadWatch::on_heartbeat(const model::HarnessEvent& event) {
    if (event.dl_tasks)
        most_deadline_tasks_ = std::max(most_deadline_tasks_.value_or(0), *event.dl_tasks);
    if (!event.mem_available_kib) return;
    least_memory_kib_ =
        std::min(least_memory_kib_.value_or(*event.mem_available_kib), *event.mem_available_kib);
}

void WorkloadWatch::on_iteration_start(const model::HarnessEvent& event) {
    iteration_began_ = event.uptime;
}

bool WorkloadWatch::ended_at_once(const model::HarnessEvent& event) const {
    return iteration_began_ && event.uptime - *iteration_began_ < k_at_once_s;
}

bool WorkloadWatch::memory_is_short() const {
    return least_memory_kib_ && *least_memory_kib_ < k_short_of_memory_kib;
}

WorkloadWatch::Failure WorkloadWatch::failure_of(const model::HarnessEvent& event) const {
    const int status = event.exit_status.value_or(0);
    if (status == 0 && !event.signal) return Failure::none;
    const bool killed = event.signal == k_signal_kill || status == k_exit_killed;
    if (says_any(event.what, k_memory_words) || (killed && memory_is_short()))
        return Failure::out_of_memory;
    if (status == k_exit_no_resource || says_any(event.what, k_refusals)) return Failure::refused;
    if (status == k_exit_cannot_run || status == k_exit_not_found) return Failure::not_run;
    // A reproducer may well end non-zero, as one does that a timeout kills; but not before it can
    // have done anything. Where work is counted, the counters say so themselves.
    if (unit_ == model::ExposureUnit::guest_seconds && ended_at_once(event))
        return Failure::at_once;
    return Failure::none;
}

std::optional<WorkloadWatch::Finding> WorkloadWatch::on_iteration_end(
    const model::HarnessEvent& event, double exits) {
    const bool had_exits = exits > exits_before_;
    exits_before_ = exits;
    const Failure failure = had_exits ? Failure::none : failure_of(event);
    failures_in_a_row_ = failure != Failure::none && failure == last_failure_
                             ? failures_in_a_row_ + 1
                             : (failure != Failure::none ? 1 : 0);
    last_failure_ = failure;
    without_exits_in_a_row_ = had_exits ? 0 : without_exits_in_a_row_ + 1;
    least_memory_kib_.reset();
    iteration_began_.reset();
    if (failures_in_a_row_ >= k_in_a_row)
        if (auto finding = finding_of(failure, event)) return finding;
    if (unit_ == model::ExposureUnit::deadline_exits && without_exits_in_a_row_ >= k_in_a_row)
        return Finding{
            model::Cause::workload_without_effect,
            fmt::format("{} in {} iterations", no_exits_words(), without_exits_in_a_row_)};
    return std::nullopt;
}

std::optional<WorkloadWatch::Finding> WorkloadWatch::finding_of(
    Failure failure, const model::HarnessEvent& event) const {
    const auto words = ending_words(event);
    switch (failure) {
        case Failure::refused:
            return Finding{model::Cause::workload_refused,
                           "the workload was refused again and again: " + words};
        case Failure::out_of_memory:
            return Finding{model::Cause::out_of_memory,
                           "the workload ran out of memory again and again: " + words};
        case Failure::not_run:
            return Finding{model::Cause::workload_without_effect,
                           "the workload's command cannot be run: " + words};
        case Failure::at_once:
            return Finding{model::Cause::workload_without_effect,
                           "the workload failed at once again and again: " + words +
                               " (a script that is meant to fail at once ends in `|| true`)"};
        case Failure::none:
            break;
    }
    return std::nullopt;
}

std::string WorkloadWatch::no_exits_words() const {
    return most_deadline_tasks_ == 0 ? "no deadline task was ever admitted"
                                     : "no deadline task exited";
}

}  // namespace krepro::vm
