// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace krepro::http {

using RequestParser = beast::http::request_parser<beast::http::string_body>;
using Request = RequestParser::value_type;

// A body for a route that takes none: a client's habit of sending "{}", no more.
inline constexpr std::uint64_t k_ignored_body_bytes = 64U << 10U;

[[nodiscard]] std::string_view target_of(const Request& request);

// What the parser found wrong.
[[nodiscard]] Problem read_problem(const boost::system::error_code& error);

// What is wrong with a header, said before anything is looked up; nothing when it may go on.
[[nodiscard]] std::optional<Reply> refuse_unread(const boost::system::error_code& error,
                                                 const Request& request,
                                                 const util::Result<Target>& target);

}  // namespace krepro::http
