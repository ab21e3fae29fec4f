// SPDX-License-Identifier: Apache-2.0
#include "vm/exposure_meter.hpp"

#include <algorithm>
#include <cmath>

namespace krepro::vm {
namespace {

constexpr double k_longest_gap_s = 3;

// As a double: the counts come from the guest, and their difference must not overflow.
std::optional<double> exits_of(const model::HarnessEvent& event) {
    if (!event.dl_exits) return std::nullopt;
    return static_cast<double>(*event.dl_exits);
}

}  // namespace

void ExposureMeter::begin(const model::HarnessEvent& ready) {
    last_uptime_ = ready.uptime;
    last_exits_ = exits_of(ready);
}

double ExposureMeter::delta_to(const model::HarnessEvent& heartbeat) const {
    if (unit_ == model::ExposureUnit::deadline_exits) {
        const auto exits = exits_of(heartbeat);
        return exits && last_exits_ ? std::max(0.0, *exits - *last_exits_) : 0;
    }
    if (in_ops())
        return heartbeat.bogo_ops
                   ? std::max(0.0, static_cast<double>(*heartbeat.bogo_ops) - last_ops_)
                   : 0;
    if (!last_uptime_) return 0;
    const double gap = heartbeat.uptime - *last_uptime_;
    if (!(gap > 0 && gap <= k_longest_gap_s)) return 0;
    return std::max(0.0, gap - rested_until(heartbeat.uptime));
}

void ExposureMeter::rest(double uptime) {
    if (!resting_since_) resting_since_ = uptime;
}

void ExposureMeter::work(double uptime) {
    rested_s_ = rested_until(uptime);
    resting_since_.reset();
}

double ExposureMeter::rested_until(double uptime) const {
    if (!resting_since_) return rested_s_;
    const double since = std::max(*resting_since_, last_uptime_.value_or(*resting_since_));
    return rested_s_ + std::max(0.0, uptime - since);
}

void ExposureMeter::add(const model::HarnessEvent& heartbeat) {
    const double delta = delta_to(heartbeat);
    last_delta_ = delta;
    if (heartbeat.debug_locks == 1 && !blind_delta_) {
        if (!frozen_) exposure_ += delta;
        busiest_delta_ = std::max(busiest_delta_, delta);
    } else if (heartbeat.debug_locks == 0 && !blind_delta_ && (!in_ops() || delta > 0)) {
        // Here a long gap counts too: the hit lies in it, and its exposure must not be too small.
        const bool seconds = unit_ == model::ExposureUnit::guest_seconds && last_uptime_;
        blind_delta_ =
            seconds
                ? std::max(0.0, heartbeat.uptime - *last_uptime_ - rested_until(heartbeat.uptime))
                : delta;
    }
    last_uptime_ = heartbeat.uptime;
    rested_s_ = 0;
    if (heartbeat.bogo_ops) last_ops_ = static_cast<double>(*heartbeat.bogo_ops);
    if (const auto exits = exits_of(heartbeat)) {
        if (last_exits_) exits_ += std::max(0.0, *exits - *last_exits_);
        last_exits_ = exits;
    }
}

bool ExposureMeter::closes() const {
    return !in_ops() || last_delta_ > 0;
}

bool ExposureMeter::reaches_the_end() const {
    const bool in_exits = unit_ == model::ExposureUnit::deadline_exits;
    if (in_exits && settled_) return true;
    return !(in_exits || in_ops()) || blind_delta_ || busiest_delta_ > 0;
}

double ExposureMeter::exposure_to_the_end(double silence_s) const {
    if (blind_delta_) return exposure_ + *blind_delta_;
    if (in_ops()) return exposure_ + (settled_ ? 0 : busiest_delta_);
    const double beats = std::ceil(std::max(0.0, silence_s));
    return exposure_ + beats * (unit_ == model::ExposureUnit::guest_seconds
                                    ? std::max(1.0, busiest_delta_)
                                    : busiest_delta_);
}

}  // namespace krepro::vm
