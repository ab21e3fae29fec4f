// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "model/job_spec.hpp"
#include "store/store.hpp"

namespace krepro::http {

// "Text/Plain; charset=x" -> "text/plain".
[[nodiscard]] std::string media_type(std::string_view content_type);

// Whether POST /jobs takes this type: JSON, the types of mails and patches, and what curl sends
// when it is not told (application/x-www-form-urlencoded, or none).
[[nodiscard]] bool is_job_media_type(std::string_view media_type);

// The job that a request asks for: a job specification as JSON, or a mail as the body with the
// rest as query parameters. Errors name the field or parameter.
util::Result<model::JobSpec> read_job_request(const Call& call);
// The same on the pool: a mail of megabytes would hold up everybody on the loop's thread.
boost::asio::awaitable<util::Result<model::JobSpec>> read_job_request_on(
    boost::asio::thread_pool* pool, std::shared_ptr<const Call> call);

// Whoever may name a path of the server's disk reads what lies there: a refusal for all but admins.
std::optional<Problem> may_name_tree(const Call& call, const std::string& tree);

// Which jobs a listing shows: stage, verdict, q (or text), before, limit.
util::Result<store::JobFilter> read_job_filter(const Target& target);

}  // namespace krepro::http
