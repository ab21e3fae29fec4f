// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/build.hpp"
#include "model/json.hpp"
#include "model/mail.hpp"
#include "model/report.hpp"
#include "model/trial.hpp"
#include "model/verdict.hpp"
#include "model/workload.hpp"

namespace krepro::model {

// What a job may use before it must answer.
struct Budget {
    double wall_s = 3600;  // for the trials, builds not counted
    int trials = 60;       // of both arms together, void ones included

    bool operator==(const Budget&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("wall_s", &Budget::wall_s), field("trials", &Budget::trials));
    }
};

// One request. Validated once, where it is parsed (parse_job_spec).
struct JobSpec {
    std::string mail;  // the mail, patch or commit as text
    // In place of the mail: a commit of the tree ("v6.12", "1f2e3d") against its first parent, or
    // two ("A..B"). With a mail, the mail tells the story and the commit is what is built. Replaced
    // by whole hashes when the job begins.
    std::string commit;
    // One kernel alone, that of `commit`, without another to compare it with.
    bool alone = false;
    // "auto" is replaced by the tree that takes the patch when the job begins.
    std::string tree = "debian-6.1.8-rt5";
    std::string profile = "rt-lockdep";
    WorkloadForm workload = WorkloadForm::amplified;
    double confidence = 0.95;  // in (0.5, 0.9999)
    Budget budget;
    // A config fragment on top of the profile's: "CONFIG_X=y" lines. It cannot take away what the
    // profile guarantees.
    std::string config;
    std::string compiler;  // "gcc", "clang"; empty: the profile's
    // Replaces the mail's reproducer when not empty: a shell script, run once an iteration.
    std::string script;
    // Counts what earlier jobs saw of the same unpatched kernel and workload, at half weight.
    bool warm_start = false;
    std::string webhook;  // an address that is told of the job's end; empty: none

    bool operator==(const JobSpec&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("mail", &JobSpec::mail), field("commit", &JobSpec::commit),
            field("alone", &JobSpec::alone), field("tree", &JobSpec::tree),
            field("profile", &JobSpec::profile), field("config", &JobSpec::config),
            field("compiler", &JobSpec::compiler), field("workload", &JobSpec::workload),
            field("confidence", &JobSpec::confidence), field("budget", &JobSpec::budget),
            field("script", &JobSpec::script), field("warm_start", &JobSpec::warm_start),
            field("webhook", &JobSpec::webhook));
    }
};

// A job's lifecycle; its result is kept apart.
enum class JobStage { queued, checking_out, building, running, done };

template <>
struct EnumNames<JobStage> {
    static constexpr std::array k_names{
        std::pair{JobStage::queued, "queued"}, std::pair{JobStage::checking_out, "checking_out"},
        std::pair{JobStage::building, "building"}, std::pair{JobStage::running, "running"},
        std::pair{JobStage::done, "done"}};
};

// An error as it is stored and served.
struct Problem {
    std::string what;
    std::string where;
    std::string hint;
    std::string stage;                 // the job stage in which it happened
    std::optional<ArmName> arm;        // whose kernel cannot be built; else nothing
    std::vector<std::string> excerpt;  // for a build: the output around the first error

    bool operator==(const Problem&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("what", &Problem::what), field("where", &Problem::where),
                               field("hint", &Problem::hint), field("stage", &Problem::stage),
                               field("arm", &Problem::arm), field("excerpt", &Problem::excerpt));
    }
};

// What a tree said to the patch of a job whose tree is chosen by trying.
struct TreeTry {
    std::string tree;
    std::optional<Direction> direction;  // nothing: it did not take the patch
    std::string why;                     // it did not; empty when it did

    bool operator==(const TreeTry&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("tree", &TreeTry::tree),
                               field("direction", &TreeTry::direction),
                               field("why", &TreeTry::why));
    }
};

struct Job {
    std::int64_t id = 0;
    JobStage stage = JobStage::queued;
    std::string title;
    JobSpec spec;
    Mail mail;                       // what intake understood
    std::vector<TreeTry> tried;      // for tree "auto": in the order of trying
    std::optional<Report> expected;  // the mail's own trace
    std::optional<Direction> direction;
    std::optional<Checkout> unpatched_checkout;
    std::optional<Checkout> patched_checkout;
    std::optional<Build> unpatched_build;
    std::optional<Build> patched_build;
    std::optional<Workload> workload;
    std::optional<EarlierEvidence> earlier;  // for a warm start, taken when the trials begin
    std::string target_signature;            // of the bug the job is about; empty until known
    std::optional<Verdict> verdict;
    std::optional<Problem> problem;  // why the verdict is `error`
    bool cancel_requested = false;
    std::string created_at;
    std::string updated_at;

    bool operator==(const Job&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("id", &Job::id), field("stage", &Job::stage), field("title", &Job::title),
            field("spec", &Job::spec), field("mail", &Job::mail), field("tried", &Job::tried),
            field("expected", &Job::expected), field("direction", &Job::direction),
            field("unpatched_checkout", &Job::unpatched_checkout),
            field("patched_checkout", &Job::patched_checkout),
            field("unpatched_build", &Job::unpatched_build),
            field("patched_build", &Job::patched_build), field("workload", &Job::workload),
            field("earlier", &Job::earlier), field("target_signature", &Job::target_signature),
            field("verdict", &Job::verdict), field("problem", &Job::problem),
            field("cancel_requested", &Job::cancel_requested),
            field("created_at", &Job::created_at), field("updated_at", &Job::updated_at));
    }
};

// A report as it is stored: the parsed splat, where it came from and what it is to the job.
struct StoredReport {
    std::int64_t id = 0;
    std::int64_t job = 0;
    std::int64_t trial = 0;
    ArmName arm = ArmName::unpatched;
    bool target = false;            // the bug the job is about
    bool matches_expected = false;  // against the mail's own trace
    std::optional<Match> match;     // against the mail's own trace, when it has one
    std::string at;                 // wall time of detection
    Report report;

    bool operator==(const StoredReport&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("id", &StoredReport::id), field("job", &StoredReport::job),
                               field("trial", &StoredReport::trial),
                               field("arm", &StoredReport::arm),
                               field("target", &StoredReport::target),
                               field("matches_expected", &StoredReport::matches_expected),
                               field("match", &StoredReport::match), field("at", &StoredReport::at),
                               field("report", &StoredReport::report));
    }
};

// One entry of a job's history; `seq` grows over all jobs and is never used twice.
struct Event {
    std::int64_t seq = 0;
    std::int64_t job = 0;
    std::string at;
    std::string type;  // "stage", "build", "trial", "heartbeat", "report", "symbols", ...
    Json data = Json::object();

    bool operator==(const Event&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("seq", &Event::seq), field("job", &Event::job),
                               field("at", &Event::at), field("type", &Event::type),
                               field("data", &Event::data));
    }
};

}  // namespace krepro::model
