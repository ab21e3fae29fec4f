// SPDX-License-Identifier: Apache-2.0
#include "report/syzbot_frames.hpp"

#include <algorithm>
#include <string_view>

#include "report/syzbot_helpers.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

// A syscall has many entry points by architecture and compiler; one name stands for them all:
// "sys_futex" for the wrappers that say so, the bare name for those that capitals give away.
std::string plain_name(std::string_view function) {
    for (const std::string_view prefix :
         {"__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__riscv_sys_", "__s390x_sys_"})
        if (function.starts_with(prefix))
            return "sys_" + std::string(function.substr(prefix.size()));
    for (const std::string_view prefix :
         {"compat_SyS_", "SyS_", "SYSC_", "__se_sys_", "__do_sys_", "__se_compat_sys_", "ksys_"})
        if (function.starts_with(prefix)) return std::string(function.substr(prefix.size()));
    // The grace periods of old and new kernels are one thing.
    for (const std::string_view name : {"synchronize_sched", "synchronize_rcu"})
        if (function.starts_with(name)) return "synchronize_rcu";
    return std::string(function);
}

// The timer interrupt that noticed a loop is no part of it.
bool is_tick_entry(std::string_view function) {
    return contains(function, "apic_timer_interrupt") || contains(function, "sysvec_apic_timer") ||
           contains(function, "sysvec_irq_work") || function == "el1_irq" ||
           function == "__irq_svc" || contains(function, "gic_handle_irq");
}

// Where the code that loops begins on a trace: below the timer interrupt, if that printed it.
std::size_t loop_begin(const std::vector<std::string>& trace) {
    auto at = std::find(trace.begin(), trace.end(), "update_process_times");
    at = std::find_if(at, trace.end(), [](const auto& name) { return is_tick_entry(name); });
    at = std::find_if_not(at, trace.end(), [](const auto& name) { return is_tick_entry(name); });
    return at == trace.end() ? 0 : static_cast<std::size_t>(at - trace.begin());
}

}  // namespace

std::string looping_function(const std::vector<std::string>& trace) {
    const std::size_t begin = loop_begin(trace);
    for (std::size_t i = begin; i < trace.size(); ++i) {
        if (contains(trace[i], "smp_call_function")) return "smp_call_function";
        if (trace[i] == "rcu_gp_kthread") return {};
        if (is_dispatcher(trace[i])) return plain_name(trace[i > begin ? i - 1 : i]);
    }
    return {};
}

std::string choose_function(const std::vector<std::string>& candidates, std::string_view kind) {
    for (const std::string& candidate : candidates)
        if (!is_helper(candidate, kind)) return plain_name(candidate);
    return {};
}

}  // namespace krepro::report
