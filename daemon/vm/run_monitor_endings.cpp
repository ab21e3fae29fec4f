// SPDX-License-Identifier: Apache-2.0
// How a trial ends: what its outcome is, and how much exposure counts.
#include <fmt/format.h>

#include <algorithm>

#include "vm/run_monitor.hpp"

namespace krepro::vm {

using model::Cause;
using model::OutcomeKind;

std::optional<RunAction> RunMonitor::settled() {
    if (phase_ == Phase::closing_hit || phase_ == Phase::past_hit) return end_hit();
    if (phase_ == Phase::closing_other) return end_reported();
    if (phase_ == Phase::blind_early) return end_blind_early();
    if (patched() && phase_ == Phase::crashed) return end_panicked();
    return std::nullopt;
}

// The hit is settled with its exposure. It ends the trial, but for one that is to go on past it.
RunAction RunMonitor::close_hit() {
    const bool goes_on =
        limits_.past_hit && heartbeat_ && phase_ == Phase::closing_hit && meter_.reaches_the_end();
    if (!goes_on) return end_hit();
    outcome_.exposure = hit_exposure();
    phase_ = Phase::past_hit;
    return Continue{};
}

RunAction RunMonitor::end_hit(std::optional<Cause> what_else) {
    if (phase_ != Phase::past_hit) outcome_.exposure = hit_exposure();
    // A hit whose exposure is too small would make the patched arm's task as small.
    const bool counted = meter_.reaches_the_end() && outcome_.exposure > 0;
    if (!patched() && !counted)
        return end_void(
            Cause::uncounted,
            "the target hit, and the guest did not say how much work that took: " + title_);
    // Before the first heartbeat there was no workload: the verdict must know.
    if (!outcome_.ready_s) what_else = Cause::lockdep_off_early;
    std::string detail = "the target hit: " + title_;
    if (phase_ == Phase::past_hit && what_else)
        detail += fmt::format("; past the hit: {}", model::to_string(*what_else));
    return end(OutcomeKind::hit, what_else, std::move(detail));
}

double RunMonitor::hit_exposure() const {
    if (!heartbeat_) return 0;
    const double exposure = meter_.exposure_to_the_end(since(last_heartbeat_));
    // Exits are whole: the hit lies before the next one.
    return limits_.unit == model::ExposureUnit::deadline_exits ? std::max(1.0, exposure) : exposure;
}

RunAction RunMonitor::end_blind_early() {
    return end_void(Cause::lockdep_off_early, "lockdep was off before the workload began");
}

RunAction RunMonitor::end_reported() {
    return end_other(Cause::other_report, "another report: " + other_title_);
}

RunAction RunMonitor::end_panicked() {
    if (panic_title_.empty()) panic_title_ = "the guest crashed without a word";
    return end_other(Cause::panic, "the kernel panicked: " + panic_title_);
}

bool RunMonitor::held_by_a_splat() {
    if (!splat_pending_) return false;
    meter_.freeze();
    if (!held_since_) held_since_ = now_;
    return since(*held_since_) < k_report_wait_s;
}

RunAction RunMonitor::end_finished() {
    if (held_by_a_splat()) return Continue{};
    if (heartbeat_) prove(heartbeat_words(*heartbeat_));
    if (!(meter_.exposure() > 0)) {
        switch (limits_.unit) {
            case model::ExposureUnit::deadline_exits:
                return end_void(Cause::workload_without_effect,
                                workload_.no_exits_words() + " while lockdep was alive");
            case model::ExposureUnit::bogo_ops:
                return end_void(Cause::workload_without_effect,
                                "stress-ng has counted no operation of an iteration that ended "
                                "while lockdep was alive");
            case model::ExposureUnit::guest_seconds:
                if (outcome_.iterations > 0)
                    return end_void(Cause::workload_without_effect,
                                    "no time of the script lies between two heartbeats in a row "
                                    "while lockdep was alive");
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
    outcome_.exposure = patched() ? exposure_before_other_.value_or(meter_.exposure())
                                  : meter_.exposure_to_the_end(since(last_heartbeat_));
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

}  // namespace krepro::vm
