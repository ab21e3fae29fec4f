// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>

#include "model/job.hpp"
#include "pipeline/services.hpp"

namespace krepro::pipeline {

// Reads the mail, checks tree, profile and reproducer, and makes the job; nothing is stored.
// Errors say which field or which part of the mail is wrong.
util::Result<model::Job> make_job(const Services& services, model::JobSpec spec);

// make_job, then the job is stored as queued. Nothing is stored when it fails.
boost::asio::awaitable<util::Result<model::Job>> submit(const Services& services,
                                                        model::JobSpec spec);

// The workload of a job in this form: the job's own script, or the mail's reproducer.
util::Result<model::Workload> workload_of(const model::Job& job, model::WorkloadForm form,
                                          int max_vcpus);

}  // namespace krepro::pipeline
