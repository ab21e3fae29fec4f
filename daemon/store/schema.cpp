// SPDX-License-Identifier: Apache-2.0
#include "store/schema.hpp"

#include <fmt/format.h>
#include <soci.h>

#include <array>

namespace krepro::store {

namespace {

using Migration = void (*)(soci::session&);

// A job's listing columns are apart from its document, so that a listing or a search of many jobs
// never pages through their mails.
void create_jobs(soci::session& sql) {
    sql << "CREATE TABLE jobs ("
           "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
           "  stage TEXT NOT NULL,"
           "  verdict TEXT,"
           "  title TEXT NOT NULL,"
           "  title_folded TEXT NOT NULL,"
           "  cancel_requested INTEGER NOT NULL DEFAULT 0,"
           "  created_at TEXT NOT NULL,"
           "  updated_at TEXT NOT NULL)";
    sql << "CREATE INDEX jobs_by_stage ON jobs(stage, id)";
    sql << "CREATE INDEX jobs_by_verdict ON jobs(verdict, id)";
    sql << "CREATE TABLE job_documents ("
           "  job INTEGER PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE,"
           "  summary TEXT NOT NULL,"
           "  document TEXT NOT NULL)";
}

void create_trials_and_reports(soci::session& sql) {
    sql << "CREATE TABLE trials ("
           "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
           "  job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,"
           "  arm TEXT NOT NULL,"
           "  number INTEGER NOT NULL,"
           "  is_open INTEGER NOT NULL,"
           "  document TEXT NOT NULL,"
           "  UNIQUE (job, arm, number))";
    sql << "CREATE INDEX trials_by_job ON trials(job, id)";
    sql << "CREATE TABLE reports ("
           "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
           "  job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,"
           "  signature TEXT NOT NULL,"
           "  document TEXT NOT NULL)";
    sql << "CREATE INDEX reports_by_job ON reports(job, id)";
    sql << "CREATE INDEX reports_by_signature ON reports(signature, id)";
}

// AUTOINCREMENT: a sequence number is never used twice, even after the newest event was deleted.
void create_events_and_facts(soci::session& sql) {
    sql << "CREATE TABLE events ("
           "  seq INTEGER PRIMARY KEY AUTOINCREMENT,"
           "  job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,"
           "  at TEXT NOT NULL,"
           "  type TEXT NOT NULL,"
           "  data TEXT NOT NULL)";
    sql << "CREATE INDEX events_by_job ON events(job, seq)";
    sql << "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)";
}

// Who may, and what was asked before.
void create_access(soci::session& sql) {
    sql << "CREATE TABLE tokens ("
           "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
           "  name TEXT NOT NULL,"
           "  role TEXT NOT NULL,"
           "  hash TEXT NOT NULL UNIQUE,"
           "  created_at TEXT NOT NULL,"
           "  revoked_at TEXT)";
    sql << "CREATE TABLE submissions ("
           "  job INTEGER PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE,"
           "  token INTEGER NOT NULL,"
           "  request_key TEXT NOT NULL,"
           "  fingerprint TEXT NOT NULL)";
    sql << "CREATE UNIQUE INDEX submissions_by_key ON submissions(token, request_key)"
           " WHERE request_key <> ''";
}

// The kernels and files that jobs refer to, taken out of the documents that name them.
void create_references(soci::session& sql) {
    sql << "CREATE TABLE builds ("
           "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
           "  name TEXT NOT NULL UNIQUE,"
           "  tree TEXT NOT NULL,"
           "  profile TEXT NOT NULL,"
           "  first_job INTEGER NOT NULL,"
           "  last_job INTEGER NOT NULL,"
           "  document TEXT NOT NULL)";
    for (const auto* arm : {"unpatched_build", "patched_build"})
        sql << fmt::format(
            "INSERT INTO builds(name, tree, profile, first_job, last_job, document)"
            " SELECT json_extract(document, '$.{0}.key'), json_extract(document, '$.{0}.tree'),"
            " json_extract(document, '$.{0}.profile'), MIN(job), MAX(job),"
            " json_extract(document, '$.{0}') FROM job_documents"
            " WHERE json_extract(document, '$.{0}.key') IS NOT NULL"
            " GROUP BY json_extract(document, '$.{0}.key')"
            " ON CONFLICT (name) DO UPDATE SET first_job = MIN(first_job, excluded.first_job),"
            " last_job = MAX(last_job, excluded.last_job)",
            arm);
    sql << "CREATE TABLE artifact_uses ("
           "  hash TEXT NOT NULL,"
           "  job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,"
           "  PRIMARY KEY (hash, job)) WITHOUT ROWID";
    sql << "CREATE INDEX artifact_uses_by_job ON artifact_uses(job)";
    for (const auto* log : {"console", "harness"})
        sql << fmt::format(
            "INSERT OR IGNORE INTO artifact_uses(hash, job)"
            " SELECT json_extract(document, '$.{0}'), job FROM trials"
            " WHERE json_extract(document, '$.{0}') <> ''",
            log);
}

// The files of both kernels of each job, so that they go with the last job that has them.
void create_kernel_uses(soci::session& sql) {
    for (const auto* arm : {"unpatched_build", "patched_build"})
        for (const auto* file : {"bzimage", "vmlinux", "config"})
            sql << fmt::format(
                "INSERT OR IGNORE INTO artifact_uses(hash, job)"
                " SELECT json_extract(document, '$.{0}.{1}'), job FROM job_documents"
                " WHERE json_extract(document, '$.{0}.{1}') <> ''",
                arm, file);
}

// The line of a bisection is apart from its document, which is written at each step.
void create_bisections(soci::session& sql) {
    sql << "CREATE TABLE bisections ("
           "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
           "  stage TEXT NOT NULL,"
           "  cancel_requested INTEGER NOT NULL DEFAULT 0,"
           "  token INTEGER NOT NULL,"
           "  document TEXT NOT NULL,"
           "  line TEXT NOT NULL DEFAULT '[]')";
    sql << "CREATE INDEX bisections_by_stage ON bisections(stage, id)";
    sql << "CREATE TABLE bisection_steps ("
           "  job INTEGER PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE,"
           "  bisection INTEGER NOT NULL REFERENCES bisections(id) ON DELETE CASCADE,"
           "  document TEXT NOT NULL)";
    sql << "CREATE INDEX bisection_steps_by_bisection ON bisection_steps(bisection, job)";
}

// The titles by their trigrams (SQLite 3.34), so that a search reads the jobs it may find and not
// all. The index keeps no titles of its own: it must be told the old one when one goes.
void create_title_index(soci::session& sql) {
    const std::string forget =
        "INSERT INTO job_titles(job_titles, rowid, title) VALUES ('delete', old.id, old.title);";
    const std::string keep = "INSERT INTO job_titles(rowid, title) VALUES (new.id, new.title);";
    sql << "CREATE VIRTUAL TABLE job_titles USING fts5(title, content = 'jobs',"
           " content_rowid = 'id', tokenize = 'trigram', detail = none,"
           " columnsize = 0)";
    sql << fmt::format(
        "UPDATE jobs SET title = substr(title, 1, {0}), title_folded = substr(title_folded, 1, {0})"
        " WHERE length(title) > {0}",
        k_listed_title);
    sql << "INSERT INTO job_titles(job_titles) VALUES ('rebuild')";
    sql << "CREATE TRIGGER job_title_added AFTER INSERT ON jobs BEGIN " + keep + " END";
    sql << "CREATE TRIGGER job_title_gone AFTER DELETE ON jobs BEGIN " + forget + " END";
    sql << "CREATE TRIGGER job_title_changed AFTER UPDATE OF title ON jobs"
           " WHEN old.title <> new.title BEGIN " +
               forget + keep + " END";
}

// In order; an entry that was released never changes. A new form of the schema is a new entry.
constexpr std::array<Migration, 8> k_migrations{
    create_jobs,       create_trials_and_reports, create_events_and_facts, create_access,
    create_references, create_kernel_uses,        create_bisections,       create_title_index};

int current_version(soci::session& sql) {
    sql << "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)";
    int version = 0;
    sql << "SELECT COALESCE(MAX(version), 0) FROM schema_version", soci::into(version);
    return version;
}

void roll_back(soci::session& sql) {
    try {
        sql << "ROLLBACK";
    } catch (const soci::soci_error&) {
        return;  // SQLite has done so by itself
    }
}

}  // namespace

int schema_version() {
    return static_cast<int>(k_migrations.size());
}

util::Result<void> migrate(soci::session& sql) {
    const auto is_newer = [&] { return current_version(sql) > schema_version(); };
    const auto refusal = [&] {
        return util::fail(
            util::ErrorKind::unavailable,
            fmt::format("the store has schema version {}, this program knows up to {}",
                        current_version(sql), schema_version()),
            "store", "use the program that wrote it, or another state folder");
    };
    if (is_newer()) return refusal();
    if (current_version(sql) == schema_version()) return {};
    // At once as a writer: a reader that wants to write while another does is refused, not delayed.
    sql << "BEGIN IMMEDIATE";
    try {
        for (int version = current_version(sql); version < schema_version(); ++version) {
            k_migrations[static_cast<std::size_t>(version)](sql);
            const int reached = version + 1;
            sql << "INSERT INTO schema_version(version) VALUES (:v)", soci::use(reached, "v");
        }
        sql << "COMMIT";
    } catch (const soci::soci_error&) {
        roll_back(sql);
        throw;
    }
    if (is_newer()) return refusal();  // by who wrote meanwhile
    return {};
}

}  // namespace krepro::store
