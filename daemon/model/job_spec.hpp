// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/job.hpp"

namespace krepro::model {

inline constexpr std::size_t k_max_mail_bytes = 10U << 20U;
inline constexpr std::size_t k_max_commit_bytes = 600;
inline constexpr std::size_t k_max_webhook_bytes = 2000;

// Reads a job specification from JSON and checks every field's range (names of trees and profiles,
// and where a webhook may lead, are checked by the caller, who knows them). Unknown fields are
// refused. `invalid_input` names the field.
util::Result<JobSpec> parse_job_spec(const Json& json);

// The range checks alone: for a spec that was put together from CLI options.
util::Result<void> validate(const JobSpec& spec);

}  // namespace krepro::model
