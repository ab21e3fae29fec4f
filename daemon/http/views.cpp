// SPDX-License-Identifier: Apache-2.0
#include "http/views.hpp"

#include <fmt/format.h>

namespace krepro::http {

using model::ArmName;
using model::Json;
using model::to_json;
using model::to_string;

namespace {

std::string job_path(std::int64_t id) {
    return fmt::format("/api/v1/jobs/{}", id);
}
std::string trial_path(std::int64_t id) {
    return fmt::format("/api/v1/trials/{}", id);
}
std::string report_path(std::int64_t id) {
    return fmt::format("/api/v1/reports/{}", id);
}
Json artifact_link(const std::string& hash) {
    return hash.empty() ? Json(nullptr) : Json("/api/v1/artifacts/" + hash);
}

void count_outcome(model::ArmCounts& counts, const model::TrialOutcome& outcome) {
    counts.wall_s += outcome.wall_s;
    if (outcome.kind != model::OutcomeKind::none) counts.exposure += outcome.exposure;
    switch (outcome.kind) {
        case model::OutcomeKind::hit:
            ++counts.hits;
            break;
        case model::OutcomeKind::clean:
            ++counts.clean;
            break;
        case model::OutcomeKind::other:
            ++counts.other;
            break;
        case model::OutcomeKind::none:
            ++counts.voids;
            break;
    }
}

// Of the trials of the form that the job runs now: evidence of another form is counted in another
// unit.
model::ArmCounts count_trials(const model::Job& job, const std::vector<model::Trial>& trials,
                              ArmName arm) {
    model::ArmCounts counts;
    for (const auto& trial : trials) {
        if (trial.arm != arm || (job.workload && trial.form != job.workload->form)) continue;
        ++counts.trials;
        if (trial.outcome) count_outcome(counts, *trial.outcome);
    }
    return counts;
}

Json build_view(const std::optional<model::Build>& build) {
    if (!build) return nullptr;
    Json view = to_json(*build);
    view["links"] = {{"bzimage", artifact_link(build->bzimage)},
                     {"vmlinux", artifact_link(build->vmlinux)},
                     {"config", artifact_link(build->config)}};
    return view;
}

Json arm_view(const model::Job& job, const std::vector<model::Trial>& trials, ArmName arm) {
    const bool patched = arm == ArmName::patched;
    Json list = Json::array();
    for (const auto& trial : trials)
        if (trial.arm == arm) list.push_back(trial_view(trial));
    return {{"build", build_view(patched ? job.patched_build : job.unpatched_build)},
            {"counts", to_json(count_trials(job, trials, arm))},
            {"trials", std::move(list)}};
}

Json short_report(const model::StoredReport& report) {
    return {{"id", report.id},
            {"trial", report.trial},
            {"arm", to_string(report.arm)},
            {"title", report.report.title},
            {"kind", report.report.kind},
            {"signature", report.report.signature},
            {"target", report.target},
            {"matches_expected", report.matches_expected},
            {"at", report.at},
            {"link", report_path(report.id)}};
}

}  // namespace

Json job_view(const model::Job& job, const std::vector<model::Trial>& trials,
              const std::vector<model::StoredReport>& reports) {
    Json view = to_json(job);
    view["arms"] = {{"unpatched", arm_view(job, trials, ArmName::unpatched)},
                    {"patched", arm_view(job, trials, ArmName::patched)}};
    view["reports"] = Json::array();
    for (const auto& report : reports) view["reports"].push_back(short_report(report));
    const auto self = job_path(job.id);
    view["links"] = {{"self", self},
                     {"mail", self + "/mail"},
                     {"events", self + "/events"},
                     {"reports", self + "/reports"},
                     {"trials", self + "/trials"},
                     {"cancel", self + "/cancel"}};
    return view;
}

Json summary_view(const model::Job& summary) {
    Json view = to_json(summary);
    for (const auto* heavy : {"expected", "unpatched_checkout", "patched_checkout",
                              "unpatched_build", "patched_build", "workload"})
        view.erase(heavy);
    for (const auto* heavy : {"mail", "script"}) view["spec"].erase(heavy);
    for (const auto* heavy :
         {"message", "trailers", "patch", "files", "splat", "reproducer", "notes"})
        view["mail"].erase(heavy);
    view["links"] = {{"self", job_path(summary.id)}};
    return view;
}

Json trial_view(const model::Trial& trial) {
    Json view = to_json(trial);
    const auto self = trial_path(trial.id);
    view["running"] = !trial.outcome.has_value();
    view["links"] = {{"self", self},
                     {"job", job_path(trial.job)},
                     {"console", self + "/console"},
                     {"harness", self + "/harness"}};
    return view;
}

Json report_view(const model::StoredReport& report) {
    Json view = to_json(report);
    view["links"] = {{"self", report_path(report.id)},
                     {"job", job_path(report.job)},
                     {"trial", trial_path(report.trial)},
                     {"console", trial_path(report.trial) + "/console"}};
    return view;
}

}  // namespace krepro::http
