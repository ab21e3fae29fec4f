// SPDX-License-Identifier: Apache-2.0
#include "report/wait_scheme.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "report/frame_class.hpp"
#include "report/lock.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

using Evidence = std::optional<WaitScheme>;

// include/linux/lockdep_types.h: spin is 2 in both schemes. With a level of its own, config is 3,
// sleep 4 and max 5; without, config is spin, sleep 3 and max 4.
constexpr int k_spin = 2;
constexpr int k_config_or_sleep = 3;
constexpr int k_sleep_or_max = 4;

// A lock whose type in the sources is LD_WAIT_CONFIG.
Evidence by_config_lock(int value) {
    if (value == k_spin) return WaitScheme::plain;
    if (value == k_config_or_sleep) return WaitScheme::raw_nesting;
    return std::nullopt;
}

// A lock whose type in the sources is LD_WAIT_SLEEP.
Evidence by_sleeping_lock(int value) {
    if (value == k_config_or_sleep) return WaitScheme::plain;
    if (value == k_sleep_or_max) return WaitScheme::raw_nesting;
    return std::nullopt;
}

// "{n:m}" of a context is what one may still take there: spin, config or max.
Evidence by_context(const model::Context& context) {
    if (!context.wait_inner) return std::nullopt;
    const int value = context.wait_inner->value;
    if (value == k_config_or_sleep || value > k_sleep_or_max) return WaitScheme::raw_nesting;
    if (value == k_sleep_or_max) return WaitScheme::plain;
    return std::nullopt;
}

bool is_rt_spinning(std::string_view function) {
    return function.starts_with("rt_spin_") || function.starts_with("rt_read_") ||
           function.starts_with("rt_write_");
}

bool is_sleeping_name(std::string_view name) {
    constexpr auto k_endings = std::to_array<std::string_view>(
        {"mutex", "mutex_key", "rwsem", "mmap_lock", "mmap_sem", "cpu_hotplug_lock"});
    return std::any_of(k_endings.begin(), k_endings.end(),
                       [&](std::string_view ending) { return name.ends_with(ending); });
}

// By what a lock is called or who took it: the section of a reader of RCU, and what a spinlock of
// PREEMPT_RT takes, count as config locks.
Evidence by_lock(const model::Lock& lock) {
    if (!lock.wait_inner) return std::nullopt;
    const int value = lock.wait_inner->value;
    if (value >= k_sleep_or_max) return WaitScheme::raw_nesting;  // no lock is of the type max
    if (lock.name == "rcu_read_lock" ||
        (lock.acquired_at && is_rt_spinning(lock.acquired_at->function)))
        return by_config_lock(value);
    return is_sleeping_name(lock.name) ? by_sleeping_lock(value) : std::nullopt;
}

Evidence by_locks(const std::vector<model::Lock>& locks) {
    for (const model::Lock& lock : locks)
        if (const Evidence found = by_lock(lock)) return found;
    return std::nullopt;
}

// By the function that was taking the report's first lock: the innermost lock primitive.
Evidence by_primitive(const model::Report& report) {
    if (report.locks.empty() || !report.locks.front().wait_inner) return std::nullopt;
    const int value = report.locks.front().wait_inner->value;
    const auto frame =
        std::find_if(report.frames.begin(), report.frames.end(), [](const model::Frame& f) {
            return f.certain && classify_frame(f) == FrameClass::primitive;
        });
    if (frame == report.frames.end()) return std::nullopt;
    const std::string_view function = frame->function;
    if (is_rt_spinning(function)) return by_config_lock(value);
    // Elsewhere spinlocks are of both kinds, and only what is no raw one tells.
    if (contains(function, "spin_") || contains(function, "_raw_"))
        return value == k_config_or_sleep ? Evidence(WaitScheme::raw_nesting) : std::nullopt;
    if (contains(function, "mutex_lock") || function.starts_with("down_"))
        return by_sleeping_lock(value);
    return std::nullopt;
}

}  // namespace

WaitScheme wait_scheme(const model::Report& report) {
    if (const Evidence found = by_context(report.context)) return *found;
    if (const Evidence found = by_locks(report.locks)) return *found;
    if (const Evidence found = by_locks(report.held)) return *found;
    if (const Evidence found = by_primitive(report)) return *found;
    // Nothing printed tells: a kernel that is debugged for PREEMPT_RT has the level.
    return contains(report.context.release, "-rt") ? WaitScheme::raw_nesting : WaitScheme::plain;
}

}  // namespace krepro::report
