// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "intake/workload.hpp"

namespace krepro::pipeline {

// How many iterations one boot runs: some 40 s of load. Trials of the hit arm end early, at the
// hit; were those of the clean arm to go on for minutes, an old boot would be compared with young
// ones, and whatever breaks under long load would be laid at the patch's door: 6.1.8-rt5 stalls now
// and then under the amplified loop, with the seed's patch and without, and a boot that a hit ends
// early seldom shows it. More boots are also better evidence than longer ones.
[[nodiscard]] inline int iterations_of(const model::Workload& workload) {
    if (workload.iteration_s <= 0) return 0;  // not known: the trial's time limits it
    const bool amplified = workload.form == model::WorkloadForm::amplified;
    return amplified && intake::differs_from_mail(workload) ? 2 : 4;
}

}  // namespace krepro::pipeline
