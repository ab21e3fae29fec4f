// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "http/document.hpp"
#include "http/problem.hpp"
#include "http/target.hpp"
#include "model/json.hpp"
#include "model/token.hpp"
#include "util/files.hpp"

namespace krepro::http {

namespace beast = boost::beast;

// Who sent a request.
struct Visitor {
    std::int64_t token = 0;  // 0: nobody has to say
    model::Role role = model::Role::admin;
};

// A request as the handlers see it: routed, its body read.
struct Call {
    beast::http::verb method = beast::http::verb::get;
    Target target;
    std::vector<std::string> path_values;  // what stood where the route has {name}
    beast::http::fields headers;
    std::string body;
    Visitor visitor;
};

// A piece of a file; the descriptor keeps it readable whatever happens to its name.
struct FilePart {
    util::Fd file;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

// A stream of the events after `after`; of all jobs with job 0.
struct EventFeed {
    std::int64_t job = 0;
    std::int64_t after = 0;
};

// A document that may be sent to others as well.
struct DocumentBody {
    SharedDocument document;
    bool packed = false;
};

struct Reply {
    beast::http::status status = beast::http::status::ok;
    std::string content_type;
    std::vector<std::pair<beast::http::field, std::string>> headers;
    std::variant<std::string, FilePart, EventFeed, DocumentBody> body;
};

[[nodiscard]] Reply json_reply(const model::Json& json,
                               beast::http::status status = beast::http::status::ok);
[[nodiscard]] Reply document_reply(SharedDocument document);
[[nodiscard]] Reply problem_reply(const Problem& problem, std::string_view instance);
[[nodiscard]] Reply error_reply(const util::Error& error, std::string_view instance);

}  // namespace krepro::http
