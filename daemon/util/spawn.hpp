// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "util/files.hpp"
#include "util/process.hpp"
#include "util/result.hpp"

namespace krepro::util {

// A started process and the ends of its pipes that are ours. Not reaped by a destructor: the
// caller owns the pid.
struct Spawned {
    pid_t pid = -1;
    Fd pidfd;  // readable when the process has ended
    Fd out;
    Fd err;  // invalid when merged
};

// Starts the process in a group of its own and returns when it runs the program (exec succeeded).
Result<Spawned> spawn(const ProcessSpec& spec);

}  // namespace krepro::util
