// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exports/evidence.hpp"

namespace krepro::exports {

inline model::Build make_build(const std::string& bzimage, const std::string& vmlinux) {
    model::Build build;
    build.bzimage = bzimage;
    build.vmlinux = vmlinux;
    build.config = "c";
    return build;
}

// A job that is done: a hit on unpatched, a clean trial on patched.
inline Evidence make_evidence(model::VerdictKind kind = model::VerdictKind::fixed) {
    Evidence evidence;
    auto& job = evidence.job;
    job.id = 7;
    job.stage = model::JobStage::done;
    job.title = "fork: it's \"quoted\"";
    job.spec.mail = "Subject: x\n";
    job.mail.patch = "diff\n";
    job.created_at = "2026-01-02T03:04:05.678Z";
    job.updated_at = "2026-01-02T04:04:05.678Z";
    job.verdict.emplace();
    job.verdict->kind = kind;
    job.workload.emplace();
    job.workload->script = "true\n";
    job.unpatched_build = make_build("b0", "v0");
    job.patched_build = make_build("b1", "v1");
    for (const auto arm : {model::ArmName::unpatched, model::ArmName::patched}) {
        auto& trial = evidence.trials.emplace_back();
        trial.id = static_cast<std::int64_t>(evidence.trials.size());
        trial.job = job.id;
        trial.arm = arm;
        trial.accelerator = "tcg";
        trial.console = "console" + std::to_string(trial.id);
        trial.outcome.emplace();
        trial.outcome->kind =
            arm == model::ArmName::unpatched ? model::OutcomeKind::hit : model::OutcomeKind::clean;
    }
    auto& stored = evidence.reports.emplace_back();
    stored.trial = 1;
    stored.target = true;
    stored.report.title = "Invalid wait context: stock_lock in refill_obj_stock";
    stored.report.headline = "[ BUG: Invalid wait context ]";
    stored.report.signature = "invalid_wait_context|stock_lock";
    stored.report.locks.emplace_back().name = "stock_lock";
    return evidence;
}

}  // namespace krepro::exports
