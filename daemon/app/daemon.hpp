// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "app/settings.hpp"

namespace krepro::app {

// Runs the daemon until SIGINT or SIGTERM; returns the exit status of the process. Logs to
// standard error. A second daemon on the same state folder is refused.
int run_daemon(const Settings& settings);

// Runs a daemon of this process's own, on a free port of loopback and in the folder "run" of the
// state folder, while `use` talks to it; returns what `use` returns. SIGINT and SIGTERM cancel its
// jobs, which ends their VMs; a second signal ends the process at once.
int run_with_daemon(Settings settings, const std::function<int(const std::string& url)>& use);

}  // namespace krepro::app
