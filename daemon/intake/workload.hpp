// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/mail.hpp"
#include "model/workload.hpp"
#include "util/result.hpp"

namespace krepro::intake {

// SCHED_DEADLINE admission: floor(0.95 * vcpus * period / runtime) tasks
// (kernel/sched/deadline.c, sched_rt_runtime_us / sched_rt_period_us = 0.95).
[[nodiscard]] int admitted_deadline_tasks(int vcpus, double runtime_ns, double period_ns);

// Makes the mail's reproducer ready for a VM. `form` is verbatim or amplified. Verbatim: the
// command as given, with a vCPU count (at most `max_vcpus`) that lets the workload's children be
// admitted, and enough memory. Amplified: the same code path with parameters that hit sooner,
// each change listed in Workload::changes with its reason. A script that is no stress-ng deadline
// loop is the same in both forms. `invalid_input` when the reproducer's command is empty.
util::Result<model::Workload> plan_workload(const model::Reproducer& reproducer,
                                            model::WorkloadForm form, int max_vcpus);

}  // namespace krepro::intake
