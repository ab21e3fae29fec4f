// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "verdict/tally.hpp"

// What is held against the patch, and what chance explains.
namespace krepro::verdict {

// The chance that so many of all stalls fall to the patched arm when both arms stall at one rate in
// wall time: the upper tail of the binomial distribution. 1 when the patched arm has none.
[[nodiscard]] double p_of_stalls(const Tally& tally);

// Whether it is too early to hold against the patch what only its boots have shown: boots without
// it end at the target's hit, mostly before what takes time would show. Such boots then go on past
// the hit, until one shows the same, or together they have come to the time of those with
// the patch; where three stalled or more, to the time at which chance no longer explains that none
// does so without it. What most boots with the patch show (two in three) needs no such look, and
// what such boots could not show either: lockdep's own reports, where the hit turns lockdep off.
[[nodiscard]] bool unpatched_needs_longer_look(const Tally& tally);

// Whether stalls are held against the patch: chance does not explain how many there are with it and
// how few without (p at most alpha), or more than two boots in three with it stalled, and fewer
// without it. A single stall says too little: a deadline workload starves a kernel now and then
// whatever the patch, and boots without the patch mostly end at the hit, before it shows.
[[nodiscard]] bool stalls_held_against_patch(const Tally& tally);

// Three boots with the patch stalled, or more, and none without it, which was not watched for as
// long as it takes to say that this is no chance.
[[nodiscard]] bool stalls_left_open(const Tally& tally);

// Boots whose new reports are lockdep's own, where boots without the patch are blind past their
// hit.
[[nodiscard]] int splats_beyond_sight(const Tally& tally);

// The same for VMs that do not boot, or end by themselves, and show nothing new: before the
// workload by the number of boots, under load in wall time. Two looks, so twice the smaller of the
// two chances.
[[nodiscard]] double p_of_deaths(const Tally& tally);

// Whether they are held against the patch: chance does not explain them (p at most alpha), or more
// than two boots in three with it ended so; boots that hung count for the first alone.
[[nodiscard]] bool deaths_held_against_patch(const Tally& tally);

}  // namespace krepro::verdict
