// SPDX-License-Identifier: Apache-2.0
// SARIF 2.1.0. The unpatched kernel is the baseline: what it alone shows is `absent`, what both
// show `unchanged`, what only the patched kernel shows `new`.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "exports/format.hpp"
#include "exports/text.hpp"

namespace krepro::exports {

using model::ArmName;
using model::Json;
using model::StoredReport;

namespace {

constexpr auto k_schema = "https://json.schemastore.org/sarif-2.1.0.json";
constexpr auto k_root = "KERNEL";  // what the paths of files are relative to

// All reports of one bug, in order of detection.
struct Bug {
    std::vector<const StoredReport*> reports;

    [[nodiscard]] int on(ArmName arm) const {
        return static_cast<int>(std::count_if(reports.begin(), reports.end(),
                                              [arm](const auto* r) { return r->arm == arm; }));
    }
    [[nodiscard]] const model::Report& first() const { return reports.front()->report; }
};

std::vector<Bug> bugs_of(const Evidence& evidence) {
    std::vector<Bug> bugs;
    std::map<std::string, std::size_t> known;
    for (const auto& report : evidence.reports) {
        const auto [at, fresh] = known.emplace(report.report.signature, bugs.size());
        if (fresh) bugs.emplace_back();
        bugs[at->second].reports.push_back(&report);
    }
    return bugs;
}

Json message(const std::string& text) {
    return {{"text", plain_text(text)}};
}

// A path as a relative URI: what is not plain in one is escaped.
std::string to_uri(const std::string& path) {
    std::string uri;
    for (const unsigned char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '_' || c == '-' ||
                           c == '+' || c == ',';
        uri += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
    }
    return uri;
}

// Where the report has no file for a frame, its function alone.
Json location_of(const model::Frame& frame) {
    Json location = Json::object();
    if (frame.file && !frame.file->empty()) {
        Json place = {{"artifactLocation", {{"uri", to_uri(*frame.file)}, {"uriBaseId", k_root}}}};
        if (frame.line && *frame.line > 0) place["region"] = {{"startLine", *frame.line}};
        location["physicalLocation"] = std::move(place);
    }
    location["logicalLocations"] =
        Json::array({{{"fullyQualifiedName", plain_line(frame.function)}, {"kind", "function"}}});
    return location;
}

Json stack_of(const model::Report& report) {
    Json frames = Json::array();
    for (const auto& frame : report.frames) {
        if (!frame.certain) continue;
        Json entry = {{"location", location_of(frame)}};
        entry["location"]["message"] = message(
            fmt::format("{}+{:#x}/{:#x}", plain_line(frame.function), frame.offset, frame.size));
        if (!frame.module.empty()) entry["module"] = plain_line(frame.module);
        frames.push_back(std::move(entry));
    }
    return {{"message", message("Call trace, innermost first")}, {"frames", std::move(frames)}};
}

// The frame to look at first: the culprit's, with a file if it has one.
const model::Frame* first_frame(const model::Report& report) {
    const model::Frame* best = nullptr;
    for (const auto& frame : report.frames) {
        if (!frame.certain) continue;
        if (frame.function == report.culprit) return &frame;
        if (best == nullptr) best = &frame;
    }
    return best;
}

// Whether a bug that the patched kernel did not show is gone from it: only a verdict says so.
bool is_gone(const Bug& bug, const model::Verdict& verdict) {
    const bool proved = verdict.kind == model::VerdictKind::fixed ||
                        verdict.kind == model::VerdictKind::fixed_new_splat;
    return proved && bug.on(ArmName::patched) == 0;
}

const char* baseline_of(const Bug& bug) {
    if (bug.on(ArmName::patched) == 0) return "absent";
    return bug.on(ArmName::unpatched) == 0 ? "new" : "unchanged";
}

// Whether the run says of each bug what has become of it: the format wants that of all or of none,
// and what the patched kernel was not watched for long enough is not known.
bool states_are_known(const std::vector<Bug>& bugs, const model::Verdict& verdict) {
    return std::all_of(bugs.begin(), bugs.end(), [&](const Bug& bug) {
        return bug.on(ArmName::patched) > 0 || is_gone(bug, verdict);
    });
}

const char* level_of(const Bug& bug, const model::Verdict& verdict) {
    if (bug.first().notice) return "note";
    return is_gone(bug, verdict) ? "warning" : "error";
}

Json result_of(const Bug& bug, const model::Verdict& verdict, bool with_state) {
    const auto& report = bug.first();
    const bool target = std::any_of(bug.reports.begin(), bug.reports.end(),
                                    [](const auto* r) { return r->target; });
    Json result = {
        {"ruleId", plain_line(report.kind)},
        {"level", level_of(bug, verdict)},
        {"message", message(fmt::format("{} ({} unpatched, {} patched)", plain_line(report.title),
                                        bug.on(ArmName::unpatched), bug.on(ArmName::patched)))},
        {"occurrenceCount", bug.reports.size()},
        {"partialFingerprints", {{"kreproSignature/v1", plain_line(report.signature)}}}};
    if (with_state) result["baselineState"] = baseline_of(bug);
    if (const auto* frame = first_frame(report))
        result["locations"] = Json::array({location_of(*frame)});
    if (!report.frames.empty()) result["stacks"] = Json::array({stack_of(report)});
    result["properties"] = {{"target", target},
                            {"culprit", plain_line(report.culprit)},
                            {"text", plain_text(report.text)}};
    return result;
}

Json rules_of(const std::vector<Bug>& bugs) {
    std::map<std::string, Json> rules;
    for (const auto& bug : bugs) {
        const auto kind = plain_line(bug.first().kind);
        std::string words = kind;
        std::replace(words.begin(), words.end(), '_', ' ');
        rules.emplace(kind, Json{{"id", kind}, {"shortDescription", message(words)}});
    }
    Json list = Json::array();
    for (auto& [kind, rule] : rules) list.push_back(std::move(rule));
    return list;
}

Json invocation_of(const model::Job& job) {
    Json invocation = {{"executionSuccessful", job.verdict->kind != model::VerdictKind::error},
                       {"startTimeUtc", job.created_at},
                       {"endTimeUtc", job.updated_at}};
    if (job.problem)
        invocation["toolExecutionNotifications"] =
            Json::array({{{"level", "error"}, {"message", message(job.problem->what)}}});
    return invocation;
}

}  // namespace

std::string write_sarif(const Evidence& evidence, const Maker& maker) {
    const auto& job = evidence.job;
    const auto bugs = bugs_of(evidence);
    Json results = Json::array();
    const bool with_state = states_are_known(bugs, *job.verdict);
    for (const auto& bug : bugs) results.push_back(result_of(bug, *job.verdict, with_state));
    Json run = {{"tool",
                 {{"driver",
                   {{"name", "krepro"}, {"version", maker.version}, {"rules", rules_of(bugs)}}}}}};
    run["invocations"] = Json::array({invocation_of(job)});
    run["automationDetails"] = {{"id", fmt::format("krepro/{}", job_uid(job))},
                                {"description", message(plain_line(job.title))}};
    run["originalUriBaseIds"][k_root] = {
        {"description", message("The top folder of the kernel's source")}};
    run["results"] = std::move(results);
    run["properties"] = {{"verdict", model::to_json(*job.verdict)}};
    if (const auto url = job_url(maker, job); !url.empty()) run["properties"]["job"] = url;
    const Json document = {
        {"$schema", k_schema}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}};
    return model::dump_pretty(document) + "\n";
}

}  // namespace krepro::exports
