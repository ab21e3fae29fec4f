// SPDX-License-Identifier: Apache-2.0
// KernelCI's I/O schema, version 5.3. No member may be null there: what is not known is left out.
#include <fmt/format.h>

#include <set>

#include "exports/format.hpp"
#include "exports/text.hpp"
#include "util/hash.hpp"

namespace krepro::exports {

using model::ArmName;
using model::Json;
using model::OutcomeKind;
using model::VerdictKind;

namespace {

constexpr std::size_t k_max_excerpt = 16384;
constexpr auto k_origin = "krepro";
constexpr int k_issue_version = 1;

std::string id_of(const Evidence& evidence, const std::string& part) {
    return fmt::format("{}:{}-{}", k_origin, job_uid(evidence.job), part);
}

std::string arm_id(const Evidence& evidence, ArmName arm) {
    return id_of(evidence, std::string(model::to_string(arm)));
}

std::string trial_id(const Evidence& evidence, const model::Trial& trial) {
    return id_of(evidence, fmt::format("{}-{}", model::to_string(trial.arm), trial.number));
}

// Equal for the same bug, whatever job showed it.
std::string issue_id(const std::string& signature) {
    return fmt::format("{}:{}", k_origin, util::sha256_hex(signature).substr(0, 16));
}

void add_text(Json& object, const char* name, const std::string& value) {
    if (!value.empty()) object[name] = value;
}

Json resource(const Maker& maker, const std::string& name, const std::string& hash) {
    return {{"name", name}, {"url", maker.url + "/api/v1/artifacts/" + hash}};
}

// As the schema has it: a hash over the hashes of the patches, a line each; empty without any. The
// patch that was reversed out of a tree is none that somebody could apply.
std::optional<std::string> patchset_hash(const model::Job& job, ArmName arm) {
    const bool reversed = job.direction == model::Direction::reverse;
    const bool plain = reversed == (arm == ArmName::patched);
    if (plain) return "";
    if (reversed) return std::nullopt;
    return util::sha256_hex(util::sha256_hex(job.mail.patch) + "\n");
}

Json checkout_of(const Evidence& evidence, ArmName arm) {
    const auto& job = evidence.job;
    const auto& source = arm == ArmName::unpatched ? job.unpatched_checkout : job.patched_checkout;
    Json checkout = {{"id", arm_id(evidence, arm)}, {"origin", k_origin}};
    checkout["tree_name"] = plain_line(job.spec.tree);
    if (const auto hash = patchset_hash(job, arm)) checkout["patchset_hash"] = *hash;
    if (arm == ArmName::patched && job.mail.message_id.find('@') != std::string::npos)
        checkout["message_id"] = plain_line(job.mail.message_id);
    checkout["comment"] = plain_line(arm == ArmName::patched ? job.title : "before: " + job.title);
    checkout["start_time"] = job.created_at;
    checkout["valid"] = source.has_value();
    // Not git_commit_hash: it is a commit of krepro's own unless the tree is a git repository.
    if (source)
        checkout["misc"] = {{"krepro_revision", source->revision},
                            {"krepro_content", source->content}};
    return checkout;
}

Json build_of(const Evidence& evidence, const Maker& maker, ArmName arm) {
    const auto& build =
        arm == ArmName::unpatched ? evidence.job.unpatched_build : evidence.job.patched_build;
    Json made = {{"checkout_id", arm_id(evidence, arm)},
                 {"id", arm_id(evidence, arm)},
                 {"origin", k_origin},
                 {"architecture", "x86_64"},
                 {"config_name", evidence.job.spec.profile},
                 {"status", build ? "PASS" : "MISS"}};
    if (!build) return made;
    made["comment"] = plain_line(build->release);
    made["duration"] = build->wall_s;
    add_text(made, "compiler", plain_line(build->compiler));
    if (!maker.url.empty()) {
        made["config_url"] = maker.url + "/api/v1/artifacts/" + build->config;
        made["output_files"] = Json::array({resource(maker, "bzImage", build->bzimage),
                                            resource(maker, "vmlinux", build->vmlinux)});
    }
    made["misc"] = {{"krepro_key", build->key}, {"krepro_cached", build->cached}};
    return made;
}

const char* status_of(const model::Trial& trial) {
    if (!trial.outcome) return "MISS";
    switch (trial.outcome->kind) {
        case OutcomeKind::hit:
        case OutcomeKind::other:
            return "FAIL";
        case OutcomeKind::clean:
            return "PASS";
        case OutcomeKind::none:
            return "MISS";
    }
    return "MISS";
}

// A dot-separated path of letters, digits, '_' and '-'.
std::string path_of(const Evidence& evidence) {
    std::string name = "krepro.";
    const auto& workload = evidence.job.workload;
    for (const char c : workload ? workload->name : "unknown") {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        name += plain ? c : '_';
    }
    return name;
}

std::string excerpt_of(const Evidence& evidence, const model::Trial& trial) {
    std::string text;
    for (const auto* report : reports_of(evidence, trial.id))
        text += plain_text(report->report.text) + "\n";
    return beginning(text, k_max_excerpt);
}

Json test_of(const Evidence& evidence, const Maker& maker, const model::Trial& trial) {
    Json test = {{"build_id", arm_id(evidence, trial.arm)},
                 {"id", trial_id(evidence, trial)},
                 {"origin", k_origin},
                 {"path", path_of(evidence)},
                 {"status", status_of(trial)},
                 {"start_time", trial.started_at}};
    test["environment"]["comment"] = plain_line(fmt::format(
        "QEMU, {}, {} vCPUs, {} MiB", trial.accelerator, trial.vcpus, trial.memory_mib));
    add_text(test, "log_url", trial.console.empty() ? "" : console_url(maker, trial));
    add_text(test, "log_excerpt", excerpt_of(evidence, trial));
    if (!trial.outcome) return test;
    const auto& outcome = *trial.outcome;
    test["comment"] = plain_line(outcome.detail);
    test["duration"] = outcome.wall_s;
    test["number"] = {{"value", outcome.exposure}, {"unit", model::to_string(outcome.unit)}};
    test["misc"]["krepro_outcome"] = model::to_string(outcome.kind);
    if (outcome.cause) test["misc"]["krepro_cause"] = model::to_string(*outcome.cause);
    return test;
}

std::vector<ArmName> arms_of(const Evidence& evidence) {
    if (evidence.job.spec.alone) return {ArmName::unpatched};
    return {ArmName::unpatched, ArmName::patched};
}

const char* status_of(VerdictKind kind) {
    switch (kind) {
        case VerdictKind::fixed:
            return "PASS";
        case VerdictKind::not_fixed:
        case VerdictKind::reproduced:
        case VerdictKind::regression:
        case VerdictKind::fixed_new_splat:
            return "FAIL";
        case VerdictKind::not_reproduced:
        case VerdictKind::inconclusive:
            return "DONE";
        case VerdictKind::error:
            return "MISS";
    }
    return "MISS";
}

// The verdict, as a test of the patched kernel, or of the only one, above those of its trials.
Json verdict_test(const Evidence& evidence) {
    const auto& verdict = *evidence.job.verdict;
    Json test = {{"build_id", arm_id(evidence, arms_of(evidence).back())},
                 {"id", id_of(evidence, "verdict")},
                 {"origin", k_origin},
                 {"path", "krepro"},
                 {"status", status_of(verdict.kind)},
                 {"comment", plain_line(verdict.sentence)},
                 {"start_time", evidence.job.created_at},
                 {"duration", verdict.unpatched.wall_s + verdict.patched.wall_s}};
    test["misc"]["krepro_verdict"] = {{"kind", model::to_string(verdict.kind)},
                                      {"confidence", verdict.confidence},
                                      {"unpatched", model::to_json(verdict.unpatched)},
                                      {"patched", model::to_json(verdict.patched)},
                                      {"unit", model::to_string(verdict.unit)}};
    return test;
}

Json issue_of(const Evidence& evidence, const model::StoredReport& report) {
    return {{"id", issue_id(report.report.signature)},
            {"version", k_issue_version},
            {"origin", k_origin},
            {"report_subject", plain_line(report.report.title)},
            {"culprit", {{"code", true}, {"tool", false}, {"harness", false}}},
            {"comment", plain_line(report.report.title)},
            {"misc",
             {{"krepro_signature", plain_line(report.report.signature)},
              {"krepro_target", report.target},
              {"krepro_kind", report.report.kind},
              {"krepro_patch", plain_line(evidence.job.title)}}}};
}

Json incident_of(const Evidence& evidence, const model::StoredReport& report) {
    Json incident = {{"id", id_of(evidence, fmt::format("report-{}", report.id))},
                     {"origin", k_origin},
                     {"issue_id", issue_id(report.report.signature)},
                     {"issue_version", k_issue_version},
                     {"build_id", arm_id(evidence, report.arm)},
                     {"present", true}};
    for (const auto& trial : evidence.trials)
        if (trial.id == report.trial) incident["test_id"] = trial_id(evidence, trial);
    return incident;
}

// What a `fixed` verdict says of the target: it is not in the patched kernel.
Json absence_of(const Evidence& evidence, const model::StoredReport& target) {
    return {{"id", id_of(evidence, "absent-" + issue_id(target.report.signature).substr(7))},
            {"origin", k_origin},
            {"issue_id", issue_id(target.report.signature)},
            {"issue_version", k_issue_version},
            {"build_id", arm_id(evidence, ArmName::patched)},
            {"present", false},
            {"comment", plain_line(evidence.job.verdict->sentence)}};
}

}  // namespace

std::string write_kcidb(const Evidence& evidence, const Maker& maker) {
    Json checkouts = Json::array(), builds = Json::array(), tests = Json::array();
    for (const auto arm : arms_of(evidence)) {
        checkouts.push_back(checkout_of(evidence, arm));
        builds.push_back(build_of(evidence, maker, arm));
    }
    for (const auto& trial : evidence.trials) tests.push_back(test_of(evidence, maker, trial));
    tests.push_back(verdict_test(evidence));
    Json issues = Json::array(), incidents = Json::array();
    std::set<std::string> known;
    const bool fixed = evidence.job.verdict->kind == VerdictKind::fixed;
    for (const auto& report : evidence.reports) {
        incidents.push_back(incident_of(evidence, report));
        if (!known.insert(report.report.signature).second) continue;
        issues.push_back(issue_of(evidence, report));
        if (fixed && report.target) incidents.push_back(absence_of(evidence, report));
    }
    const Json document = {{"version", {{"major", 5}, {"minor", 3}}},
                           {"checkouts", std::move(checkouts)},
                           {"builds", std::move(builds)},
                           {"tests", std::move(tests)},
                           {"issues", std::move(issues)},
                           {"incidents", std::move(incidents)}};
    return model::dump_pretty(document) + "\n";
}

}  // namespace krepro::exports
