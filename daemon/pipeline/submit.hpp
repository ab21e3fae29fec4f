// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>

#include "model/job.hpp"
#include "pipeline/services.hpp"

namespace krepro::pipeline {

// Reads the mail, checks tree, profile and reproducer, and makes the job; nothing is stored. The
// message of a commit is read when the job begins: its tree may have to be fetched first.
// Errors say which field or which part of the mail is wrong.
util::Result<model::Job> make_job(const Services& services, model::JobSpec spec);

// Title, workload and expected report of a job whose mail is read.
util::Result<model::Job> understand(const Services& services, model::Job job);

// make_job, then the job is stored as queued. Nothing is stored when it fails; a submission whose
// key was known gives the job of that time.
boost::asio::awaitable<util::Result<store::Submitted>> submit(const Services& services,
                                                              model::JobSpec spec,
                                                              store::Submission submission);

// The workload of a job in this form: the job's own script, or the mail's reproducer.
util::Result<model::Workload> workload_of(const model::Job& job, model::WorkloadForm form,
                                          int max_vcpus);

}  // namespace krepro::pipeline
