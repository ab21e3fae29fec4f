// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "http/views.hpp"

namespace krepro::http {

using model::Json;
using model::OutcomeKind;

namespace {

std::string self_of(const model::Bisection& bisection) {
    return fmt::format("/api/v1/bisections/{}", bisection.id);
}

// "hit", "clean", "untestable", "failed"; null while its job goes on.
Json result_of(const BisectionStepParts& parts, int hits) {
    const auto& job = parts.job;
    if (hits > 0) return "hit";
    if (!job.verdict) return nullptr;
    switch (job.verdict->kind) {
        case model::VerdictKind::reproduced:
            return "hit";
        case model::VerdictKind::not_reproduced:
            return "clean";
        case model::VerdictKind::inconclusive:
            return "untestable";
        default:
            return job.problem && job.problem->arm ? "untestable" : "failed";
    }
}

Json step_view(const BisectionStepParts& parts) {
    int hits = 0;
    double exposure = 0, wall_s = 0;
    for (const auto& trial : parts.trials) {
        if (!trial.outcome) continue;
        hits += trial.outcome->kind == OutcomeKind::hit ? 1 : 0;
        exposure += trial.outcome->kind == OutcomeKind::none ? 0 : trial.outcome->exposure;
        wall_s += trial.outcome->wall_s;
    }
    Json view = model::to_json(parts.step);
    view["stage"] = model::to_string(parts.job.stage);
    view["result"] = result_of(parts, hits);
    view["trials"] = parts.trials.size();
    view["hits"] = hits;
    view["exposure"] = exposure;
    view["wall_s"] = wall_s;
    const auto& build = parts.job.unpatched_build;
    view["build_s"] = build ? Json(build->cached ? 0 : build->wall_s) : Json(nullptr);
    view["links"] = {{"job", fmt::format("/api/v1/jobs/{}", parts.step.job)}};
    return view;
}

}  // namespace

Json bisection_summary(const model::Bisection& bisection) {
    return {{"id", bisection.id},
            {"stage", model::to_string(bisection.stage)},
            {"title", bisection.title},
            {"commits", bisection.commits},
            {"left", bisection.left},
            {"result", model::to_json(bisection.result)},
            {"cancel_requested", bisection.cancel_requested},
            {"created_at", bisection.created_at},
            {"updated_at", bisection.updated_at},
            {"links", {{"self", self_of(bisection)}}}};
}

Json bisection_view(const BisectionParts& parts) {
    const auto& bisection = *parts.bisection;
    Json view = model::to_json(bisection);
    for (const auto* heavy : {"mail", "script", "config"}) view["spec"].erase(heavy);
    view.erase("answered");
    Json steps = Json::array();
    Json unit = nullptr;
    for (const auto& step : parts.steps) {
        steps.push_back(step_view(step));
        if (step.job.workload) unit = model::to_string(step.job.workload->unit);
    }
    view["unit"] = std::move(unit);
    view["steps"] = std::move(steps);
    view["links"] = {{"self", self_of(bisection)},
                     {"cancel", self_of(bisection) + "/cancel"},
                     {"resume", self_of(bisection) + "/resume"}};
    return view;
}

}  // namespace krepro::http
