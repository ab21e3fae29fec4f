// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "model/bisection.hpp"
#include "model/host.hpp"
#include "model/job.hpp"
#include "model/preview.hpp"
#include "store/store.hpp"
#include "util/result.hpp"

namespace krepro::http {

// The documents that the API serves, made of the model's own.

// A job with its evidence, read from the store at once.
struct JobParts {
    std::optional<model::Job> job;  // nothing: there is no such job
    std::vector<model::Trial> trials;
    std::vector<model::StoredReport> reports;
};

// All that a job's page needs: the job, both arms with build, counts and trials, short forms of its
// reports, links.
[[nodiscard]] model::Json job_view(const model::Job& job, const std::vector<model::Trial>& trials,
                                   const std::vector<model::StoredReport>& reports);
// One arm of a job: build, counts, trials.
[[nodiscard]] model::Json arm_view(const model::Job& job, const std::vector<model::Trial>& trials,
                                   model::ArmName arm);
// A kernel with where its files are.
[[nodiscard]] model::Json build_view(const model::Build& build);
// A line of a listing, of what Store::summaries gives.
[[nodiscard]] model::Json summary_view(const model::Job& summary);
[[nodiscard]] model::Json trial_view(const model::Trial& trial);
[[nodiscard]] model::Json report_view(const model::StoredReport& report);
// A report in short, with the title of its job.
[[nodiscard]] model::Json sighting_view(const store::Sighting& sighting);

// The machine, and what the daemon does on it.
struct HostView {
    model::Host host;
    std::vector<model::Job> queue;      // not done, in short, oldest first; a hundred at most
    std::size_t unfinished = 0;         // jobs that are not done
    std::vector<model::Trial> running;  // trials whose VMs run
};
[[nodiscard]] model::Json host_view(const HostView& view);

// A bisection with its steps' jobs, read from the store at once.
struct BisectionStepParts {
    model::BisectionStep step;
    model::Job job;
    std::vector<model::Trial> trials;
};
struct BisectionParts {
    std::optional<model::Bisection> bisection;  // nothing: there is no such bisection
    std::vector<BisectionStepParts> steps;
};
[[nodiscard]] model::Json bisection_view(const BisectionParts& parts);
// A line of a listing.
[[nodiscard]] model::Json bisection_summary(const model::Bisection& bisection);

// What intake makes of a mail, nothing being queued.
struct PreviewView {
    model::Mail mail;
    std::optional<model::Report> expected;
    util::Result<model::Workload> verbatim;
    util::Result<model::Workload> amplified;
    model::Prospect prospect;
};
[[nodiscard]] model::Json preview_view(const PreviewView& preview);

}  // namespace krepro::http
