// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

namespace krepro::http {

namespace {

Reply json_head(beast::http::status status) {
    Reply reply;
    reply.status = status;
    reply.content_type = "application/json";
    reply.headers.emplace_back(beast::http::field::cache_control, "no-store");
    return reply;
}

}  // namespace

Reply document_reply(SharedDocument document) {
    auto reply = json_head(beast::http::status::ok);
    reply.body = DocumentBody{std::move(document)};
    return reply;
}

Reply json_reply(const model::Json& json, beast::http::status status) {
    auto reply = json_head(status);
    reply.body = model::dump(json) + "\n";
    return reply;
}

Reply problem_reply(const Problem& problem, std::string_view instance) {
    auto reply = json_reply(to_json(problem, instance),
                            static_cast<beast::http::status>(status_of(problem.kind)));
    reply.content_type = "application/problem+json";
    if (problem.kind == ProblemKind::unavailable)
        reply.headers.emplace_back(beast::http::field::retry_after, "10");
    return reply;
}

Reply error_reply(const util::Error& error, std::string_view instance) {
    auto reply = problem_reply(to_problem(error), instance);
    // Jobs take minutes.
    if (error.kind == util::ErrorKind::too_many)
        reply.headers.emplace_back(beast::http::field::retry_after, "60");
    return reply;
}

}  // namespace krepro::http
