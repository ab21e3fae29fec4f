// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

#include <fmt/format.h>
#include <soci.h>
#include <sqlite3/soci-sqlite3.h>

#include <system_error>
#include <utility>

#include "store/schema.hpp"
#include "store/store_impl.hpp"
#include "util/clock.hpp"

namespace krepro::store {

using detail::read_document;
using detail::write_document;
using model::Job;
using model::JobStage;
using soci::into;
using soci::use;
using util::ErrorKind;
using util::fail;

namespace {

constexpr auto k_memory = ":memory:";

util::Error no_such_job(std::int64_t id) {
    return {ErrorKind::not_found, fmt::format("there is no job {}", id), "job", ""};
}

// By their names, so that the index of the stages finds the few among the many that are done.
std::string unfinished_stages() {
    std::string names;
    for (const auto& [stage, name] : model::EnumNames<JobStage>::k_names)
        if (stage != JobStage::done)
            names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
    return names;
}

Job in_short(const Job& job) {
    Job summary;
    summary.id = job.id;
    summary.stage = job.stage;
    summary.title = job.title;
    summary.spec = job.spec;
    summary.spec.mail.clear();
    summary.spec.script.clear();
    summary.spec.config.clear();
    summary.mail.title = job.mail.title;
    summary.mail.author = job.mail.author;
    summary.mail.message_id = job.mail.message_id;
    summary.direction = job.direction;
    summary.target_signature = job.target_signature;
    summary.verdict = job.verdict;
    summary.problem = job.problem;
    summary.created_at = job.created_at;
    summary.updated_at = job.updated_at;
    return summary;
}

// Without what is empty ("", [], null) in `json` and by default: a listing reads hundreds of
// summaries at once. A field whose default stops being empty needs a migration of those that lack
// it.
model::Json without_empty(const model::Json& json, const model::Json& defaults) {
    model::Json::object_t kept;
    kept.reserve(json.size());
    for (const auto& [key, value] : json.items()) {
        const auto usual = defaults.find(key);
        const bool known = usual != defaults.end();
        if (known && value.is_object() && usual->is_object())
            kept.emplace(key, without_empty(value, *usual));
        else if (!known || value != *usual || !(value.empty() || value == ""))
            kept.emplace(key, model::Json(value));
    }
    return model::Json(std::move(kept));
}

std::string write_summary(const Job& job) {
    static const auto k_defaults = model::to_json(Job{});
    return model::dump(without_empty(model::to_json(in_short(job)), k_defaults));
}

// WAL with synchronous=FULL: readers never wait, and a commit is on the disk when it returns.
void set_up(soci::session& sql) {
    for (const auto* pragma :
         {"PRAGMA busy_timeout = 10000", "PRAGMA foreign_keys = ON", "PRAGMA journal_mode = WAL",
          "PRAGMA synchronous = FULL", "PRAGMA temp_store = MEMORY"})
        sql << pragma;
}

util::Result<void> prepare_folder(const std::filesystem::path& file) {
    if (file == k_memory) return {};
    if (file.string().find('"') != std::string::npos)
        return fail(ErrorKind::invalid_input, "the path of the store has a quotation mark",
                    file.string());
    std::error_code code;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), code);
    if (code)
        return fail(ErrorKind::unavailable,
                    fmt::format("cannot create the store's folder: {}", code.message()),
                    file.parent_path().string(), "use another state folder");
    return {};
}

}  // namespace

util::Error Store::Impl::sql_error(const soci::soci_error& error) const {
    std::string hint = "check the disk and the rights of the state folder";
    if (std::string_view(error.what()).find("full") != std::string_view::npos)
        hint = "free some disk space and try again";
    return {ErrorKind::unavailable, fmt::format("the store failed: {}", error.what()), file, hint};
}

Store::Store() : impl_(std::make_unique<Impl>()) {}
Store::~Store() = default;

util::Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file) {
    if (auto ready = prepare_folder(file); !ready) return tl::unexpected(std::move(ready.error()));
    auto store = std::unique_ptr<Store>(new Store);
    store->impl_->file = file.string();
    try {
        store->impl_->sql.open(soci::sqlite3, fmt::format("db=\"{}\"", file.string()));
        set_up(store->impl_->sql);
        if (auto migrated = migrate(store->impl_->sql); !migrated) {
            migrated.error().where = file.string();
            return tl::unexpected(std::move(migrated.error()));
        }
    } catch (const soci::soci_error& error) {
        return tl::unexpected(store->impl_->sql_error(error));
    }
    return store;
}

// --- jobs ---

void Store::Impl::write_job(const Job& job) {
    const long long id = job.id;
    const std::string stage(model::to_string(job.stage));
    const std::string verdict(job.verdict ? model::to_string(job.verdict->kind) : "");
    auto has_verdict = job.verdict ? soci::i_ok : soci::i_null;
    const auto title = job.title.substr(0, k_listed_title);
    const auto folded = detail::fold_case(title);
    sql << "UPDATE jobs SET stage = :stage, verdict = :verdict, title = :title,"
           " title_folded = :folded, updated_at = :updated WHERE id = :id",
        use(stage, "stage"), use(verdict, has_verdict, "verdict"), use(title, "title"),
        use(folded, "folded"), use(job.updated_at, "updated"), use(id, "id");
    const auto summary = write_summary(job);
    const auto document = write_document(job);
    sql << "INSERT INTO job_documents(job, summary, document) VALUES (:id, :summary, :document)"
           " ON CONFLICT (job) DO UPDATE SET"
           " summary = excluded.summary, document = excluded.document",
        use(id, "id"), use(summary, "summary"), use(document, "document");
    keep_build(job.id, job.unpatched_build);
    keep_build(job.id, job.patched_build);
}

std::vector<Job> Store::Impl::read_jobs(const JobFilter& filter, const std::string& column) {
    std::string text;
    int cancel = 0;
    detail::JobQuery query(filter);
    soci::statement rows(sql);
    rows.exchange(into(text));
    rows.exchange(into(cancel));
    query.prepare(rows, column + ", cancel_requested");
    rows.execute();
    std::vector<Job> jobs;
    while (rows.fetch()) {
        jobs.push_back(read_document<Job>(text, "jobs"));
        jobs.back().cancel_requested = cancel != 0;
    }
    return jobs;
}

Job Store::Impl::insert_job(Job job) {
    job.stage = JobStage::queued;
    job.cancel_requested = false;
    job.created_at = job.updated_at = util::now_iso8601();
    sql << "INSERT INTO jobs(stage, title, title_folded, created_at, updated_at)"
           " VALUES ('', '', '', :at, :at)",
        use(job.created_at, "at");
    job.id = last_id("jobs");
    write_job(job);
    append_event(job.id, "stage", {{"stage", model::to_string(job.stage)}});
    return job;
}

Job Store::add_job(Job job) {
    return impl_->guarded([&] {
        soci::transaction transaction(impl_->sql);
        auto stored = impl_->insert_job(std::move(job));
        transaction.commit();
        return stored;
    });
}

std::optional<Job> Store::job(std::int64_t id) {
    return impl_->guarded([&]() -> std::optional<Job> {
        std::string text;
        int cancel = 0;
        const long long key = id;
        impl_->sql << "SELECT document, cancel_requested FROM jobs JOIN job_documents"
                      " ON job_documents.job = jobs.id WHERE jobs.id = :id",
            use(key, "id"), into(text), into(cancel);
        if (!impl_->sql.got_data()) return std::nullopt;
        auto job = read_document<Job>(text, fmt::format("job {}", id));
        job.cancel_requested = cancel != 0;
        return job;
    });
}

std::vector<Job> Store::jobs(const JobFilter& filter) {
    return impl_->guarded([&] { return impl_->read_jobs(filter, "document"); });
}

std::vector<Job> Store::summaries(const JobFilter& filter) {
    return impl_->guarded([&] { return impl_->read_jobs(filter, "summary"); });
}

long long Store::Impl::unfinished() {
    long long count = 0;
    sql << "SELECT COUNT(*) FROM jobs WHERE stage IN (" + unfinished_stages() + ")", into(count);
    return count;
}

std::vector<Job> Store::unfinished_summaries(int limit) {
    return impl_->guarded([&] {
        std::string text;
        int cancel = 0;
        soci::statement rows =
            (impl_->sql.prepare << "SELECT summary, cancel_requested FROM jobs JOIN job_documents"
                                   " ON job_documents.job = jobs.id WHERE stage IN (" +
                                       unfinished_stages() + ") ORDER BY jobs.id LIMIT :limit",
             use(limit, "limit"), into(text), into(cancel));
        rows.execute();
        std::vector<Job> jobs;
        while (rows.fetch()) {
            jobs.push_back(read_document<Job>(text, "jobs"));
            jobs.back().cancel_requested = cancel != 0;
        }
        return jobs;
    });
}

std::int64_t Store::count_unfinished() {
    return impl_->guarded([&] { return impl_->unfinished(); });
}

std::vector<std::int64_t> Store::unfinished_jobs() {
    return impl_->guarded([&] {
        long long id = 0;
        soci::statement rows = (impl_->sql.prepare << "SELECT id FROM jobs WHERE stage IN (" +
                                                          unfinished_stages() + ") ORDER BY id",
                                into(id));
        rows.execute();
        std::vector<std::int64_t> ids;
        while (rows.fetch()) ids.push_back(id);
        return ids;
    });
}

util::Result<void> Store::update_job(const Job& job) {
    return impl_->guarded([&]() -> util::Result<void> {
        soci::transaction transaction(impl_->sql);
        const auto stored = this->job(job.id);
        if (!stored) return tl::unexpected(no_such_job(job.id));
        if (stored->stage == JobStage::done)
            return fail(ErrorKind::conflict, "the job is done and does not change any more",
                        fmt::format("job {}", job.id));
        if (job.stage < stored->stage)
            return fail(ErrorKind::conflict,
                        fmt::format("a job cannot go from {} back to {}",
                                    model::to_string(stored->stage), model::to_string(job.stage)),
                        fmt::format("job {}", job.id));
        Job next = job;
        next.created_at = stored->created_at;
        next.cancel_requested = stored->cancel_requested;
        next.updated_at = util::now_iso8601();
        impl_->write_job(next);
        // The verdict before the stage: who follows the job stops when it is done.
        if (next.stage == JobStage::done && next.verdict)
            impl_->append_event(job.id, "verdict", model::to_json(*next.verdict));
        if (next.stage != stored->stage)
            impl_->append_event(job.id, "stage", {{"stage", model::to_string(next.stage)}});
        transaction.commit();
        impl_->versions.changed(job.id);
        return {};
    });
}

util::Result<void> Store::request_cancel(std::int64_t id) {
    return impl_->guarded([&]() -> util::Result<void> {
        soci::transaction transaction(impl_->sql);
        std::string stage;
        const long long key = id;
        impl_->sql << "SELECT stage FROM jobs WHERE id = :id", use(key, "id"), into(stage);
        if (!impl_->sql.got_data()) return tl::unexpected(no_such_job(id));
        if (stage == model::to_string(JobStage::done))
            return fail(ErrorKind::conflict, "the job is done, there is nothing to cancel",
                        fmt::format("job {}", id));
        impl_->sql << "UPDATE jobs SET cancel_requested = 1 WHERE id = :id", use(key, "id");
        transaction.commit();
        impl_->versions.changed(id);
        return {};
    });
}

}  // namespace krepro::store
