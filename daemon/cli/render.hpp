// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/terminal.hpp"
#include "model/json.hpp"
#include "model/report.hpp"

namespace krepro::cli {

// Pages of text for people, of the documents that the API serves.
[[nodiscard]] std::string render_job(const model::Json& job, const Terminal& terminal);
[[nodiscard]] std::string render_jobs(const model::Json& listing, const Terminal& terminal);
[[nodiscard]] std::string render_bisection(const model::Json& bisection, const Terminal& terminal);
[[nodiscard]] std::string render_stored_report(const model::Json& report, const Terminal& terminal);
// A report as it was parsed: title, context, locks, frames.
[[nodiscard]] std::string render_report(const model::Json& report, const Terminal& terminal);

}  // namespace krepro::cli
