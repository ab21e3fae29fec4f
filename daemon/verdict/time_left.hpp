// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "verdict/next.hpp"

namespace krepro::verdict {

// What a job's trials may still take, in seconds of one VM, when the rest goes as what came so far:
// k hits without the patch, exposure without one with it, one hit more. Not more than the budget.
struct TimeLeft {
    double hits_s = 0;     // hits come by chance: while one is waited for this does not get less
    double clean_s = 0;    // exposure grows with time
    double control_s = 0;  // by chance again

    // After `run_s` more seconds of VMs, with no trial having ended since.
    [[nodiscard]] double after(double run_s) const;
};

// Nothing when there is nothing to tell it from: no hit without the patch, or hits with it.
[[nodiscard]] std::optional<TimeLeft> time_left(const Plan& plan,
                                                std::span<const StartedTrial> trials);

}  // namespace krepro::verdict
