// SPDX-License-Identifier: Apache-2.0
#include "verdict/weigh.hpp"

#include <algorithm>
#include <cmath>

namespace krepro::verdict {
namespace {

// One or two come by chance too often to be worth more time than boots with the patch took.
constexpr int k_stalls_that_ask = 3;

// The chance that `with` or more of `all` fall to an arm that has this share of what may bring one:
// the upper tail of the binomial distribution.
double upper_tail(int with, int all, double share) {
    if (with == 0 || !(share > 0)) return 1;
    share = std::min(1.0, share);
    // Terms by recurrence from P(X = all), so that no factorial is needed.
    double term = std::pow(share, all);
    double tail = term;
    for (int x = all; x > with; --x) {
        term *= x * (1 - share) / ((all - x + 1) * share);
        tail += term;
    }
    return std::min(1.0, tail);
}

double patched_share_of_time(const Tally& tally) {
    return tally.wall_s() > 0 ? tally.patched.counts.wall_s / tally.wall_s() : 0;
}

}  // namespace

double p_of_stalls(const Tally& tally) {
    const int with = tally.patched.stalls;
    return upper_tail(with, with + tally.unpatched_stalls(), patched_share_of_time(tally));
}

double p_of_deaths(const Tally& tally) {
    const int at_boot = tally.patched.failed_boots;
    const int loaded = tally.patched.early_exits;
    // A boot can fail once, whatever time it takes.
    const double share_of_boots =
        tally.trials() > 0 ? static_cast<double>(tally.patched.counts.trials) / tally.trials() : 0;
    const double p_at_boot =
        upper_tail(at_boot, at_boot + tally.unpatched_sum(&ArmTally::failed_boots), share_of_boots);
    const double p_loaded = upper_tail(loaded, loaded + tally.unpatched_sum(&ArmTally::early_exits),
                                       patched_share_of_time(tally));
    return std::min(1.0, 2 * std::min(p_at_boot, p_loaded));
}

int splats_beyond_sight(const Tally& tally) {
    return tally.hits_turn_lockdep_off() ? tally.patched.lockdep_splats : 0;
}

bool unpatched_needs_longer_look(const Tally& tally) {
    const auto& patched = tally.patched;
    const bool watched_less = tally.unpatched_wall_s() < patched.counts.wall_s;
    const bool open_splat = patched.new_splats > splats_beyond_sight(tally) &&
                            3 * patched.new_splats <= 2 * patched.boots();
    const bool open_stall =
        patched.stalls > 0 && tally.unpatched_stalls() == 0 && !stalls_held_against_patch(tally);
    const bool open_hang = patched.hung_boots > 0 &&
                           tally.unpatched_sum(&ArmTally::hung_boots) == 0 &&
                           deaths_held_against_patch(tally);
    return stalls_left_open(tally) || ((open_splat || open_stall || open_hang) && watched_less);
}

bool stalls_held_against_patch(const Tally& tally) {
    const int stalls = tally.patched.stalls;
    if (stalls == 0) return false;
    const int boots = tally.patched.loaded_boots();
    const bool most_stall = 3 * stalls > 2 * boots;
    const bool fewer_without =
        tally.unpatched_stalls() * boots < stalls * tally.unpatched_loaded_boots();
    return (most_stall && fewer_without) || p_of_stalls(tally) <= 1 - tally.guard_confidence;
}

// By p alone: with none without the patch it comes down to alpha when that arm has been watched for
// exposure_needed(confidence, stalls, wall time with the patch).
bool stalls_left_open(const Tally& tally) {
    return tally.patched.stalls >= k_stalls_that_ask && tally.unpatched_stalls() == 0 &&
           !stalls_held_against_patch(tally);
}

bool deaths_held_against_patch(const Tally& tally) {
    const int deaths = tally.patched.deaths();
    const int plain = deaths - tally.patched.hung_boots;
    return deaths > 0 && (3 * plain > 2 * tally.patched.counts.trials ||
                          p_of_deaths(tally) <= 1 - tally.guard_confidence);
}

}  // namespace krepro::verdict
