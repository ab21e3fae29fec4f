// SPDX-License-Identifier: Apache-2.0
#pragma once

// The inside of Store, which two files of this room share; not for other rooms.

#include <fmt/format.h>
#include <soci.h>

#include <string>
#include <utility>

#include "store/sql_rows.hpp"
#include "store/store.hpp"

namespace krepro::store {

struct Store::Impl {
    soci::session sql;
    std::string file;
    JobVersions versions;

    // Every SQL failure leaves the room as InfraError.
    template <class F>
    auto guarded(F function) -> decltype(function()) {
        try {
            return function();
        } catch (const soci::soci_error& error) {
            throw util::InfraError(sql_error(error));
        }
    }

    [[nodiscard]] util::Error sql_error(const soci::soci_error& error) const;

    long long last_id(const std::string& table) {
        long long id = 0;
        sql.get_last_insert_id(table, id);
        return id;
    }

    // One document by its row's id: `query` selects it and names the id ":id".
    template <class T>
    std::optional<T> document(const std::string& query, std::int64_t id) {
        std::string text;
        const long long key = id;
        sql << query, soci::use(key, "id"), soci::into(text);
        if (!sql.got_data()) return std::nullopt;
        return detail::read_document<T>(text, fmt::format("row {}", id));
    }

    template <class T>
    std::vector<T> documents(const std::string& query, std::int64_t id) {
        std::string text;
        const long long key = id;
        soci::statement rows = (sql.prepare << query, soci::use(key, "id"), soci::into(text));
        rows.execute();
        std::vector<T> values;
        while (rows.fetch())
            values.push_back(detail::read_document<T>(text, fmt::format("job {}", id)));
        return values;
    }

    void write_job(const model::Job& job);
    void keep_build(std::int64_t job, const std::optional<model::Build>& build);
    model::Job insert_job(model::Job job);
    long long unfinished();  // jobs
    // These files stay while the job does.
    void note_artifacts(std::int64_t job, const std::vector<std::string>& hashes);
    std::vector<model::Job> read_jobs(const JobFilter& filter, const std::string& column);
    void set_trial(const model::Trial& trial);
    model::Event append_event(std::int64_t job, const std::string& type, model::Json data);
};

}  // namespace krepro::store
