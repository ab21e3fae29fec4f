// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/job.hpp"

namespace krepro::http {

// The documents that the API serves, made of the model's own.

// All that a job's page needs: the job, both arms with build, counts and trials, short forms of its
// reports, links.
[[nodiscard]] model::Json job_view(const model::Job& job, const std::vector<model::Trial>& trials,
                                   const std::vector<model::StoredReport>& reports);
// A line of a listing, of what Store::summaries gives.
[[nodiscard]] model::Json summary_view(const model::Job& summary);
[[nodiscard]] model::Json trial_view(const model::Trial& trial);
[[nodiscard]] model::Json report_view(const model::StoredReport& report);

}  // namespace krepro::http
