// SPDX-License-Identifier: Apache-2.0
// What the harness in the guest says.
#include <fmt/format.h>

#include "vm/run_monitor.hpp"

namespace krepro::vm {

using model::Cause;
using model::HarnessType;

namespace {

// As krepro-init's timer_problem() begins.
constexpr std::string_view k_timers_off = "high-resolution timers are off";

}  // namespace

std::string RunMonitor::heartbeat_words(const model::HarnessEvent& event) {
    std::string words =
        fmt::format("heartbeat at {:.3f} s: iteration {}", event.uptime, event.iteration);
    if (event.debug_locks) words += fmt::format(", debug_locks {}", *event.debug_locks);
    if (event.dl_tasks) words += fmt::format(", dl_tasks {}", *event.dl_tasks);
    if (event.dl_exits) words += fmt::format(", dl_exits {}", *event.dl_exits);
    if (event.bogo_ops) words += fmt::format(", bogo_ops {}", *event.bogo_ops);
    return words;
}

RunAction RunMonitor::handle(const HarnessLine& line) {
    const auto& event = line.event;
    switch (event.type) {
        case HarnessType::hello:
            return Continue{};
        case HarnessType::iteration_start:
            return on_iteration_start(event);
        case HarnessType::ready:
            return on_ready(event);
        case HarnessType::heartbeat:
            return on_heartbeat(event);
        case HarnessType::iteration_end:
            return on_iteration_end(event);
        case HarnessType::done:
            // A splat's last lines may still be on their way: the stopped domain ends the trial.
            done_ = phase_ == Phase::loaded;
            return Continue{};
        case HarnessType::error:
            break;
    }
    prove("harness: " + event.what);
    if (auto action = settled()) return *action;
    // A matter of the host's load, which passes: no broken host, and nothing that the kernel did.
    if (event.what.starts_with(k_timers_off))
        return end_void(Cause::host_stall, "the host was too busy for the guest: " + event.what);
    return end_void(Cause::infrastructure, "the harness in the guest gave up: " + event.what);
}

RunAction RunMonitor::on_ready(const model::HarnessEvent& event) {
    if (phase_ != Phase::booting) return Continue{};
    phase_ = Phase::loaded;
    last_heartbeat_ = now_;
    outcome_.ready_s = since(start_);
    outcome_.guest_s = event.uptime;
    meter_.begin(event);
    return Continue{};
}

RunAction RunMonitor::on_heartbeat(const model::HarnessEvent& event) {
    if (phase_ == Phase::booting) return Continue{};
    last_heartbeat_ = now_;
    outcome_.guest_s = event.uptime;
    outcome_.lockdep_alive_at_end = event.debug_locks == 1;
    meter_.add(event);
    workload_.on_heartbeat(event);
    const bool first = !heartbeat_;
    heartbeat_ = event;
    if (first) return on_first_heartbeat(event);
    if (phase_ == Phase::closing_hit || phase_ == Phase::closing_other) {
        if (precedes_report(event) || !meter_.closes()) return Continue{};
        meter_.settle();
        prove(heartbeat_words(event));
        return phase_ == Phase::closing_hit ? close_hit() : end_reported();
    }
    if (phase_ == Phase::past_hit) return on_heartbeat_past_hit(event);
    if (phase_ != Phase::loaded) return Continue{};
    if (event.debug_locks != 0) return on_live_heartbeat(event);
    prove(heartbeat_words(event));
    enter(Phase::unexplained, k_report_wait_s);
    return Continue{};
}

bool RunMonitor::precedes_report(const model::HarnessEvent& event) const {
    return event.debug_locks == 1 && (hit_blinds_ || phase_ == Phase::closing_other ||
                                      (hit_uptime_ && event.uptime <= *hit_uptime_));
}

// Written right after "ready", before the workload's first iteration: a report that it follows came
// before the workload too, although it was told after "ready".
RunAction RunMonitor::on_first_heartbeat(const model::HarnessEvent& event) {
    const bool closing = phase_ == Phase::closing_hit || phase_ == Phase::closing_other;
    if (closing && precedes_report(event)) return Continue{};
    if (closing || event.debug_locks != 1) prove(heartbeat_words(event));
    if (phase_ == Phase::closing_hit)
        return patched() ? end_hit(Cause::lockdep_off_early)
                         : end_void(Cause::lockdep_off_early,
                                    "the target hit before the workload began: " + title_);
    if (patched())
        if (auto action = settled()) return *action;
    if (event.debug_locks == 1) return Continue{};
    if (!event.debug_locks)
        return end_void(Cause::lockdep_absent,
                        "the kernel has no lockdep: /proc/lockdep_stats says nothing");
    if (!patched()) return end_blind_early();
    // With the patch a sight of the bug always counts, and its splat may still be on its way.
    enter(Phase::blind_early, k_report_wait_s);
    return Continue{};
}

RunAction RunMonitor::on_live_heartbeat(const model::HarnessEvent& event) {
    if (event.debug_locks != 1) return Continue{};
    fresh_title_.clear();
    if (linger_until_ && event.uptime >= *linger_until_) return end_finished();
    if (since(start_) >= limits_.wall_s) linger(event.uptime);
    const bool has_goal = limits_.exposure_goal > 0;
    if (has_goal && meter_.exposure() >= limits_.exposure_goal) linger(event.uptime);
    return Continue{};
}

RunAction RunMonitor::on_iteration_start(const model::HarnessEvent& event) {
    if (phase_ == Phase::booting) return Continue{};
    meter_.work(event.uptime);
    workload_.on_iteration_start(event);
    return Continue{};
}

RunAction RunMonitor::on_iteration_end(const model::HarnessEvent& event) {
    if (phase_ == Phase::booting) return Continue{};
    ++outcome_.iterations;
    meter_.rest(event.uptime);
    if (phase_ != Phase::loaded && phase_ != Phase::past_hit) return Continue{};
    if (const auto finding = workload_.on_iteration_end(event, meter_.exits());
        finding && phase_ == Phase::loaded) {
        prove(fmt::format("iteration {} ended: {}", event.iteration, event.what));
        return end_void(finding->cause, finding->detail);
    }
    if (limits_.iterations > 0 && outcome_.iterations >= limits_.iterations) linger(event.uptime);
    return Continue{};
}

RunAction RunMonitor::on_heartbeat_past_hit(const model::HarnessEvent& event) {
    const bool over = linger_until_ && event.uptime >= *linger_until_;
    return over || since(start_) >= limits_.wall_s ? end_hit() : RunAction{Continue{}};
}

double RunMonitor::closing_s() const {
    // Emulated guests take up to three times their own time, and clear up before the next one.
    constexpr double k_slowest = 3;
    constexpr double k_to_clear_s = 10;
    if (limits_.unit != model::ExposureUnit::bogo_ops) return limits_.after_hit_s;
    return k_slowest * limits_.iteration_s + k_to_clear_s;
}

}  // namespace krepro::vm
