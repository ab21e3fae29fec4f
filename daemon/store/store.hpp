// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/bisection.hpp"
#include "model/job.hpp"
#include "model/token.hpp"
#include "store/job_versions.hpp"
#include "util/result.hpp"

namespace krepro::store {

// Which jobs a listing shows: newest first.
struct JobFilter {
    std::optional<model::JobStage> stage;
    std::optional<model::VerdictKind> verdict;
    std::string text;         // substring of the title's first 1000 bytes, in any case; empty: all
    std::int64_t before = 0;  // only ids smaller than this; 0: from the newest
    int limit = 50;           // 1..500
};

// A report together with the title of its job.
struct Sighting {
    model::StoredReport report;
    std::string job_title;
};

// Which reports a listing shows: newest first.
struct ReportFilter {
    std::string signature;    // empty: any
    std::int64_t before = 0;  // only ids smaller than this; 0: from the newest
    int limit = 50;           // 1..500
};

// What comes with a job besides its specification.
struct Submission {
    std::int64_t token = 0;   // whose it is; 0: nobody had to say
    std::string key;          // what its sender names it by, once for all its attempts; or empty
    std::string fingerprint;  // equal for equal requests; compared when the key comes again
    int most_unfinished = 0;  // jobs that may be on their way with this one; 0: any number
};

struct Submitted {
    model::Job job;
    bool again = false;  // the key was known: the job is the one that was made then
};

// A kernel that jobs used, with the first and the last of them.
struct KeptBuild {
    std::int64_t id = 0;
    model::Build build;
    std::int64_t first_job = 0;
    std::int64_t last_job = 0;
};

struct BuildFilter {
    std::string tree, profile;  // empty: any
    std::int64_t before = 0;    // only ids smaller than this; 0: from the newest
    int limit = 50;             // 1..500
};

struct UnfinishedBisection {
    std::int64_t id = 0;
    bool waits = false;  // for the job of a step
    bool cancel_requested = false;
};

// Jobs, trials, reports and events in SQL (SQLite in WAL mode). One connection; used from one
// thread at a time (see AsyncStore). Every write is a transaction that is on the disk when the
// call returns. SQL failures (full disk, damaged file) throw util::InfraError.
class Store {
  public:
    // Opens or creates the database and brings its schema up to date. ":memory:" is a store that
    // lives as long as the object. `unavailable` when the folder cannot be written or the schema
    // is newer than this program.
    static util::Result<std::unique_ptr<Store>> open(const std::filesystem::path& file);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // Stores a new job as `queued`, sets its id, created_at and updated_at, and writes its first
    // event (type "stage"). Returns the job as stored.
    model::Job add_job(model::Job job);
    // The same for a request that may come twice: a key that its token has used gives the job of
    // that time, or `conflict` when something else was asked then. `too_many` when the queue is
    // full.
    util::Result<Submitted> submit(model::Job job, const Submission& submission);
    std::optional<model::Job> job(std::int64_t id);
    std::vector<model::Job> jobs(const JobFilter& filter);
    // The same jobs in short, so that thousands cost little: without the mail's text and patch,
    // traces, checkouts, builds and workload.
    std::vector<model::Job> summaries(const JobFilter& filter);
    // Ids of jobs that are not done, oldest first: what a daemon that starts again goes on with.
    std::vector<std::int64_t> unfinished_jobs();
    std::int64_t count_unfinished();
    // The first of them in short, as summaries().
    std::vector<model::Job> unfinished_summaries(int limit);
    // Replaces the job's row (not id, created_at, cancel_requested); its end comes with its events.
    // `conflict` when the stage would go backwards, or the job is done already.
    util::Result<void> update_job(const model::Job& job);
    // `not_found`, or `conflict` when the job is done.
    util::Result<void> request_cancel(std::int64_t id);

    // The token that submitted the job; 0 when nobody had to say.
    std::int64_t owner(std::int64_t job);
    // These artifacts stay as long as the job does.
    void note_artifacts(std::int64_t job, const std::vector<std::string>& hashes);
    // Removes a job that is done, with its trials, reports and events, and returns the artifacts
    // that nothing refers to any more: they must go before the next call, which may refer to them
    // again. `not_found`, or `conflict` when it is not done.
    util::Result<std::vector<std::string>> delete_job(std::int64_t id);
    // How many jobs there are by stage, and of the done by verdict.
    std::vector<std::pair<std::string, std::int64_t>> count_stages();
    std::vector<std::pair<std::string, std::int64_t>> count_verdicts();

    // Kernels that jobs used, newest first.
    std::vector<KeptBuild> builds(const BuildFilter& filter);
    std::optional<KeptBuild> build(const std::string& key);

    // One row per trial, written before its VM starts; sets id, number (next of the arm) and
    // started_at.
    model::Trial add_trial(model::Trial trial);
    // Closes the row: outcome, artifacts, report ids and ended_at. `conflict` when it is closed.
    util::Result<void> close_trial(const model::Trial& trial);
    std::optional<model::Trial> trial(std::int64_t id);
    std::vector<model::Trial> trials(std::int64_t job);  // in order of start
    // Closes every open trial of the job as void with `cause`; returns how many.
    int void_open_trials(std::int64_t job, model::Cause cause, const std::string& detail);

    std::int64_t add_report(const model::StoredReport& report);
    // Replaces the report of this id, job and signature excepted. `not_found`.
    util::Result<void> update_report(const model::StoredReport& report);
    std::optional<model::StoredReport> report(std::int64_t id);
    std::vector<model::StoredReport> reports(std::int64_t job);
    // Reports of all jobs, newest first.
    std::vector<Sighting> sightings(const ReportFilter& filter);

    // Appends to the history; returns the event with seq and at set.
    model::Event add_event(std::int64_t job, const std::string& type, model::Json data);
    // Events after `seq` in order, of one job, or of all with job 0.
    std::vector<model::Event> events_after(std::int64_t job, std::int64_t seq, int limit);
    // The seq of the newest event of the job (of all with job 0); 0 when there is none.
    std::int64_t last_event(std::int64_t job);

    // Stores a new bisection as `queued` and sets its id and dates; `token` as of submit().
    model::Bisection add_bisection(model::Bisection bisection, std::int64_t token);
    std::optional<model::Bisection> bisection(std::int64_t id);
    // Newest first, ids below `before` (0: all).
    std::vector<model::Bisection> bisections(std::int64_t before, int limit);
    // Those that are not done, oldest first. Reads no document.
    std::vector<UnfinishedBisection> unfinished_bisections();
    // Replaces the row, all but id, created_at and cancel_requested. `not_found`; `conflict` when
    // it is done.
    util::Result<void> update_bisection(const model::Bisection& bisection);
    // Takes one that is done up again, with the evidence of its steps: its result and its
    // cancelling are forgotten. `not_found`, `conflict` when it is not done.
    util::Result<model::Bisection> resume_bisection(std::int64_t id);
    // `not_found`, or `conflict` when it is done.
    util::Result<void> request_bisection_cancel(std::int64_t id);
    // The token that asked for it, 0 when nobody had to say; nothing when there is none such.
    std::optional<std::int64_t> bisection_owner(std::int64_t id);
    // The commits that are searched, good one first; kept with the bisection's other fields.
    void put_line(const model::Bisection& bisection, const std::vector<model::LineCommit>& line);
    std::vector<model::LineCommit> line(std::int64_t bisection);
    // Stores the job as queued, of the bisection's sender, and the step that it is of: both or
    // neither. Sets the step's number and job.
    model::BisectionStep add_step(std::int64_t bisection, model::BisectionStep step,
                                  model::Job job);
    std::vector<model::BisectionStep> steps(std::int64_t bisection);  // in their order
    // The steps of the bisection that this job is a step of, up to it; empty when it is of none.
    std::vector<model::BisectionStep> steps_up_to(std::int64_t job);

    // A token with this hash of its secret; sets id and created_at.
    model::Token add_token(model::Token token, const std::string& hash);
    std::vector<model::Token> tokens();
    // `not_found`, or `conflict` when it is revoked already.
    util::Result<model::Token> revoke_token(std::int64_t id);
    // The token of this hash, unless it is revoked.
    std::optional<model::Token> token_of(const std::string& hash);

    // Thread safe.
    [[nodiscard]] const JobVersions& versions() const;

    // Small facts that outlive jobs: the accelerator probe's answer, objects expected per tree.
    void put_fact(const std::string& key, const model::Json& value);
    std::optional<model::Json> fact(const std::string& key);

  private:
    Store();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace krepro::store
