// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace krepro::util {

// Gives back the pages of program and library files that this process has mapped and not changed:
// most of them were wanted by its start alone. What runs again is mapped again, out of the kernel's
// cache of files, at a fault each 16 pages. For a moment at which there is nothing to do; takes
// less than a millisecond, from any thread.
void unmap_idle_code();

}  // namespace krepro::util
