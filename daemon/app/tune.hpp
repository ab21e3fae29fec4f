// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/settings.hpp"
#include "model/job.hpp"

namespace krepro::app {

struct TuneRun {
    model::JobSpec spec;  // complete: mail, tree, profile, script
    double minutes = 30;  // of trials
    bool json = false;
};

// Measures which variant of the reproducer hits soonest on the unpatched kernel, prints the table
// and keeps the best in the stores of the daemon and of `krepro run`, whose later jobs about the
// same bug run it as their amplified form. Needs no daemon, and may run beside one. Returns the
// exit status of the process: 0; 4 when too few hits came to choose by; 2 for a broken environment
// or an interrupt; 64 for a mail that cannot be used.
int run_tune(const Settings& settings, const TuneRun& run);

}  // namespace krepro::app
