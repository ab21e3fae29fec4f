// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/settings.hpp"

namespace krepro::app {

// Runs the daemon until SIGINT or SIGTERM; returns the exit status of the process. Logs to
// standard error. A second daemon on the same state folder is refused.
int run_daemon(const Settings& settings);

}  // namespace krepro::app
