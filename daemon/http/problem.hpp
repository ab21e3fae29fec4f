// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/json.hpp"
#include "util/result.hpp"

namespace krepro::http {

// Every way in which a request can fail. What util::ErrorKind cannot say is HTTP's own.
enum class ProblemKind {
    invalid_input,
    malformed_request,
    unauthorized,
    forbidden,
    not_found,
    method_not_allowed,
    conflict,
    too_large,
    unsupported_media_type,
    range_not_satisfiable,
    too_many_requests,
    header_too_large,
    internal,
    unavailable,
};

// RFC 9457, with two members of our own: `where` (field, file, line) and `hint` (what to do).
struct Problem {
    ProblemKind kind = ProblemKind::internal;
    std::string detail;
    std::string where;
    std::string hint;
};

// The one place that maps the errors of the other rooms to HTTP.
[[nodiscard]] Problem to_problem(const util::Error& error);

// There is no `what` of this name; `hint` says where to look.
[[nodiscard]] util::Error no_such(std::string_view what, std::string_view name,
                                  std::string hint = "");
[[nodiscard]] util::Error no_such_job(std::string_view id);

[[nodiscard]] unsigned status_of(ProblemKind kind);
[[nodiscard]] std::string_view title_of(ProblemKind kind);

// {"type","title","status","detail","instance","where","hint"}; `instance` is the request's path.
[[nodiscard]] model::Json to_json(const Problem& problem, std::string_view instance);

}  // namespace krepro::http
