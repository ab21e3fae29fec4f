// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <variant>

#include "verdict/decide.hpp"

namespace krepro::verdict {

// A trial that was begun. Those of a job are looked at in the order of their START, whichever of
// them ends first.
struct StartedTrial {
    TrialRecord record;  // of one that runs: the arm and the form alone
    bool running = false;
};

// What could be begun now.
struct Able {
    bool patched_built = true;
    int at_once = 1;  // trials, those that run included
};

// Nothing can be begun: a trial must end, or a kernel must be built first.
struct Wait {};

using Step = std::variant<RunTrial, Wait, Stop>;

// The rule for trials that run side by side. It is decide() over the trials that come, in the order
// of their start, before the first that still runs. Their exposures, one behind the other in that
// order, are the same Poisson process that a sequence of trials gives: what a trial shows has no
// part in whether it is begun, or in how long those before it last. So the exposure to the k-th hit
// in that order is Gamma(k) as before, and `fixed` errs with probability alpha at most. Were trials
// counted in the order of their end, those that hit would come first, because a hit ends a trial,
// and the unpatched kernel's rate would look too high.
//
// Trials without the patch that were begun before it was known that an earlier one had the k-th hit
// count neither as hits nor as the control that follows the patched arm. A hit with the patch
// counts at once, wherever it stands: it can only take `fixed` away. So `fixed` is not said while a
// trial with the patch still runs.
[[nodiscard]] Step next(const Plan& plan, std::span<const StartedTrial> trials, Able able);

}  // namespace krepro::verdict
