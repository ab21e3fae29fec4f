// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/json.hpp"

namespace krepro::cli {

// What one event of a job says to a person who watches.
struct ProgressLine {
    std::string line;    // worth a line of its own; empty: not
    std::string status;  // what happens right now; empty: as before
};

// `event` as the API streams it: {"seq","job","at","type","data"}.
[[nodiscard]] ProgressLine describe_event(const model::Json& event);

}  // namespace krepro::cli
