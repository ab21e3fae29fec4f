// SPDX-License-Identifier: Apache-2.0
// Bisections: which commit brought a bug. Their steps are jobs.
#include <fmt/format.h>

#include "http/api.hpp"
#include "http/job_request.hpp"
#include "http/views.hpp"
#include "model/small_json.hpp"
#include "util/offload.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using beast::http::field;
using beast::http::status;
using model::Json;

namespace {

constexpr std::size_t k_max_bisection_values = 100;

util::Error no_bisection(std::string_view id) {
    return no_such("bisection", id, "GET /api/v1/bisections lists them");
}

util::Error too_many_go_on() {
    return {util::ErrorKind::too_many, "as many bisections go on as this server takes", "queue",
            "wait until some are done, or cancel some"};
}

util::Result<model::BisectionSpec> read_request(const Call& call) {
    auto none = refuse_unknown_parameters(call.target, {});
    if (!none) return tl::unexpected(std::move(none.error()));
    const auto json = model::parse_small_json(call.body, "request body", k_max_bisection_values);
    if (!json) return tl::unexpected(json.error());
    return model::parse_bisection_spec(*json);
}

BisectionParts read_parts(store::Store& store, std::int64_t id) {
    BisectionParts parts{store.bisection(id), {}};
    for (const auto& step : store.steps(id))
        if (auto job = store.job(step.job)) {
            job->spec.mail.clear();  // megabytes that are not shown
            job->mail = {};
            parts.steps.push_back({step, std::move(*job), store.trials(step.job)});
        }
    return parts;
}

}  // namespace

asio::awaitable<Reply> Api::bisection_document(std::int64_t id, std::string instance, status code) {
    const auto read = [id](store::Store& s) { return read_parts(s, id); };
    const auto parts = co_await services_.store->call(read);
    if (!parts.bisection) co_return error_reply(no_bisection(std::to_string(id)), instance);
    co_return json_reply(bisection_view(parts), code);
}

asio::awaitable<Reply> Api::submit_bisection(Call call) {
    const auto type = call.headers[field::content_type];
    if (media_type({type.data(), type.size()}) != "application/json")
        co_return problem_reply(
            {ProblemKind::unsupported_media_type, "a bisection is asked for in application/json",
             "header Content-Type", "set Content-Type to application/json"},
            call.target.path);
    // Shared with the pool that reads it: a mail may be long.
    const auto shared = std::make_shared<const Call>(std::move(call));
    const auto path = shared->target.path;
    const auto read = [shared] { return read_request(*shared); };
    auto spec = co_await util::run_on(*services_.pool, read);
    if (!spec) co_return error_reply(spec.error(), path);
    if (const auto refused = may_name_tree(*shared, spec->tree))
        co_return problem_reply(*refused, path);
    const auto count = [](store::Store& s) { return s.unfinished_bisections().size(); };
    const auto unfinished = co_await services_.store->call(count);
    if (unfinished >= most_unfinished_bisections_) co_return error_reply(too_many_go_on(), path);
    const auto stored =
        co_await services_.submit_bisection(std::move(*spec), shared->visitor.token);
    if (!stored) co_return error_reply(stored.error(), path);
    auto reply = co_await bisection_document(stored->id, path, status::accepted);
    reply.headers.emplace_back(field::location, fmt::format("/api/v1/bisections/{}", stored->id));
    co_return reply;
}

asio::awaitable<Reply> Api::list_bisections(Call call) {
    auto known = refuse_unknown_parameters(call.target, {"before", "limit"});
    if (!known) co_return error_reply(known.error(), call.target.path);
    const auto page = read_page(call.target);
    if (!page) co_return error_reply(page.error(), call.target.path);
    const auto select = [page = *page](store::Store& s) {
        return s.bisections(page.before, page.limit);
    };
    const auto found = co_await services_.store->call(select);
    Json list = Json::array();
    for (const auto& bisection : found) list.push_back(bisection_summary(bisection));
    Json next = nullptr;
    if (found.size() == static_cast<std::size_t>(page->limit))
        next = next_link(call.target, found.back().id, page->limit);
    co_return json_reply({{"bisections", std::move(list)}, {"next", std::move(next)}});
}

asio::awaitable<Reply> Api::show_bisection(Call call) {
    const auto id = parse_id(call.path_values[0]);
    if (!id) co_return error_reply(no_bisection(call.path_values[0]), call.target.path);
    auto reply = co_await bisection_document(*id, call.target.path, status::ok);
    co_return reply;
}

// Whether the visitor may end or go on with it; else the answer.
asio::awaitable<std::optional<Reply>> Api::refuse_others(std::int64_t id, Call call) {
    const auto read = [id](store::Store& s) { return s.bisection_owner(id); };
    const auto owner = co_await services_.store->call(read);
    if (!owner) co_return error_reply(no_bisection(std::to_string(id)), call.target.path);
    if (call.visitor.role == model::Role::admin || *owner == call.visitor.token)
        co_return std::nullopt;
    co_return problem_reply(
        {ProblemKind::forbidden, "the bisection is somebody else's",
         fmt::format("bisection {}", id), "an admin's token may cancel and resume it"},
        call.target.path);
}

asio::awaitable<Reply> Api::cancel_bisection(Call call) {
    const auto id = parse_id(call.path_values[0]);
    if (!id) co_return error_reply(no_bisection(call.path_values[0]), call.target.path);
    auto refused = co_await refuse_others(*id, call);
    if (refused) co_return std::move(*refused);
    const auto ask = [id = *id](store::Store& s) { return s.request_bisection_cancel(id); };
    const auto noted = co_await services_.store->call(ask);
    if (!noted) co_return error_reply(noted.error(), call.target.path);
    if (services_.wake_bisections) services_.wake_bisections();
    auto reply = co_await bisection_document(*id, call.target.path, status::accepted);
    co_return reply;
}

asio::awaitable<Reply> Api::resume_bisection(Call call) {
    const auto id = parse_id(call.path_values[0]);
    if (!id) co_return error_reply(no_bisection(call.path_values[0]), call.target.path);
    auto refused = co_await refuse_others(*id, call);
    if (refused) co_return std::move(*refused);
    const auto ask = [id = *id](store::Store& s) { return s.resume_bisection(id); };
    const auto resumed = co_await services_.store->call(ask);
    if (!resumed) co_return error_reply(resumed.error(), call.target.path);
    if (services_.wake_bisections) services_.wake_bisections();
    auto reply = co_await bisection_document(*id, call.target.path, status::accepted);
    co_return reply;
}

}  // namespace krepro::http
