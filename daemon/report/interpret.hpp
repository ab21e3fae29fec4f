// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "model/report.hpp"
#include "report/families.hpp"
#include "report/line.hpp"

namespace krepro::report {

// The lines of one splat, and which of them is its headline.
struct Splat {
    const Family* family = nullptr;  // nullptr: a trace without headline, as in a mail
    std::size_t headline = 0;        // index into lines
    std::span<const Line> lines;
    bool cut = false;  // the console went on elsewhere before the splat was whole
};

// Makes the report of a splat.
model::Report interpret(const Splat& splat);

}  // namespace krepro::report
