// SPDX-License-Identifier: Apache-2.0
#include "http/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "exports/format.hpp"
#include "http/job_receiver.hpp"

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

Json build_view(const model::Build& build) {
    Json view = to_json(build);
    view["links"] = {{"bzimage", artifact_link(build.bzimage)},
                     {"vmlinux", artifact_link(build.vmlinux)},
                     {"config", artifact_link(build.config)}};
    return view;
}

Json arm_view(const model::Job& job, const std::vector<model::Trial>& trials, ArmName arm) {
    const bool patched = arm == ArmName::patched;
    Json list = Json::array();
    for (const auto& trial : trials)
        if (trial.arm == arm) list.push_back(trial_view(trial));
    const auto& build = patched ? job.patched_build : job.unpatched_build;
    return {{"build", build ? build_view(*build) : Json(nullptr)},
            {"counts", to_json(count_trials(job, trials, arm))},
            {"trials", std::move(list)}};
}

namespace {

// What can be taken along of a job: documents and the bundle are there once it has a verdict.
void add_export_links(Json& links, const model::Job& job) {
    const auto self = job_path(job.id);
    links["exports"] = Json::object();
    for (const auto& [format, name] : model::EnumNames<exports::Format>::k_names)
        if (job.verdict) links["exports"][name] = fmt::format("{}/exports/{}", self, name);
    const bool one_kernel = job.spec.alone;
    links["bundle"] = job.verdict && !one_kernel ? Json(self + "/bundle") : Json(nullptr);
}

Json without(Json object, std::initializer_list<std::string_view> names) {
    auto& members = object.get_ref<Json::object_t&>();
    Json::object_t kept;
    kept.reserve(members.size());
    for (auto& [name, value] : members)
        if (std::find(names.begin(), names.end(), name) == names.end())
            kept.emplace(name, std::move(value));
    return Json(std::move(kept));
}

}  // namespace

Json job_view(const model::Job& job, const std::vector<model::Trial>& trials,
              const std::vector<model::StoredReport>& reports) {
    Json view = to_json(job);
    view["spec"]["webhook"] = shown_receiver(job.spec.webhook);
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
                     {"cancel", self + "/cancel"},
                     {"retry", self + "/retry"},
                     {"artifacts", self + "/artifacts"}};
    add_export_links(view["links"], job);
    return view;
}

Json summary_view(const model::Job& summary) {
    Json view = without(to_json(summary),
                        {"expected", "unpatched_checkout", "patched_checkout", "unpatched_build",
                         "patched_build", "workload", "earlier", "tried"});
    view["spec"] = without(std::move(view["spec"]), {"mail", "script", "config"});
    view["spec"]["webhook"] = shown_receiver(summary.spec.webhook);
    view["mail"] = without(std::move(view["mail"]), {"message", "trailers", "patch", "files",
                                                     "splat", "reproducer", "notes"});
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

Json sighting_view(const store::Sighting& sighting) {
    Json view = short_report(sighting.report);
    view["job"] = sighting.report.job;
    view["job_title"] = sighting.job_title;
    return view;
}

Json host_view(const HostView& view) {
    Json json = to_json(view.host);
    json["unfinished_jobs"] = view.unfinished;
    json["queue"] = Json::array();
    for (const auto& job : view.queue) json["queue"].push_back(summary_view(job));
    json["running"] = Json::array();
    for (const auto& trial : view.running) json["running"].push_back(trial_view(trial));
    return json;
}

namespace {

Json expected_view(const std::optional<model::Report>& expected) {
    if (!expected) return nullptr;
    return {{"title", expected->title},
            {"kind", expected->kind},
            {"frames", to_json(*expected)["frames"]}};
}

Json reproducer_view(const std::optional<model::Reproducer>& reproducer) {
    if (!reproducer) return nullptr;
    return {{"command", reproducer->command},
            {"loop", reproducer->looped},
            {"script", reproducer->script}};
}

Json workload_view(const util::Result<model::Workload>& workload) {
    return workload ? to_json(*workload) : Json(nullptr);
}

}  // namespace

Json preview_view(const PreviewView& preview) {
    const Json mail = to_json(preview.mail);
    Json view = Json::object();
    for (const auto* name : {"title", "author", "message_id", "trailers", "files", "notes"})
        view[name] = mail[name];
    view["expected"] = expected_view(preview.expected);
    view["reproducer"] = reproducer_view(preview.mail.reproducer);
    view["workload"] = {{"verbatim", workload_view(preview.verbatim)},
                        {"amplified", workload_view(preview.amplified)},
                        {"problem", nullptr}};
    if (!preview.verbatim) view["workload"]["problem"] = preview.verbatim.error().to_string();
    view["trees"] = to_json(preview.prospect.trees);
    view["estimate"] =
        preview.prospect.estimate ? to_json(*preview.prospect.estimate) : Json(nullptr);
    return view;
}

}  // namespace krepro::http
