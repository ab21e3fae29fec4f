// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/message.hpp"

namespace krepro::http {

class Api;

using Handler = boost::asio::awaitable<Reply> (Api::*)(Call);

// What a route takes in its body.
enum class BodyUse {
    none,         // a small body is read and ignored
    mail_or_job,  // a mail as text, or a job specification as JSON
};

// Whom a route is for, where tokens are demanded.
enum class Access {
    by_method,  // GET: read; POST: submit; DELETE: admin
    everyone,   // says nothing of jobs: no token is asked for
};

struct Route {
    beast::http::verb method;
    // "/api/v1/jobs/{id}": {name} stands for one segment, or for its part before an ending
    // ("/jobs/{id}.json").
    std::string_view pattern;
    BodyUse body;
    Handler handler;
    Access access = Access::by_method;
};

struct RouteMatch {
    const Route* route;
    std::vector<std::string> values;  // of the {name}s, in order
};
struct NoSuchPath {};
struct WrongMethod {
    std::string allow;  // the value of the Allow header
};

[[nodiscard]] model::Role role_for(const Route& route);

// HEAD is answered where GET is.
[[nodiscard]] std::variant<RouteMatch, NoSuchPath, WrongMethod> match_route(
    std::span<const Route> routes, beast::http::verb method,
    const std::vector<std::string>& segments);

}  // namespace krepro::http
