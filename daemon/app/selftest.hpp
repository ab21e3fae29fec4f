// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/settings.hpp"

namespace krepro::app {

struct SelftestRequest {
    std::string tree;
    std::string profile;
    std::vector<std::string> families;  // names or kinds of the zoo; empty: all
    std::filesystem::path keep;         // each bug's console goes there; empty: not kept
    bool json = false;                  // one document at the end, in place of a line a bug
};

// Raises the bugs of kernels/zoo in VMs and prints, one by one, whether they were recognized. Needs
// no daemon and may run beside one: it has a state folder of its own below the daemon's. Returns
// the exit status of the process: 0 when all that the profile's kernel can show were raised and
// recognized, 1 when not or when it can show none, 2 for a broken environment, 64 for a profile
// that there is not and for a name that the zoo does not have.
int run_selftest(const Settings& settings, const SelftestRequest& request);

}  // namespace krepro::app
