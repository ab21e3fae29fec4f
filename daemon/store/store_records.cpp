// SPDX-License-Identifier: Apache-2.0
// What is asked over all jobs: their kernels, reports, counts; and the end of a job's records.

#include <fmt/format.h>
#include <soci.h>

#include <algorithm>
#include <utility>

#include "store/store_impl.hpp"

namespace krepro::store {

using detail::write_document;
using soci::into;
using soci::use;
using util::ErrorKind;
using util::fail;

namespace {

constexpr int k_max_limit = 500;
constexpr auto k_build_columns = "SELECT id, document, first_job, last_job FROM builds";

struct BuildRow {
    long long id = 0, first = 0, last = 0;
    std::string document;

    [[nodiscard]] KeptBuild build() const {
        return {id, detail::read_document<model::Build>(document, "build"), first, last};
    }
};

std::vector<std::pair<std::string, std::int64_t>> counts(soci::session& sql, const char* query) {
    std::string name;
    long long count = 0;
    soci::statement rows = (sql.prepare << query, into(name), into(count));
    rows.execute();
    std::vector<std::pair<std::string, std::int64_t>> found;
    while (rows.fetch()) found.emplace_back(name, count);
    return found;
}

}  // namespace

// --- kernels ---

void Store::Impl::keep_build(std::int64_t job, const std::optional<model::Build>& build) {
    if (!build) return;
    const long long id = job;
    const auto document = write_document(*build);
    sql << "INSERT INTO builds(name, tree, profile, first_job, last_job, document)"
           " VALUES (:name, :tree, :profile, :first, :last, :document)"
           " ON CONFLICT (name) DO UPDATE SET last_job = excluded.last_job",
        use(build->key, "name"), use(build->tree, "tree"), use(build->profile, "profile"),
        use(id, "first"), use(id, "last"), use(document, "document");
    note_artifacts(job, {build->bzimage, build->vmlinux, build->config});
}

std::vector<KeptBuild> Store::builds(const BuildFilter& filter) {
    return impl_->guarded([&] {
        BuildRow row;
        const long long before = filter.before;
        const int limit = std::clamp(filter.limit, 1, k_max_limit);
        soci::statement rows = (impl_->sql.prepare << k_build_columns
                                                   << " WHERE (:before = 0 OR id < :before)"
                                                      " AND (:tree = '' OR tree = :tree)"
                                                      " AND (:profile = '' OR profile = :profile)"
                                                      " ORDER BY id DESC LIMIT :limit",
                                use(before, "before"), use(filter.tree, "tree"),
                                use(filter.profile, "profile"), use(limit, "limit"), into(row.id),
                                into(row.document), into(row.first), into(row.last));
        rows.execute();
        std::vector<KeptBuild> found;
        while (rows.fetch()) found.push_back(row.build());
        return found;
    });
}

std::optional<KeptBuild> Store::build(const std::string& key) {
    return impl_->guarded([&]() -> std::optional<KeptBuild> {
        BuildRow row;
        impl_->sql << k_build_columns << " WHERE name = :name", use(key, "name"), into(row.id),
            into(row.document), into(row.first), into(row.last);
        return impl_->sql.got_data() ? std::optional(row.build()) : std::nullopt;
    });
}

// --- reports of all jobs ---

std::vector<Sighting> Store::sightings(const ReportFilter& filter) {
    return impl_->guarded([&] {
        const int most = std::clamp(filter.limit, 1, k_max_limit);
        const long long before = filter.before;
        std::string document, title;
        soci::statement rows(impl_->sql);
        rows.exchange(into(document));
        rows.exchange(into(title));
        if (!filter.signature.empty()) rows.exchange(use(filter.signature, "signature"));
        if (before > 0) rows.exchange(use(before, "before"));
        rows.exchange(use(most, "limit"));
        rows.alloc();
        rows.prepare(std::string("SELECT reports.document, jobs.title FROM reports"
                                 " JOIN jobs ON jobs.id = reports.job WHERE 1 = 1") +
                     (filter.signature.empty() ? "" : " AND reports.signature = :signature") +
                     (before > 0 ? " AND reports.id < :before" : "") +
                     " ORDER BY reports.id DESC LIMIT :limit");
        rows.define_and_bind();
        rows.execute();
        std::vector<Sighting> found;
        while (rows.fetch())
            found.push_back(
                {detail::read_document<model::StoredReport>(document, "report"), title});
        return found;
    });
}

// --- counts ---

std::vector<std::pair<std::string, std::int64_t>> Store::count_stages() {
    return impl_->guarded(
        [&] { return counts(impl_->sql, "SELECT stage, COUNT(*) FROM jobs GROUP BY stage"); });
}

std::vector<std::pair<std::string, std::int64_t>> Store::count_verdicts() {
    return impl_->guarded([&] {
        return counts(impl_->sql,
                      "SELECT verdict, COUNT(*) FROM jobs WHERE verdict IS NOT NULL"
                      " GROUP BY verdict");
    });
}

const JobVersions& Store::versions() const {
    return impl_->versions;
}

// --- the end of a job's records ---

void Store::Impl::note_artifacts(std::int64_t job, const std::vector<std::string>& hashes) {
    const long long key = job;
    for (const auto& hash : hashes)
        if (!hash.empty())
            sql << "INSERT OR IGNORE INTO artifact_uses(hash, job) VALUES (:hash, :job)",
                use(hash, "hash"), use(key, "job");
}

void Store::note_artifacts(std::int64_t job, const std::vector<std::string>& hashes) {
    impl_->guarded([&] {
        soci::transaction transaction(impl_->sql);
        impl_->note_artifacts(job, hashes);
        transaction.commit();
    });
}

util::Result<std::vector<std::string>> Store::delete_job(std::int64_t id) {
    return impl_->guarded([&]() -> util::Result<std::vector<std::string>> {
        auto& sql = impl_->sql;
        const auto where = fmt::format("job {}", id);
        const long long key = id;
        soci::transaction transaction(sql);
        std::string stage;
        sql << "SELECT stage FROM jobs WHERE id = :id", use(key, "id"), into(stage);
        if (!sql.got_data())
            return fail(ErrorKind::not_found, fmt::format("there is no job {}", id), "job");
        if (stage != model::to_string(model::JobStage::done))
            return fail(ErrorKind::conflict, "the job is not done", where,
                        "cancel it first, and delete it when it has ended");
        long long bisection = 0;
        sql << "SELECT bisections.id FROM bisections JOIN bisection_steps"
               " ON bisections.id = bisection WHERE job = :id AND bisections.stage <> 'done'",
            use(key, "id"), into(bisection);
        if (sql.got_data())
            return fail(ErrorKind::conflict,
                        fmt::format("the job is evidence of bisection {}", bisection), where,
                        "delete it when that is done");
        std::string hash;
        std::vector<std::string> orphans;
        {
            soci::statement rows =
                (sql.prepare << "SELECT hash FROM artifact_uses AS mine WHERE job = :id"
                                " AND NOT EXISTS (SELECT 1 FROM artifact_uses AS others"
                                " WHERE others.hash = mine.hash AND others.job <> :id)",
                 use(key, "id"), into(hash));
            rows.execute();
            while (rows.fetch()) orphans.push_back(hash);
        }
        sql << "DELETE FROM jobs WHERE id = :id", use(key, "id");
        const auto facts_of_job = fmt::format("job-{}-%", id);
        sql << "DELETE FROM facts WHERE name LIKE :name", use(facts_of_job, "name");
        transaction.commit();
        impl_->versions.changed(id);
        return orphans;
    });
}

}  // namespace krepro::store
