// SPDX-License-Identifier: Apache-2.0
// What happened to a job: trials, reports, events; and the facts that outlive jobs.

#include <fmt/format.h>
#include <soci.h>

#include <algorithm>
#include <utility>

#include "store/store_impl.hpp"
#include "util/clock.hpp"

namespace krepro::store {

using detail::write_document;
using soci::into;
using soci::use;
using util::ErrorKind;
using util::fail;

// --- trials ---

void Store::Impl::set_trial(const model::Trial& trial) {
    const long long id = trial.id;
    const int open = trial.outcome ? 0 : 1;
    const auto document = write_document(trial);
    sql << "UPDATE trials SET is_open = :open, document = :document WHERE id = :id",
        use(open, "open"), use(document, "document"), use(id, "id");
}

model::Trial Store::add_trial(model::Trial trial) {
    return impl_->guarded([&] {
        auto& sql = impl_->sql;
        const long long job = trial.job;
        const std::string arm(model::to_string(trial.arm));
        trial.started_at = util::now_iso8601();
        trial.outcome.reset();
        trial.ended_at.reset();
        soci::transaction transaction(sql);
        sql << "SELECT COALESCE(MAX(number), 0) + 1 FROM trials WHERE job = :job AND arm = :arm",
            use(job, "job"), use(arm, "arm"), into(trial.number);
        sql << "INSERT INTO trials(job, arm, number, is_open, document)"
               " VALUES (:job, :arm, :number, 1, '')",
            use(job, "job"), use(arm, "arm"), use(trial.number, "number");
        trial.id = impl_->last_id("trials");
        impl_->set_trial(trial);
        transaction.commit();
        impl_->versions.changed(trial.job);
        return std::move(trial);
    });
}

util::Result<void> Store::close_trial(const model::Trial& trial) {
    if (!trial.outcome)
        return fail(ErrorKind::invalid_input, "a trial is closed with an outcome",
                    fmt::format("trial {}", trial.id));
    return impl_->guarded([&]() -> util::Result<void> {
        soci::transaction transaction(impl_->sql);
        auto stored = this->trial(trial.id);
        if (!stored)
            return fail(ErrorKind::not_found, fmt::format("there is no trial {}", trial.id),
                        "trial");
        if (stored->outcome)
            return fail(ErrorKind::conflict, "the trial is closed already",
                        fmt::format("trial {}", trial.id));
        stored->outcome = trial.outcome;
        stored->console = trial.console;
        stored->harness = trial.harness;
        stored->reports = trial.reports;
        stored->ended_at = util::now_iso8601();
        impl_->set_trial(*stored);
        impl_->note_artifacts(stored->job, {stored->console, stored->harness});
        transaction.commit();
        impl_->versions.changed(stored->job);
        return {};
    });
}

std::optional<model::Trial> Store::trial(std::int64_t id) {
    return impl_->guarded([&] {
        return impl_->document<model::Trial>("SELECT document FROM trials WHERE id = :id", id);
    });
}

std::vector<model::Trial> Store::trials(std::int64_t job) {
    return impl_->guarded([&] {
        return impl_->documents<model::Trial>(
            "SELECT document FROM trials WHERE job = :id ORDER BY id", job);
    });
}

int Store::void_open_trials(std::int64_t job, model::Cause cause, const std::string& detail) {
    return impl_->guarded([&] {
        soci::transaction transaction(impl_->sql);
        auto open = impl_->documents<model::Trial>(
            "SELECT document FROM trials WHERE job = :id AND is_open = 1 ORDER BY id", job);
        for (auto& trial : open) {
            trial.outcome.emplace();
            trial.outcome->kind = model::OutcomeKind::none;
            trial.outcome->cause = cause;
            trial.outcome->detail = detail;
            trial.ended_at = util::now_iso8601();
            impl_->set_trial(trial);
        }
        transaction.commit();
        impl_->versions.changed(job);
        return static_cast<int>(open.size());
    });
}

// --- reports ---

std::int64_t Store::add_report(const model::StoredReport& report) {
    return impl_->guarded([&] {
        auto& sql = impl_->sql;
        const long long job = report.job;
        soci::transaction transaction(sql);
        sql << "INSERT INTO reports(job, signature, document) VALUES (:job, :signature, '')",
            use(job, "job"), use(report.report.signature, "signature");
        auto stored = report;
        stored.id = impl_->last_id("reports");
        if (stored.at.empty()) stored.at = util::now_iso8601();
        const long long id = stored.id;
        const auto document = write_document(stored);
        sql << "UPDATE reports SET document = :document WHERE id = :id", use(document, "document"),
            use(id, "id");
        transaction.commit();
        impl_->versions.changed(stored.job);
        return stored.id;
    });
}

util::Result<void> Store::update_report(const model::StoredReport& report) {
    return impl_->guarded([&]() -> util::Result<void> {
        const long long id = report.id;
        soci::transaction transaction(impl_->sql);
        auto stored = this->report(report.id);
        if (!stored)
            return fail(ErrorKind::not_found, fmt::format("there is no report {}", report.id),
                        "report");
        auto changed = report;
        changed.job = stored->job;
        changed.report.signature = stored->report.signature;
        const auto document = write_document(changed);
        impl_->sql << "UPDATE reports SET document = :document WHERE id = :id",
            use(document, "document"), use(id, "id");
        transaction.commit();
        impl_->versions.changed(changed.job);
        return {};
    });
}

std::optional<model::StoredReport> Store::report(std::int64_t id) {
    return impl_->guarded([&] {
        return impl_->document<model::StoredReport>("SELECT document FROM reports WHERE id = :id",
                                                    id);
    });
}

std::vector<model::StoredReport> Store::reports(std::int64_t job) {
    return impl_->guarded([&] {
        return impl_->documents<model::StoredReport>(
            "SELECT document FROM reports WHERE job = :id ORDER BY id", job);
    });
}

// --- events and facts ---

model::Event Store::Impl::append_event(std::int64_t job, const std::string& type,
                                       model::Json data) {
    model::Event event{0, job, util::now_iso8601(), type, std::move(data)};
    const long long key = job;
    const auto text = model::dump(event.data);
    sql << "INSERT INTO events(job, at, type, data) VALUES (:job, :at, :type, :data)",
        use(key, "job"), use(event.at, "at"), use(event.type, "type"), use(text, "data");
    event.seq = last_id("events");
    return event;
}

model::Event Store::add_event(std::int64_t job, const std::string& type, model::Json data) {
    return impl_->guarded([&] { return impl_->append_event(job, type, std::move(data)); });
}

std::vector<model::Event> Store::events_after(std::int64_t job, std::int64_t seq, int limit) {
    return impl_->guarded([&] {
        model::Event row;
        std::string data;
        long long row_seq = 0, row_job = 0;
        const long long wanted = job, after = seq;
        soci::statement rows(impl_->sql);
        rows.exchange(into(row_seq));
        rows.exchange(into(row_job));
        rows.exchange(into(row.at));
        rows.exchange(into(row.type));
        rows.exchange(into(data));
        if (job != 0) rows.exchange(use(wanted, "job"));
        rows.exchange(use(after, "after"));
        rows.exchange(use(limit, "limit"));
        rows.alloc();
        rows.prepare(std::string("SELECT seq, job, at, type, data FROM events WHERE ") +
                     (job != 0 ? "job = :job AND " : "") +
                     "seq > :after ORDER BY seq LIMIT :limit");
        rows.define_and_bind();
        rows.execute();
        std::vector<model::Event> events;
        while (rows.fetch()) {
            row.seq = row_seq;
            row.job = row_job;
            row.data = util::value_or_throw(model::parse_json(data, "event"));
            events.push_back(row);
        }
        return events;
    });
}

std::int64_t Store::last_event(std::int64_t job) {
    return impl_->guarded([&]() -> std::int64_t {
        const long long wanted = job;
        long long seq = 0;
        // Two statements, so that each takes one step in an index.
        if (job == 0)
            impl_->sql << "SELECT COALESCE(MAX(seq), 0) FROM events", into(seq);
        else
            impl_->sql << "SELECT COALESCE(MAX(seq), 0) FROM events WHERE job = :job",
                use(wanted, "job"), into(seq);
        return seq;
    });
}

void Store::put_fact(const std::string& key, const model::Json& value) {
    impl_->guarded([&] {
        const auto text = model::dump(value);
        impl_->sql << "INSERT INTO facts(name, value) VALUES (:name, :value)"
                      " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            use(key, "name"), use(text, "value");
    });
}

std::optional<model::Json> Store::fact(const std::string& key) {
    return impl_->guarded([&]() -> std::optional<model::Json> {
        std::string text;
        impl_->sql << "SELECT value FROM facts WHERE name = :name", use(key, "name"), into(text);
        if (!impl_->sql.got_data()) return std::nullopt;
        return util::value_or_throw(model::parse_json(text, "fact " + key));
    });
}

}  // namespace krepro::store
