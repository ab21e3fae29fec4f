// SPDX-License-Identifier: Apache-2.0
#include "vm/run_monitor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/families.hpp"

namespace krepro::vm {
namespace {

using model::Cause;
using model::HarnessType;
using model::OutcomeKind;
using report::Detector;

// The hit may come up to a SCHED_DEADLINE period after the exit that led to it.
constexpr double k_linger_s = 3;
// A splat takes its time through an emulated UART: as long as the console talks, wait on.
constexpr double k_report_wait_s = 3;
constexpr double k_report_wait_at_most_s = 10;
constexpr double k_panic_wait_s = 5;
// Past its wall limit a trial is ended by its next heartbeat, so that no exposure is lost.
constexpr double k_wall_grace_s = 3;
// Ticks come at least once a second. Without one for so long, krepro itself did not run, and
// silence in the meantime says nothing about the guest.
constexpr double k_suspended_s = 30;
// After a shorter gap the guest is given the time that it has lost with us.
constexpr double k_paused_s = 3;
constexpr std::size_t k_most_proof_lines = 16;
constexpr std::size_t k_longest_proof_line = 300;

std::string heartbeat_words(const model::HarnessEvent& event) {
    std::string words =
        fmt::format("heartbeat at {:.3f} s: iteration {}", event.uptime, event.iteration);
    if (event.debug_locks) words += fmt::format(", debug_locks {}", *event.debug_locks);
    if (event.dl_exits) words += fmt::format(", dl_exits {}", *event.dl_exits);
    if (event.bogo_ops) words += fmt::format(", bogo_ops {}", *event.bogo_ops);
    return words;
}

std::string headline_of(const model::Report& report) {
    return report.text.substr(0, report.text.find('\n'));
}

std::string request_words(Cause cause) {
    if (cause == Cause::cancelled) return "the job was cancelled";
    if (cause == Cause::not_needed) return "the job ended while this trial ran";
    return "krepro was stopped";
}

}  // namespace

ReportClass classify(const model::Report& report) {
    const auto* family = report::family_of_kind(report.kind);
    const Detector detector = family == nullptr ? Detector::other : family->detector;
    if (detector == Detector::panic) return ReportClass::panic;
    if (report.disables_lockdep || detector == Detector::oops) return ReportClass::blind;
    if (detector == Detector::hang) return ReportClass::stall;
    if (detector == Detector::scheduler || report.kind == "nobody_cared") return ReportClass::side;
    return ReportClass::splat;
}

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

// --- what the kernel says ---------------------------------------------------------------------

RunAction RunMonitor::handle(const ConsoleOutput& output) {
    last_console_ = now_;
    return count_output(output.bytes);
}

RunAction RunMonitor::handle(const HarnessOutput& output) {
    return count_output(output.bytes);
}

RunAction RunMonitor::count_output(std::uint64_t bytes) {
    output_bytes_ += bytes;
    if (output_bytes_ <= limits_.console_bytes) return Continue{};
    if (auto action = settled()) return *action;
    const auto words = fmt::format("the guest wrote more than {} bytes", limits_.console_bytes);
    return patched() && phase_ != Phase::booting ? end_other(Cause::console_flood, words)
                                                 : end_void(Cause::console_flood, words);
}

RunAction RunMonitor::handle(const ReportSeen& seen) {
    if (seen.report == nullptr) return Continue{};
    prove(headline_of(*seen.report));
    if (seen.report->disables_lockdep) outcome_.lockdep_alive_at_end = false;
    return seen.target ? on_target(*seen.report) : on_other(*seen.report);
}

RunAction RunMonitor::on_target(const model::Report& report) {
    if (phase_ == Phase::closing_hit || phase_ == Phase::past_hit) return Continue{};
    if (phase_ == Phase::booting && !patched()) {
        // Its exposure cannot be counted, and a hit without exposure would make the patched arm's
        // task as small. On the patched arm a sight of the bug always counts.
        return end_void(Cause::lockdep_off_early,
                        "the target hit before the workload began: " + report.title);
    }
    const Phase before = phase_;
    title_ = report.title;
    hit_uptime_ = report.uptime_s;
    hit_blinds_ = report.disables_lockdep;
    enter(Phase::closing_hit, closing_s());
    const bool no_more_heartbeats = before == Phase::booting || before == Phase::crashed;
    return no_more_heartbeats || before == Phase::unexplained ? close_hit() : RunAction{Continue{}};
}

RunAction RunMonitor::on_other(const model::Report& report) {
    const ReportClass what = classify(report);
    if (what == ReportClass::side || phase_ == Phase::closing_hit) return Continue{};
    if (phase_ == Phase::booting) return on_early_report(report, what);
    if (phase_ == Phase::past_hit) {
        if (what == ReportClass::panic) return end_hit(Cause::panic);
        return what == ReportClass::stall ? end_hit(Cause::host_stall) : RunAction{Continue{}};
    }
    if (what == ReportClass::panic) {
        panic_title_ = report.title;
        return end_panicked();
    }
    if (what == ReportClass::stall && !patched())
        return end_void(Cause::host_stall, "the host was too slow for the guest: " + report.title);
    if (what == ReportClass::stall)
        return other_title_.empty()
                   ? end_other(Cause::stall, "the kernel stalled under load: " + report.title)
                   : end_reported();
    if (other_title_.empty()) other_title_ = report.title;
    if (fresh_title_.empty()) fresh_title_ = report.title;
    if (what == ReportClass::splat && phase_ != Phase::unexplained) return Continue{};
    // The evidence up to here counts. On the unpatched arm it must not come out too small: it runs
    // to the first heartbeat after the report, as a hit's does.
    if (patched() || phase_ != Phase::loaded) return end_reported();
    enter(Phase::closing_other, closing_s());
    return Continue{};
}

RunAction RunMonitor::on_early_report(const model::Report& report, ReportClass what) {
    switch (what) {
        case ReportClass::panic:
            return end_void(Cause::no_boot, "the kernel panicked while booting: " + report.title);
        case ReportClass::stall:
            return end_void(Cause::host_stall, "the kernel stalled while booting: " + report.title);
        case ReportClass::blind:
            return end_void(Cause::lockdep_off_early,
                            "lockdep went off before the workload began: " + report.title);
        case ReportClass::splat:
            // A patch may add a splat at boot: the trial is `other` at its end. What both arms
            // print there is a side finding, which the verdict sorts out.
            if (other_title_.empty()) other_title_ = report.title;
            break;
        case ReportClass::side:
            break;
    }
    return Continue{};
}

// --- what the harness says --------------------------------------------------------------------

RunAction RunMonitor::handle(const HarnessLine& line) {
    const auto& event = line.event;
    switch (event.type) {
        case HarnessType::hello:
        case HarnessType::iteration_start:
            return Continue{};
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
        // The two UARTs race: a heartbeat from before the report does not close its exposure.
        const bool before =
            event.debug_locks == 1 && (hit_blinds_ || phase_ == Phase::closing_other ||
                                       (hit_uptime_ && event.uptime <= *hit_uptime_));
        if (before || !meter_.closes()) return Continue{};
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

// Written right after "ready", before the workload's first iteration.
RunAction RunMonitor::on_first_heartbeat(const model::HarnessEvent& event) {
    if (auto action = settled()) return *action;
    if (event.debug_locks == 1) return Continue{};
    prove(heartbeat_words(event));
    if (!event.debug_locks)
        return end_void(Cause::lockdep_absent,
                        "the kernel has no lockdep: /proc/lockdep_stats says nothing");
    return end_void(Cause::lockdep_off_early, "lockdep was off before the workload began");
}

RunAction RunMonitor::on_live_heartbeat(const model::HarnessEvent& event) {
    if (event.debug_locks != 1) return Continue{};
    fresh_title_.clear();
    if (linger_until_ && event.uptime >= *linger_until_) return end_finished();
    if (since(start_) >= limits_.wall_s) return end_finished();
    const bool has_goal = limits_.exposure_goal > 0;
    if (has_goal && meter_.exposure() >= limits_.exposure_goal) linger(event.uptime);
    return Continue{};
}

RunAction RunMonitor::on_iteration_end(const model::HarnessEvent& event) {
    if (phase_ == Phase::booting) return Continue{};
    ++outcome_.iterations;
    if (phase_ != Phase::loaded && phase_ != Phase::past_hit) return Continue{};
    if (const auto finding = workload_.on_iteration_end(event, meter_.exits());
        finding && phase_ == Phase::loaded) {
        prove(fmt::format("iteration {} ended: {}", event.iteration, event.what));
        return end_void(finding->cause, finding->detail);
    }
    if (limits_.iterations > 0 && outcome_.iterations >= limits_.iterations) linger(event.uptime);
    return Continue{};
}

// --- what happens to the domain and to us -----------------------------------------------------

RunAction RunMonitor::handle(const DomainCrashed&) {
    if (phase_ == Phase::past_hit) return end_hit(Cause::panic);
    if (phase_ == Phase::closing_hit || phase_ == Phase::closing_other) return *settled();
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

RunAction RunMonitor::handle(const Tick&) {
    const double tick_gap = since(last_tick_);
    last_tick_ = now_;
    if (tick_gap > k_suspended_s && phase_ != Phase::closing_hit && phase_ != Phase::past_hit)
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
    if (since(last_console_) > limits_.boot_silence_s)
        return end_void(Cause::boot_hang, fmt::format("the console was silent for {:g} s before "
                                                      "the VM was ready",
                                                      limits_.boot_silence_s));
    return Continue{};
}

RunAction RunMonitor::on_loaded_tick() {
    if (since(last_heartbeat_) > limits_.heartbeat_s) return end_silent();
    if (since(start_) < limits_.wall_s + k_wall_grace_s) return Continue{};
    return since(last_heartbeat_) <= 2 * k_wall_grace_s ? end_finished() : end_silent();
}

RunAction RunMonitor::on_heartbeat_past_hit(const model::HarnessEvent& event) {
    const bool over = linger_until_ && event.uptime >= *linger_until_;
    return over || since(start_) >= limits_.wall_s ? end_hit() : RunAction{Continue{}};
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

double RunMonitor::closing_s() const {
    // Emulated guests take up to three times their own time, and clear up before the next one.
    constexpr double k_slowest = 3;
    constexpr double k_to_clear_s = 10;
    if (limits_.unit != model::ExposureUnit::bogo_ops) return limits_.after_hit_s;
    return k_slowest * limits_.iteration_s + k_to_clear_s;
}

// --- endings ----------------------------------------------------------------------------------

std::optional<RunAction> RunMonitor::settled() {
    if (phase_ == Phase::closing_hit || phase_ == Phase::past_hit) return end_hit();
    if (phase_ == Phase::closing_other) return end_reported();
    if (patched() && phase_ == Phase::crashed) return end_panicked();
    return std::nullopt;
}

// The hit is settled with its exposure. It ends the trial, but for one that is to go on past it.
RunAction RunMonitor::close_hit() {
    const bool goes_on = limits_.past_hit && heartbeat_ && phase_ == Phase::closing_hit;
    if (!goes_on) return end_hit();
    outcome_.exposure = meter_.exposure_to_the_end(since(last_heartbeat_));
    phase_ = Phase::past_hit;
    return Continue{};
}

RunAction RunMonitor::end_hit(std::optional<Cause> what_else) {
    // A hit whose exposure is too small would make the patched arm's task as small.
    if (!patched() && heartbeat_ && !meter_.reaches_the_end())
        return end_void(Cause::uncounted,
                        "the target hit, and the guest ended before stress-ng "
                        "could say how much work that took: " +
                            title_);
    if (phase_ != Phase::past_hit)
        outcome_.exposure = heartbeat_ ? meter_.exposure_to_the_end(since(last_heartbeat_)) : 0;
    // Before the first heartbeat there was no workload: the verdict must know.
    if (!outcome_.ready_s) what_else = Cause::lockdep_off_early;
    std::string detail = "the target hit: " + title_;
    if (phase_ == Phase::past_hit && what_else)
        detail += fmt::format("; past the hit: {}", model::to_string(*what_else));
    return end(OutcomeKind::hit, what_else, std::move(detail));
}

RunAction RunMonitor::end_reported() {
    return end_other(Cause::other_report, "another report: " + other_title_);
}

RunAction RunMonitor::end_panicked() {
    if (panic_title_.empty()) panic_title_ = "the guest crashed without a word";
    return end_other(Cause::panic, "the kernel panicked: " + panic_title_);
}

RunAction RunMonitor::end_finished() {
    if (heartbeat_) prove(heartbeat_words(*heartbeat_));
    if (!(meter_.exposure() > 0)) {
        switch (limits_.unit) {
            case model::ExposureUnit::deadline_exits:
                return end_void(Cause::workload_without_effect,
                                "no deadline task exited while lockdep was alive");
            case model::ExposureUnit::bogo_ops:
                return end_void(Cause::workload_without_effect,
                                "stress-ng has counted no operation of an iteration that ended "
                                "while lockdep was alive");
            case model::ExposureUnit::guest_seconds:
                return end_void(Cause::heartbeat_stale,
                                "no two heartbeats in a row while lockdep was alive");
        }
    }
    if (!other_title_.empty()) return end_reported();
    if (!outcome_.lockdep_alive_at_end)
        return end_void(Cause::lockdep_off_unexplained,
                        "the last heartbeat does not say that lockdep was alive");
    outcome_.exposure = meter_.exposure();
    return end(OutcomeKind::clean, std::nullopt, "no report while the workload ran");
}

RunAction RunMonitor::end_exited(const std::string& reason) {
    if (!patched() || other_title_.empty())
        return end_void(Cause::early_exit,
                        "the VM ended under load and the console does not say why: " + reason);
    return end_other(Cause::early_exit, "the VM ended under load after a report: " + other_title_);
}

RunAction RunMonitor::end_silent() {
    if (done_) return end_finished();
    if (heartbeat_) prove(heartbeat_words(*heartbeat_));
    const auto words = fmt::format("no heartbeat for {:.0f} s under load", since(last_heartbeat_));
    return patched() ? end_other(Cause::hang, words) : end_void(Cause::heartbeat_stale, words);
}

RunAction RunMonitor::end_void(Cause cause, std::string detail) {
    // Whatever ends a trial of the patched kernel, a splat that it has shown under load stands.
    if (patched() && phase_ != Phase::booting && !other_title_.empty()) return end_reported();
    // No evidence, but not forgotten either: the verdict charges it to the arm that hits.
    outcome_.exposure = patched()
                            ? meter_.exposure()
                            : meter_.exposure_to_the_end(std::min(1.0, since(last_heartbeat_)));
    if (!heartbeat_) outcome_.exposure = 0;
    return end(OutcomeKind::none, cause, std::move(detail));
}

RunAction RunMonitor::end_other(Cause cause, std::string detail) {
    outcome_.exposure =
        patched() ? meter_.exposure() : meter_.exposure_to_the_end(since(last_heartbeat_));
    if (!heartbeat_) outcome_.exposure = 0;
    return end(OutcomeKind::other, cause, std::move(detail));
}

RunAction RunMonitor::end(OutcomeKind kind, std::optional<Cause> cause, std::string detail) {
    phase_ = Phase::ended;
    outcome_.kind = kind;
    outcome_.cause = cause;
    outcome_.detail = std::move(detail);
    outcome_.wall_s = since(start_);
    return EndTrial{std::move(outcome_)};
}

// --- small things -----------------------------------------------------------------------------

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
