// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/job.hpp"
#include "pipeline/job_control.hpp"
#include "pipeline/services.hpp"
#include "pipeline/sweep.hpp"
#include "pipeline/tuned.hpp"

namespace krepro::pipeline {

struct TuneRequest {
    model::Job job;                // of make_job: whose bug, tree, profile and reproducer
    double wall_s = 1800;          // for trials; the one that runs then is not cut off
    std::filesystem::path folder;  // empty, the caller's own; QEMU's user must reach it
};

// One workload of the sweep.
struct TuneRow {
    model::Workload workload;
    HitRate rate;
    bool races = true;  // false: dropped, others hit sooner

    static constexpr auto fields() {
        return std::make_tuple(model::field("workload", &TuneRow::workload),
                               model::field("rate", &TuneRow::rate),
                               model::field("races", &TuneRow::races));
    }
};

// What the caller is told while it goes on; both on the loop's thread.
struct TuneTeller {
    std::function<void(const std::string&)> progress;
    std::function<void(const TuneRow&, const model::TrialOutcome&)> trial;
};

struct TuneResult {
    std::vector<TuneRow> rows;   // the rule's own amplified form first
    std::optional<Tuned> tuned;  // nullopt: too few hits to choose by
    std::string key;             // of the fact
    std::string accelerator;
};

// Measures hits a minute of variants of the job's reproducer on the unpatched kernel, which is
// built when it is not in the cache. Stores nothing of what it finds. Throws InfraError for what is
// broken, JobStopped when it was asked to end, which ends the VM first.
boost::asio::awaitable<TuneResult> tune(const Services& services, TuneRequest request,
                                        std::shared_ptr<JobControl> control, TuneTeller teller);

}  // namespace krepro::pipeline
