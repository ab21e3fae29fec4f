// SPDX-License-Identifier: Apache-2.0
#include "vm/run_monitor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace krepro::vm {
namespace {

using model::Cause;
using model::OutcomeKind;

// From a VM's start to the end of one that hangs while it boots, its destruction not counted.
constexpr double k_hang_costs_s = 19;
constexpr double k_least_silence_s = 6;
// The hit may come up to a SCHED_DEADLINE period after the exit that led to it.
constexpr double k_linger_s = 3;
constexpr double k_report_wait_at_most_s = 10;
constexpr double k_panic_wait_s = 5;
// Past its wall limit a trial is ended by its next heartbeat, so that no exposure is lost.
constexpr double k_wall_grace_s = 3;
// Ticks come at least once a second. Without one for so long, krepro itself did not run, and
// silence in the meantime says nothing about the guest.
constexpr double k_suspended_s = 30;
// The monotonic clock stands still while the host sleeps; the guest's own clocks need not.
constexpr double k_slept_s = 2;
// After a shorter gap the guest is given the time that it has lost with us.
constexpr double k_paused_s = 3;
constexpr std::size_t k_most_proof_lines = 16;
constexpr std::size_t k_longest_proof_line = 300;

std::string request_words(Cause cause) {
    if (cause == Cause::cancelled) return "the job was cancelled";
    if (cause == Cause::not_needed) return "the job ended while this trial ran";
    return "krepro was stopped";
}

}  // namespace

RunMonitor::RunMonitor(TrialLimits limits, util::SteadyTime start)
    : limits_(limits),
      start_(start),
      now_(start),
      last_console_(start),
      last_heartbeat_(start),
      last_tick_(start),
      phase_began_(start),
      meter_(limits.unit),
      workload_(limits.unit) {
    outcome_.unit = limits.unit;
}

RunAction RunMonitor::on(const RunEvent& event, util::SteadyTime now) {
    if (phase_ == Phase::ended) return Continue{};
    now_ = std::max(now_, now);
    return std::visit([this](const auto& e) { return handle(e); }, event);
}

// --- what happens to the domain and to us

RunAction RunMonitor::handle(const DomainCrashed&) {
    if (phase_ == Phase::past_hit) return end_hit(Cause::panic);
    if (phase_ == Phase::closing_hit || phase_ == Phase::closing_other ||
        phase_ == Phase::blind_early)
        return *settled();
    if (phase_ != Phase::booting) enter(Phase::crashed, k_panic_wait_s);
    return Resume{};
}

RunAction RunMonitor::handle(const DomainStopped& stopped) {
    if (auto action = settled()) return *action;
    if (phase_ == Phase::booting)
        return end_void(Cause::no_boot, "the VM ended before it was ready: " + stopped.reason);
    if (phase_ == Phase::crashed) return end_panicked();
    if (phase_ == Phase::unexplained) return on_phase_timeout();
    return done_ ? end_finished() : end_exited(stopped.reason);
}

RunAction RunMonitor::handle(const WatchdogFired&) {
    if (phase_ == Phase::past_hit) return end_hit(Cause::heartbeat_stale);
    if (auto action = settled()) return *action;
    if (phase_ == Phase::booting)
        return end_void(Cause::boot_hang, "the watchdog fired before the VM was ready");
    if (phase_ == Phase::crashed) return end_panicked();
    return end_other(Cause::hang, "the guest no longer fed its watchdog");
}

RunAction RunMonitor::handle(const Tick& tick) {
    const double tick_gap = since(last_tick_);
    const double slept = tick.host_slept_s - host_slept_s_.value_or(tick.host_slept_s);
    last_tick_ = now_;
    host_slept_s_ = tick.host_slept_s;
    const bool hit = phase_ == Phase::closing_hit || phase_ == Phase::past_hit;
    if (slept > k_slept_s && !hit)
        return end_void(Cause::host_suspended, fmt::format("the host slept for {:.0f} s", slept));
    if (tick_gap > k_suspended_s && !hit)
        return end_void(Cause::host_suspended,
                        fmt::format("krepro itself did not run for {:.0f} s", tick_gap));
    if (tick_gap > k_paused_s) forgive_pause(tick_gap);
    switch (phase_) {
        case Phase::booting:
            return on_boot_tick();
        case Phase::loaded:
            return on_loaded_tick();
        case Phase::past_hit:
            return on_tick_past_hit();
        case Phase::blind_early:
        case Phase::unexplained: {
            const bool talks = since(last_console_) < k_report_wait_s &&
                               since(phase_began_) < k_report_wait_at_most_s;
            if (talks) return Continue{};
            break;
        }
        case Phase::closing_hit:
        case Phase::closing_other:
        case Phase::crashed:
        case Phase::ended:
            break;
    }
    return since(phase_began_) >= phase_timeout_s_ ? on_phase_timeout() : RunAction{Continue{}};
}

RunAction RunMonitor::on_boot_tick() {
    if (since(start_) > limits_.boot_s)
        return end_void(Cause::boot_hang, fmt::format("not ready within {:g} s", limits_.boot_s));
    // The longer it has run, the less silence it gets, so that a hang costs little in all.
    const double spoke_at_s = since(start_) - since(last_console_);
    const double silence_s =
        std::min(limits_.boot_silence_s, std::max(k_least_silence_s, k_hang_costs_s - spoke_at_s));
    if (since(last_console_) > silence_s)
        return end_void(Cause::boot_hang, fmt::format("the console was silent for {:.0f} s before "
                                                      "the VM was ready",
                                                      silence_s));
    return Continue{};
}

RunAction RunMonitor::on_loaded_tick() {
    if (since(last_heartbeat_) > limits_.heartbeat_s) return end_silent();
    if (held_since_) return end_finished();
    const double linger_s = linger_until_ ? 2 * k_linger_s : 0;  // guests may be slow
    if (since(start_) < limits_.wall_s + k_wall_grace_s + linger_s) return Continue{};
    return since(last_heartbeat_) <= 2 * k_wall_grace_s ? end_finished() : end_silent();
}

RunAction RunMonitor::on_tick_past_hit() {
    if (since(last_heartbeat_) > limits_.heartbeat_s) return end_hit(Cause::heartbeat_stale);
    return since(start_) < limits_.wall_s + k_wall_grace_s ? RunAction{Continue{}} : end_hit();
}

RunAction RunMonitor::on_phase_timeout() {
    if (phase_ == Phase::closing_hit) return close_hit();
    if (auto action = settled()) return *action;
    if (phase_ == Phase::crashed) return end_panicked();
    if (!fresh_title_.empty()) return end_reported();
    // Something made lockdep complain: on the patched arm that must not be washed away by a retry.
    const std::string words = "lockdep went off and no report was recognized";
    return patched() ? end_other(Cause::lockdep_off_unexplained, words)
                     : end_void(Cause::lockdep_off_unexplained, words);
}

RunAction RunMonitor::handle(const CancelRequested& request) {
    if (auto action = settled()) return *action;
    return end_void(request.cause, request_words(request.cause));
}

RunAction RunMonitor::handle(const InfraFailed& failure) {
    if (auto action = settled()) return *action;
    return end_void(Cause::infrastructure, failure.what);
}

// --- small things

void RunMonitor::enter(Phase phase, double timeout_s) {
    phase_ = phase;
    phase_began_ = now_;
    phase_timeout_s_ = timeout_s;
}

void RunMonitor::forgive_pause(double seconds) {
    const auto pause = std::chrono::duration_cast<util::SteadyTime::duration>(
        std::chrono::duration<double>(seconds));
    for (auto* time : {&last_console_, &last_heartbeat_}) *time = std::min(now_, *time + pause);
}

void RunMonitor::linger(double uptime) {
    if (linger_until_) return;
    linger_until_ = uptime + k_linger_s;
    meter_.freeze();
}

void RunMonitor::prove(std::string_view line) {
    if (line.empty() || outcome_.proof.size() >= k_most_proof_lines) return;
    outcome_.proof.emplace_back(line.substr(0, k_longest_proof_line));
}

double RunMonitor::since(util::SteadyTime time) const {
    return util::seconds_between(time, now_);
}

}  // namespace krepro::vm
