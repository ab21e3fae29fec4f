// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vm/run_monitor.hpp"

// A trial that is told what happens, in few words.
namespace krepro::vm::scripts {

using model::ArmName;
using model::ExposureUnit;
using model::HarnessEvent;
using model::HarnessType;

inline constexpr auto k_unpatched = ArmName::unpatched;
inline constexpr auto k_patched = ArmName::patched;

inline model::Report report_of(std::string kind, bool disables_lockdep) {
    model::Report report;
    report.title = kind + " in f";
    report.kind = std::move(kind);
    report.disables_lockdep = disables_lockdep;
    report.text = "BUG: " + report.title + "\nCall Trace:\n";
    return report;
}

inline const model::Report k_target = report_of("invalid_wait_context", true);
inline const model::Report k_sleeping_target = report_of("sleeping_in_atomic", false);
inline const model::Report k_other_lockdep = report_of("circular_locking", true);
inline const model::Report k_warning = report_of("warning", false);
inline const model::Report k_oops = report_of("null_dereference", true);
inline const model::Report k_stall = report_of("rcu_stall", false);
inline const model::Report k_panic = report_of("panic", false);
inline const model::Report k_nobody = report_of("nobody_cared", false);

inline HarnessEvent harness(HarnessType type, double uptime) {
    HarnessEvent event;
    event.type = type;
    event.uptime = uptime;
    return event;
}

// A trial that is told what happens, at times that the script says.
class Script {
  public:
    explicit Script(TrialLimits limits = {}) : monitor_(limits, at(0)) {}

    Script& tell(double time, const RunEvent& event) {
        if (outcome_) return *this;
        auto action = monitor_.on(event, at(time));
        resumed_ |= std::holds_alternative<Resume>(action);
        if (auto* end = std::get_if<EndTrial>(&action)) {
            outcome_ = std::move(end->outcome);
            ended_at_ = time;
        }
        return *this;
    }
    Script& tick(double time) { return tell(time, Tick{}); }
    // Ticks each half second up to `to`, as the driver does when nothing else happens.
    Script& ticks(double from, double to) {
        for (double time = from; time <= to; time += 0.5) tick(time);
        return *this;
    }
    Script& report(double time, const model::Report& report) {
        return tell(time, ReportSeen{&report, false});
    }
    Script& target(double time, const model::Report& report = k_target) {
        return tell(time, ReportSeen{&report, true});
    }
    Script& ready(double time = 5) {
        tell(time, HarnessLine{harness(HarnessType::ready, time)});
        return beat(time, 1, 0);
    }
    // The guest's clock is the host's here.
    Script& beat(double time, std::optional<int> debug_locks, std::optional<std::int64_t> exits) {
        auto event = harness(HarnessType::heartbeat, time);
        event.debug_locks = debug_locks;
        event.dl_exits = exits;
        return tell(time, HarnessLine{event});
    }
    // One of a workload that is counted in stress-ng's operations.
    Script& ops_beat(double time, std::optional<int> debug_locks, std::int64_t ops) {
        auto event = harness(HarnessType::heartbeat, time);
        event.debug_locks = debug_locks;
        event.bogo_ops = ops;
        return tell(time, HarnessLine{event});
    }
    // A heartbeat a second with ten exits in each.
    Script& beats(int from, int to) {
        for (int time = from; time <= to; ++time) {
            beat(time, 1, 10 * (time - 5));
            tick(time + 0.1);
        }
        return *this;
    }
    Script& iteration_end(double time, int status, std::string what = {}) {
        auto event = harness(HarnessType::iteration_end, time);
        event.exit_status = status;
        event.what = std::move(what);
        return tell(time, HarnessLine{event});
    }
    Script& say(double time, HarnessType type) {
        return tell(time, HarnessLine{harness(type, time)});
    }

    [[nodiscard]] bool ended() const { return outcome_.has_value(); }
    [[nodiscard]] bool resumed() const { return resumed_; }
    [[nodiscard]] double ended_at() const { return ended_at_; }
    [[nodiscard]] const model::TrialOutcome& outcome() const {
        static const model::TrialOutcome k_running;
        EXPECT_TRUE(outcome_) << "the trial still runs";
        return outcome_ ? *outcome_ : k_running;
    }
    // "void boot_hang", "hit", "running"
    [[nodiscard]] std::string words() const {
        if (!outcome_) return "running";
        std::string text(model::to_string(outcome_->kind));
        if (outcome_->cause) text += " " + std::string(model::to_string(*outcome_->cause));
        return text;
    }
    RunMonitor& monitor() { return monitor_; }

  private:
    static util::SteadyTime at(double seconds) {
        return util::SteadyTime{} + std::chrono::duration_cast<util::SteadyTime::duration>(
                                        std::chrono::duration<double>(1000 + seconds));
    }
    RunMonitor monitor_;
    std::optional<model::TrialOutcome> outcome_;
    double ended_at_ = 0;
    bool resumed_ = false;
};

inline TrialLimits limits_of(ArmName arm, ExposureUnit unit = ExposureUnit::deadline_exits) {
    TrialLimits limits;
    limits.arm = arm;
    limits.unit = unit;
    return limits;
}

inline Script loaded(ArmName arm) {
    Script script(limits_of(arm));
    script.ready().beats(6, 10);
    return script;
}

// What happens, and what it means on either arm.
struct Row {
    const char* what;
    std::function<void(Script&)> happens;
    const char* unpatched;
    const char* patched;
};

inline void expect_rows(const std::vector<Row>& rows, const std::function<Script(ArmName)>& start) {
    for (const auto& row : rows) {
        for (const auto arm : {k_unpatched, k_patched}) {
            Script script = start(arm);
            row.happens(script);
            EXPECT_EQ(script.words(), arm == k_unpatched ? row.unpatched : row.patched)
                << row.what << " on " << model::to_string(arm);
            if (!script.ended()) continue;
            EXPECT_FALSE(script.outcome().detail.empty()) << row.what;
            EXPECT_GT(script.outcome().wall_s, 0) << row.what;
        }
    }
}

}  // namespace krepro::vm::scripts
