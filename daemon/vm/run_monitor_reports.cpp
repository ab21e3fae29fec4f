// SPDX-License-Identifier: Apache-2.0
// What the kernel says: its console, and the reports that were found in it.
#include <fmt/format.h>

#include "report/families.hpp"
#include "vm/run_monitor.hpp"

namespace krepro::vm {
namespace {

using model::Cause;
using report::Detector;

std::string headline_of(const model::Report& report) {
    return report.text.substr(0, report.text.find('\n'));
}

}  // namespace

ReportClass classify(const model::Report& report) {
    const auto* family = report::family_of_kind(report.kind);
    const Detector detector = family == nullptr ? Detector::other : family->detector;
    if (detector == Detector::panic) return ReportClass::panic;
    if (report.disables_lockdep) return ReportClass::blind;
    if (detector == Detector::hang) return ReportClass::stall;
    if (detector == Detector::scheduler || report.kind == "nobody_cared") return ReportClass::side;
    return ReportClass::splat;
}

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

RunAction RunMonitor::handle(const SplatPending& splat) {
    splat_pending_ = splat.pending;
    return Continue{};
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
    if (before == Phase::blind_early) return end_hit(Cause::lockdep_off_early);
    const bool no_more_heartbeats = before == Phase::booting || before == Phase::crashed;
    return no_more_heartbeats || before == Phase::unexplained ? close_hit() : RunAction{Continue{}};
}

RunAction RunMonitor::on_other(const model::Report& report) {
    const ReportClass what = classify(report);
    if (what == ReportClass::side || phase_ == Phase::closing_hit) return Continue{};
    if (phase_ == Phase::booting) return on_early_report(report, what);
    if (phase_ == Phase::blind_early)
        return what == ReportClass::splat ? RunAction{Continue{}} : end_blind_early();
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
    // to the first heartbeat after the report, as a hit's does. Both arms wait for that heartbeat:
    // a target that follows the report must be seen with the patch where it is seen without.
    if (phase_ == Phase::closing_other) return Continue{};
    if (phase_ != Phase::loaded) return end_reported();
    if (patched()) exposure_before_other_ = meter_.exposure();
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

}  // namespace krepro::vm
