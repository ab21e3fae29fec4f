// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "app/settings.hpp"
#include "util/result.hpp"

namespace krepro::app {

// Makes a sandbox and runs nothing in it; why that cannot be done here.
util::Result<void> try_sandbox();

// Before the process's first sandbox: where the machine refuses them and the settings say to go on
// without, it does. Returns what every job has to say of that then; empty where sandboxes are made,
// and where they are not and nobody has allowed that: each job ends with the error.
std::string settle_sandboxing(const Settings& settings,
                              const std::function<util::Result<void>()>& probe = try_sandbox);

}  // namespace krepro::app
