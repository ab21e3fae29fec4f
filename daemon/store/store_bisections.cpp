// SPDX-License-Identifier: Apache-2.0
// Bisections, and which jobs are their steps.
#include <fmt/format.h>
#include <soci.h>

#include <algorithm>
#include <utility>

#include "store/store_impl.hpp"
#include "util/clock.hpp"

namespace krepro::store {

using detail::read_document;
using detail::write_document;
using model::Bisection;
using model::BisectionStage;
using model::BisectionStep;
using soci::into;
using soci::use;
using util::ErrorKind;
using util::fail;

namespace {

constexpr int k_longest_page = 500;
constexpr auto k_bisection_columns = "SELECT document, cancel_requested FROM bisections ";

util::Error no_such_bisection(std::int64_t id) {
    return {ErrorKind::not_found, fmt::format("there is no bisection {}", id), "bisection",
            "GET /api/v1/bisections lists them"};
}

std::string where_bisection(std::int64_t id) {
    return fmt::format("bisection {}", id);
}

Bisection read_bisection(const std::string& document, int cancel) {
    auto bisection = read_document<Bisection>(document, "bisections");
    bisection.cancel_requested = cancel != 0;
    return bisection;
}

void write_bisection(soci::session& sql, Bisection& bisection) {
    bisection.updated_at = util::now_iso8601();
    const long long id = bisection.id;
    const std::string stage(model::to_string(bisection.stage));
    const auto document = write_document(bisection);
    const int cancel = bisection.cancel_requested ? 1 : 0;
    sql << "UPDATE bisections SET stage = :stage, document = :document,"
           " cancel_requested = :cancel WHERE id = :id",
        use(stage, "stage"), use(document, "document"), use(cancel, "cancel"), use(id, "id");
}

}  // namespace

Bisection Store::add_bisection(Bisection bisection, std::int64_t token) {
    return impl_->guarded([&] {
        soci::transaction transaction(impl_->sql);
        const long long owner = token;
        impl_->sql << "INSERT INTO bisections(stage, token, document) VALUES ('', :token, '')",
            use(owner, "token");
        bisection.id = impl_->last_id("bisections");
        bisection.stage = BisectionStage::queued;
        bisection.cancel_requested = false;
        bisection.created_at = util::now_iso8601();
        write_bisection(impl_->sql, bisection);
        transaction.commit();
        return std::move(bisection);
    });
}

std::optional<Bisection> Store::bisection(std::int64_t id) {
    return impl_->guarded([&]() -> std::optional<Bisection> {
        std::string document;
        int cancel = 0;
        const long long key = id;
        impl_->sql << k_bisection_columns << "WHERE id = :id", use(key, "id"), into(document),
            into(cancel);
        if (!impl_->sql.got_data()) return std::nullopt;
        return read_bisection(document, cancel);
    });
}

std::vector<Bisection> Store::bisections(std::int64_t before, int limit) {
    return impl_->guarded([&] {
        std::string document;
        int cancel = 0;
        const long long end = before;
        const int most = std::clamp(limit, 1, k_longest_page);
        soci::statement rows =
            (impl_->sql.prepare << k_bisection_columns
                                << "WHERE (:before = 0 OR id < :before)"
                                   " ORDER BY id DESC LIMIT :limit",
             use(end, "before"), use(most, "limit"), into(document), into(cancel));
        rows.execute();
        std::vector<Bisection> found;
        while (rows.fetch()) found.push_back(read_bisection(document, cancel));
        return found;
    });
}

std::vector<UnfinishedBisection> Store::unfinished_bisections() {
    return impl_->guarded(
        [&] {
            long long id = 0;
            int waits = 0, cancel = 0;
            soci::statement rows =
                (impl_->sql.prepare
                     << "SELECT id, cancel_requested, EXISTS (SELECT 1 FROM bisection_steps AS step"
                        " JOIN jobs ON jobs.id = step.job"
                        " WHERE step.bisection = bisections.id AND jobs.stage <> 'done')"
                        " FROM bisections WHERE stage IN ('queued', 'running') ORDER BY id",
                 into(id), into(cancel), into(waits));
            rows.execute();
            std::vector<UnfinishedBisection> found;
            while (rows.fetch()) found.push_back({id, waits != 0, cancel != 0});
            return found;
        });
}

util::Result<void> Store::update_bisection(const Bisection& bisection) {
    return impl_->guarded([&]() -> util::Result<void> {
        soci::transaction transaction(impl_->sql);
        const auto stored = this->bisection(bisection.id);
        if (!stored) return tl::unexpected(no_such_bisection(bisection.id));
        if (stored->stage == BisectionStage::done)
            return fail(ErrorKind::conflict, "the bisection is done",
                        where_bisection(bisection.id));
        auto next = bisection;
        next.created_at = stored->created_at;
        next.cancel_requested = stored->cancel_requested;
        write_bisection(impl_->sql, next);
        transaction.commit();
        return {};
    });
}

util::Result<Bisection> Store::resume_bisection(std::int64_t id) {
    return impl_->guarded([&]() -> util::Result<Bisection> {
        soci::transaction transaction(impl_->sql);
        auto stored = this->bisection(id);
        if (!stored) return tl::unexpected(no_such_bisection(id));
        if (stored->stage != BisectionStage::done)
            return fail(ErrorKind::conflict, "the bisection is not done", where_bisection(id),
                        "it goes on by itself");
        stored->stage = BisectionStage::running;
        stored->result.reset();
        stored->problem.reset();
        stored->cancel_requested = false;
        const auto all = steps(id);
        stored->answered = all.empty() ? 0 : all.back().number;
        write_bisection(impl_->sql, *stored);
        transaction.commit();
        return std::move(*stored);
    });
}

util::Result<void> Store::request_bisection_cancel(std::int64_t id) {
    return impl_->guarded([&]() -> util::Result<void> {
        soci::transaction transaction(impl_->sql);
        auto stored = this->bisection(id);
        if (!stored) return tl::unexpected(no_such_bisection(id));
        if (stored->stage == BisectionStage::done)
            return fail(ErrorKind::conflict, "the bisection is done, there is nothing to cancel",
                        where_bisection(id));
        stored->cancel_requested = true;
        write_bisection(impl_->sql, *stored);
        transaction.commit();
        return {};
    });
}

std::optional<std::int64_t> Store::bisection_owner(std::int64_t id) {
    return impl_->guarded([&]() -> std::optional<std::int64_t> {
        long long token = 0;
        const long long key = id;
        impl_->sql << "SELECT token FROM bisections WHERE id = :id", use(key, "id"), into(token);
        return impl_->sql.got_data() ? std::optional<std::int64_t>(token) : std::nullopt;
    });
}

void Store::put_line(const Bisection& bisection, const std::vector<model::LineCommit>& line) {
    impl_->guarded([&] {
        soci::transaction transaction(impl_->sql);
        const long long id = bisection.id;
        const auto text = write_document(line);
        impl_->sql << "UPDATE bisections SET line = :line WHERE id = :id", use(text, "line"),
            use(id, "id");
        if (const auto stored = this->bisection(bisection.id)) {
            auto next = bisection;
            next.created_at = stored->created_at;
            next.cancel_requested = stored->cancel_requested;
            write_bisection(impl_->sql, next);
        }
        transaction.commit();
    });
}

std::vector<model::LineCommit> Store::line(std::int64_t bisection) {
    return impl_->guarded([&] {
        std::string text;
        const long long id = bisection;
        impl_->sql << "SELECT line FROM bisections WHERE id = :id", use(id, "id"), into(text);
        if (!impl_->sql.got_data()) return std::vector<model::LineCommit>{};
        return read_document<std::vector<model::LineCommit>>(text, where_bisection(bisection));
    });
}

BisectionStep Store::add_step(std::int64_t bisection, BisectionStep step, model::Job job) {
    return impl_->guarded([&] {
        auto& sql = impl_->sql;
        soci::transaction transaction(sql);
        const long long key = bisection;
        const long long token = bisection_owner(bisection).value_or(0);
        const auto before = steps(bisection);
        step.number = before.empty() ? 1 : before.back().number + 1;
        const auto stored = impl_->insert_job(std::move(job));
        step.job = stored.id;
        const long long id = stored.id;
        const std::string none;
        sql << "INSERT INTO submissions(job, token, request_key, fingerprint)"
               " VALUES (:job, :token, :key, :fingerprint)",
            use(id, "job"), use(token, "token"), use(none, "key"), use(none, "fingerprint");
        const auto document = write_document(step);
        sql << "INSERT INTO bisection_steps(job, bisection, document)"
               " VALUES (:job, :bisection, :document)",
            use(id, "job"), use(key, "bisection"), use(document, "document");
        transaction.commit();
        return std::move(step);
    });
}

std::vector<BisectionStep> Store::steps(std::int64_t bisection) {
    return impl_->guarded([&] {
        return impl_->documents<BisectionStep>(
            "SELECT document FROM bisection_steps WHERE bisection = :id ORDER BY job", bisection);
    });
}

std::vector<BisectionStep> Store::steps_up_to(std::int64_t job) {
    return impl_->guarded([&] {
        return impl_->documents<BisectionStep>(
            "SELECT document FROM bisection_steps WHERE job <= :id AND bisection ="
            " (SELECT bisection FROM bisection_steps WHERE job = :id) ORDER BY job",
            job);
    });
}

}  // namespace krepro::store
