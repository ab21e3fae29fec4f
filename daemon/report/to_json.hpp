// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/json.hpp"
#include "model/report.hpp"

namespace krepro::report {

// What `krepro parse --json` prints: {"reports": [...]}, described in
// docs/schemas/report.schema.json.
model::Json to_parse_json(const std::vector<model::Report>& reports);

}  // namespace krepro::report
