// SPDX-License-Identifier: Apache-2.0
#include "http/problem.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace krepro::http {

namespace {

struct Row {
    ProblemKind kind;
    unsigned status;
    std::string_view name;   // last part of the type
    std::string_view title;  // the same for every problem of this kind
};

constexpr std::array k_rows{
    Row{ProblemKind::invalid_input, 400, "invalid-input", "The input is not valid"},
    Row{ProblemKind::malformed_request, 400, "malformed-request", "The request is not HTTP"},
    Row{ProblemKind::forbidden, 403, "forbidden", "The request is not allowed"},
    Row{ProblemKind::not_found, 404, "not-found", "There is no such thing"},
    Row{ProblemKind::method_not_allowed, 405, "method-not-allowed",
        "The method is not allowed here"},
    Row{ProblemKind::conflict, 409, "conflict", "The state does not allow it"},
    Row{ProblemKind::too_large, 413, "too-large", "The input is too large"},
    Row{ProblemKind::unsupported_media_type, 415, "unsupported-media-type",
        "The media type is not supported"},
    Row{ProblemKind::range_not_satisfiable, 416, "range-not-satisfiable",
        "The range cannot be satisfied"},
    Row{ProblemKind::header_too_large, 431, "header-too-large", "The header is too large"},
    Row{ProblemKind::internal, 500, "internal", "An error inside krepro"},
    Row{ProblemKind::unavailable, 503, "unavailable", "Something krepro needs is not there"},
    Row{ProblemKind::unauthorized, 401, "unauthorized", "A token is asked for"},
    Row{ProblemKind::too_many_requests, 429, "too-many-requests", "Too many requests"},
};

constexpr const Row& row_of(ProblemKind kind) {
    for (const auto& row : k_rows)
        if (row.kind == kind) return row;
    return k_rows[10];
}

ProblemKind kind_of(util::ErrorKind kind) {
    switch (kind) {
        case util::ErrorKind::invalid_input:
            return ProblemKind::invalid_input;
        case util::ErrorKind::not_found:
            return ProblemKind::not_found;
        case util::ErrorKind::conflict:
            return ProblemKind::conflict;
        case util::ErrorKind::too_large:
            return ProblemKind::too_large;
        case util::ErrorKind::too_many:
            return ProblemKind::too_many_requests;
        case util::ErrorKind::unavailable:
            return ProblemKind::unavailable;
        case util::ErrorKind::internal:
            return ProblemKind::internal;
    }
    return ProblemKind::internal;
}

}  // namespace

Problem to_problem(const util::Error& error) {
    return {kind_of(error.kind), error.what, error.where, error.hint};
}

util::Error no_such(std::string_view what, std::string_view name, std::string hint) {
    return {util::ErrorKind::not_found, fmt::format("there is no {} {}", what, name),
            std::string(what), std::move(hint)};
}

util::Error no_such_job(std::string_view id) {
    return no_such("job", id, "GET /api/v1/jobs lists the jobs");
}

unsigned status_of(ProblemKind kind) {
    return row_of(kind).status;
}

std::string_view title_of(ProblemKind kind) {
    return row_of(kind).title;
}

model::Json to_json(const Problem& problem, std::string_view instance) {
    const auto& row = row_of(problem.kind);
    return {{"type", "urn:krepro:problem:" + std::string(row.name)},
            {"title", row.title},
            {"status", row.status},
            {"detail", problem.detail},
            {"instance", instance},
            {"where", problem.where},
            {"hint", problem.hint}};
}

}  // namespace krepro::http
