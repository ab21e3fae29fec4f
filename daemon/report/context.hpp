// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/report.hpp"
#include "report/line.hpp"

namespace krepro::report {

// Where the CPU was, gathered from a splat's lines. `frames` is its call trace: what stands on the
// interrupt stack decides between hard and soft interrupt where no counter was printed.
model::Context read_context(std::span<const Line> lines, const std::vector<model::Frame>& frames);

}  // namespace krepro::report
