// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "model/job.hpp"
#include "pipeline/job_control.hpp"
#include "pipeline/services.hpp"

namespace krepro::pipeline {

// Carries a job from whatever stage it is at to its verdict. Everything it finds out is in the
// store before the next step begins, so that it can be called again for the same job after a
// crash: sources, kernels and trials that are there are not made again.
//
// Throws JobStopped when `control` asks for it, and util::InfraError when the environment is
// broken; the job is left unfinished in both cases.
boost::asio::awaitable<void> run_job(const Services& services, model::Job job,
                                     std::shared_ptr<JobControl> control);

}  // namespace krepro::pipeline
