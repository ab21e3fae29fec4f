// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/json.hpp"
#include "model/report.hpp"

namespace krepro::report {

// What `krepro parse --json` prints: {"reports": [...]}, described in
// docs/schemas/report.schema.json.
model::Json to_parse_json(const std::vector<model::Report>& reports);

// The same document as text, on one line, written without building it in memory first. Bytes that
// are no UTF-8 become U+FFFD.
std::string dump_parse_json(const std::vector<model::Report>& reports);

// One report as a JSON text, for `krepro parse --follow`.
std::string dump_report_json(const model::Report& report);

}  // namespace krepro::report
