// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

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
// loop is the same in both forms, but for the form's name. `invalid_input` when the reproducer's
// command is empty.
util::Result<model::Workload> plan_workload(const model::Reproducer& reproducer,
                                            model::WorkloadForm form, int max_vcpus);

// How the change begins that says where tuned parameters are from.
inline constexpr std::string_view k_tuned_change = "these parameters -> tuned on this host: ";

// Whether the workload is another one than the mail's. What only makes it ready for the guest (no
// sudo, a file for the metrics, the vCPUs that there are) is listed with the changes and is none.
[[nodiscard]] bool differs_from_mail(const model::Workload& workload);

// The parameters of an amplified form. Those that are there hit the seed's bug soonest on a small
// host under emulation (docs/measured.md); `krepro tune` measures others.
struct Amplification {
    int vcpus = 2;
    double share = 0.2;      // U = runtime / period of a deadline loop; never made larger
    int instances_each = 1;  // of each stressor, a vCPU
    int timeout_s = 3;       // of an iteration
    int memory_factor = 1;   // of what the instances ask for

    bool operator==(const Amplification&) const = default;
};

// The amplified form with other parameters. A script that is no stress-ng deadline loop stays as
// it is, in a VM of that size.
util::Result<model::Workload> plan_amplified(const model::Reproducer& reproducer,
                                             const Amplification& amplification, int max_vcpus);

// What a sweep tries for this reproducer: the rule's own parameters first, then one or two of them
// changed. No workload twice.
[[nodiscard]] std::vector<Amplification> amplifications_to_try(const model::Reproducer& reproducer,
                                                               int max_vcpus);

}  // namespace krepro::intake
