// SPDX-License-Identifier: Apache-2.0
#include "http/api.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/ip/address.hpp>

#include "http/job_request.hpp"
#include "http/origin.hpp"
#include "store/schema.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using beast::http::field;
using beast::http::status;
using beast::http::verb;

namespace {

constexpr std::array k_routes{
    Route{verb::post, "/api/v1/jobs", BodyUse::mail_or_job, &Api::submit_job},
    Route{verb::get, "/api/v1/jobs", BodyUse::none, &Api::list_jobs},
    Route{verb::get, "/api/v1/jobs/{id}", BodyUse::none, &Api::show_job},
    Route{verb::get, "/api/v1/jobs/{id}/mail", BodyUse::none, &Api::job_mail},
    Route{verb::get, "/api/v1/jobs/{id}/events", BodyUse::none, &Api::job_events},
    Route{verb::get, "/api/v1/jobs/{id}/reports", BodyUse::none, &Api::job_reports},
    Route{verb::get, "/api/v1/jobs/{id}/trials", BodyUse::none, &Api::job_trials},
    Route{verb::post, "/api/v1/jobs/{id}/cancel", BodyUse::none, &Api::cancel_job},
    Route{verb::get, "/api/v1/events", BodyUse::none, &Api::all_events},
    Route{verb::get, "/api/v1/reports/{id}", BodyUse::none, &Api::show_report},
    Route{verb::get, "/api/v1/reports/{id}/text", BodyUse::none, &Api::report_text},
    Route{verb::get, "/api/v1/trials/{id}", BodyUse::none, &Api::show_trial},
    Route{verb::get, "/api/v1/trials/{id}/console", BodyUse::none, &Api::trial_console},
    Route{verb::get, "/api/v1/trials/{id}/harness", BodyUse::none, &Api::trial_harness},
    Route{verb::get, "/api/v1/artifacts/{hash}", BodyUse::none, &Api::artifact},
    Route{verb::get, "/healthz", BodyUse::none, &Api::health},
    Route{verb::get, "/version", BodyUse::none, &Api::version},
};

constexpr std::array k_web_routes{Route{verb::get, "/", BodyUse::none, &Api::web_file}};

Reply wrong_method(verb method, const std::string& allow, const Target& target) {
    Reply reply;
    if (method == verb::options)
        reply.status = status::no_content;
    else
        reply =
            problem_reply({ProblemKind::method_not_allowed, "this path does not know the method",
                           "method", "use one of: " + allow},
                          target.path);
    reply.headers.emplace_back(field::allow, allow);
    return reply;
}

bool is_loopback(const std::string& address) {
    boost::system::error_code code;
    const auto parsed = asio::ip::make_address(address, code);
    return !code && parsed.is_loopback();
}

}  // namespace

Api::Api(Services services, const ServerOptions& options)
    : services_(std::move(services)),
      web_(options.web_root),
      local_names_only_(is_loopback(options.address)) {}

std::span<const Route> Api::routes() {
    return k_routes;
}

std::variant<RouteMatch, Reply> Api::plan(verb method, const Target& target,
                                          const beast::http::fields& headers) const {
    const auto names = local_names_only_ ? Names::local_only : Names::any;
    const bool reads = method == verb::get || method == verb::head || method == verb::options;
    if (const auto problem = check_origin(headers, names, reads ? Effect::reads : Effect::writes))
        return problem_reply(*problem, target.path);

    auto found = match_route(k_routes, method, target.segments);
    const bool api = !target.segments.empty() && target.segments[0] == "api";
    if (std::holds_alternative<NoSuchPath>(found) && !api)
        found = match_route(k_web_routes, method, {});
    if (const auto* wrong = std::get_if<WrongMethod>(&found))
        return wrong_method(method, wrong->allow, target);
    if (std::holds_alternative<NoSuchPath>(found))
        return error_reply({util::ErrorKind::not_found, "there is no such path", "path",
                            "the API's paths are under /api/v1/"},
                           target.path);
    auto match = std::get<RouteMatch>(std::move(found));
    const auto type = headers[field::content_type];
    if (match.route->body == BodyUse::mail_or_job &&
        !is_job_media_type(media_type({type.data(), type.size()})))
        return problem_reply({ProblemKind::unsupported_media_type,
                              "a job is a mail as text/plain or message/rfc822, or "
                              "application/json",
                              "header Content-Type", "set Content-Type to one of these"},
                             target.path);
    return match;
}

asio::awaitable<Reply> Api::answer(const Route* route, Call call) {
    const std::string instance = call.target.path;
    util::Error error;
    try {
        co_return co_await (this->*(route->handler))(std::move(call));
    } catch (const util::InfraError& failure) {
        error = failure.error();
    } catch (const std::exception& failure) {
        spdlog::error("http: {} failed: {}", instance, failure.what());
        error = {util::ErrorKind::internal, "the request failed inside krepro", "",
                 "the daemon's log says more"};
    }
    co_return error_reply(error, instance);
}

asio::awaitable<Reply> Api::health(Call) {
    const auto unfinished =
        co_await services_.store->call([](store::Store& s) { return s.unfinished_jobs().size(); });
    co_return json_reply({{"status", "ok"}, {"unfinished_jobs", unfinished}});
}

asio::awaitable<Reply> Api::version(Call) {
    co_return json_reply({{"name", "krepro"},
                          {"version", services_.version},
                          {"api", "v1"},
                          {"schema", store::schema_version()}});
}

asio::awaitable<Reply> Api::web_file(Call call) {
    co_return web_.get(call);
}

}  // namespace krepro::http
