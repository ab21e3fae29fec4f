// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the queries of this room share; not for other rooms.

#include <soci.h>

#include <string>

#include "model/json.hpp"
#include "store/store.hpp"
#include "util/result.hpp"

namespace krepro::store::detail {

// A document as it is kept. A stored document that cannot be read is a damaged store.
template <class T>
T read_document(const std::string& text, const std::string& where) {
    const auto json = util::value_or_throw(model::parse_json(text, where));
    auto value = model::from_json<T>(json);
    if (value) return std::move(*value);
    throw util::InfraError({util::ErrorKind::internal,
                            "a stored document cannot be read: " + value.error().to_string(), where,
                            "it was written by another version of krepro, or is damaged"});
}

template <class T>
std::string write_document(const T& value) {
    return model::dump(model::to_json(value));
}

// ASCII letters in lower case; other bytes as they are.
std::string fold_case(std::string text);

// The jobs that a filter asks for, newest first, with the values that the query names, which must
// outlive the statement.
class JobQuery {
  public:
    explicit JobQuery(const JobFilter& filter);
    // "SELECT <columns> FROM jobs JOIN job_documents WHERE ... ORDER BY id DESC LIMIT ...", bound.
    void prepare(soci::statement& statement, const std::string& columns);

  private:
    void use_index_of_titles(const std::string& trigrams);

    std::string tables_ = " FROM jobs";
    std::string id_ = "jobs.id";
    std::string where_ = " WHERE 1 = 1";
    std::string stage_, verdict_, pattern_, trigrams_;
    long long before_ = 0;
    int limit_;
};

}  // namespace krepro::store::detail
