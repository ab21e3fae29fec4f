// SPDX-License-Identifier: Apache-2.0
#include "http/request_check.hpp"

#include <boost/beast/http/error.hpp>

namespace krepro::http {

using beast::http::field;

std::string_view target_of(const Request& request) {
    const auto text = request.target();
    return {text.data(), text.size()};
}

std::optional<Reply> refuse_unread(const boost::system::error_code& error, const Request& request,
                                   const util::Result<Target>& target) {
    const auto text = target_of(request);
    const auto path = text.substr(0, text.find('?'));
    if (error) return problem_reply(read_problem(error), path);
    if (!target) return error_reply(target.error(), path);
    if (request.version() >= 11 && request[field::host].empty())
        return problem_reply({ProblemKind::malformed_request, "the request has no Host",
                              "header Host", "HTTP/1.1 demands one"},
                             path);
    return std::nullopt;
}

Problem read_problem(const boost::system::error_code& error) {
    if (error == beast::http::error::header_limit)
        return {ProblemKind::header_too_large, "the request's header is too large", "header",
                "send fewer or shorter header fields"};
    if (error == beast::http::error::body_limit)
        return {ProblemKind::too_large, "the body is too large", "body",
                "a mail has at most 10 MiB"};
    return {ProblemKind::malformed_request, "the request cannot be read: " + error.message(),
            "request", "send an HTTP/1.1 request"};
}

}  // namespace krepro::http
