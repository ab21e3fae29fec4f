// SPDX-License-Identifier: Apache-2.0
#include "http/api.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/ip/address.hpp>

#include "http/answer.hpp"
#include "http/job_request.hpp"
#include "http/origin.hpp"

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
    Route{verb::get, "/api/v1/jobs/{id}/exports/{format}", BodyUse::none, &Api::export_job},
    Route{verb::get, "/api/v1/jobs/{id}/bundle", BodyUse::none, &Api::job_bundle},
    Route{verb::post, "/api/v1/jobs/{id}/retry", BodyUse::none, &Api::retry_job},
    Route{verb::delete_, "/api/v1/jobs/{id}", BodyUse::none, &Api::delete_job},
    Route{verb::get, "/api/v1/jobs/{id}/arms/{arm}", BodyUse::none, &Api::job_arm},
    Route{verb::get, "/api/v1/jobs/{id}/artifacts", BodyUse::none, &Api::job_artifacts},
    Route{verb::post, "/api/v1/bisections", BodyUse::mail_or_job, &Api::submit_bisection},
    Route{verb::get, "/api/v1/bisections", BodyUse::none, &Api::list_bisections},
    Route{verb::get, "/api/v1/bisections/{id}", BodyUse::none, &Api::show_bisection},
    Route{verb::post, "/api/v1/bisections/{id}/cancel", BodyUse::none, &Api::cancel_bisection},
    Route{verb::post, "/api/v1/bisections/{id}/resume", BodyUse::none, &Api::resume_bisection},
    Route{verb::get, "/api/v1/events", BodyUse::none, &Api::all_events},
    Route{verb::post, "/api/v1/intake/preview", BodyUse::mail_or_job, &Api::preview},
    Route{verb::get, "/api/v1/reports", BodyUse::none, &Api::list_reports},
    Route{verb::get, "/api/v1/reports/{id}", BodyUse::none, &Api::show_report},
    Route{verb::get, "/api/v1/reports/{id}/text", BodyUse::none, &Api::report_text},
    Route{verb::get, "/api/v1/trials/{id}", BodyUse::none, &Api::show_trial},
    Route{verb::get, "/api/v1/trials/{id}/console", BodyUse::none, &Api::trial_console},
    Route{verb::get, "/api/v1/trials/{id}/harness", BodyUse::none, &Api::trial_harness},
    Route{verb::get, "/api/v1/artifacts/{hash}", BodyUse::none, &Api::artifact},
    Route{verb::get, "/api/v1/host", BodyUse::none, &Api::host},
    Route{verb::get, "/api/v1/trees", BodyUse::none, &Api::list_trees},
    Route{verb::get, "/api/v1/profiles", BodyUse::none, &Api::list_profiles},
    Route{verb::get, "/api/v1/profiles/{name}", BodyUse::none, &Api::show_profile},
    Route{verb::get, "/api/v1/builds", BodyUse::none, &Api::list_builds},
    Route{verb::get, "/api/v1/builds/{key}", BodyUse::none, &Api::show_build},
    Route{verb::get, "/api/v1/workloads", BodyUse::none, &Api::list_workloads},
    Route{verb::get, "/api/v1/hosts", BodyUse::none, &Api::list_hosts},
    Route{verb::get, "/readyz", BodyUse::none, &Api::ready, Access::everyone},
    Route{verb::get, "/metrics", BodyUse::none, &Api::metrics},
    Route{verb::get, "/openapi.json", BodyUse::none, &Api::openapi, Access::everyone},
    Route{verb::get, "/healthz", BodyUse::none, &Api::health, Access::everyone},
    Route{verb::get, "/version", BodyUse::none, &Api::version, Access::everyone},
};

// The twins of the dashboard's pages: its address with an ending.
constexpr std::array k_page_routes{
    Route{verb::get, "/jobs.json", BodyUse::none, &Api::list_jobs},
    Route{verb::get, "/jobs.txt", BodyUse::none, &Api::jobs_text},
    Route{verb::get, "/jobs/{id}.json", BodyUse::none, &Api::show_job},
    Route{verb::get, "/jobs/{id}.txt", BodyUse::none, &Api::job_text},
    Route{verb::get, "/reports/{id}.json", BodyUse::none, &Api::show_report},
    Route{verb::get, "/reports/{id}.txt", BodyUse::none, &Api::report_page_text},
    Route{verb::get, "/trials/{id}/console.json", BodyUse::none, &Api::show_trial},
    Route{verb::get, "/trials/{id}/console.txt", BodyUse::none, &Api::trial_console},
    Route{verb::get, "/host.json", BodyUse::none, &Api::host},
    Route{verb::get, "/host.txt", BodyUse::none, &Api::host_text},
    Route{verb::get, "/submit.json", BodyUse::none, &Api::submit_json},
    Route{verb::get, "/submit.txt", BodyUse::none, &Api::submit_text},
};

constexpr std::array k_web_routes{
    Route{verb::get, "/", BodyUse::none, &Api::web_file, Access::everyone}};

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
      most_unfinished_jobs_(options.limits.unfinished_jobs),
      most_unfinished_bisections_(static_cast<std::size_t>(options.limits.unfinished_bisections)),
      web_(options.web_root),
      doorman_(options.tokens == Tokens::demanded || !is_loopback(options.address)
                   ? Doorman::Door::token_demanded
                   : Doorman::Door::open,
               {options.limits.token_rate, options.limits.token_burst}),
      local_names_only_(doorman_.open()),
      scheme_(options.tls_certificate.empty() ? "http" : "https") {}

std::span<const Route> Api::routes() {
    return k_routes;
}

std::variant<RouteMatch, Reply> Api::plan(verb method, const Target& target,
                                          const beast::http::fields& headers) const {
    const auto names = local_names_only_ ? Names::local_only : Names::any;
    const bool reads = method == verb::get || method == verb::head || method == verb::options;
    if (const auto problem = check_origin(headers, names, reads ? Effect::reads : Effect::writes))
        return problem_reply(*problem, target.path);
    if (const auto problem = refuse_secret_in_url(target))
        return problem_reply(*problem, "");  // the path may hold it

    auto found = match_route(k_routes, method, target.segments);
    const bool api = !target.segments.empty() && target.segments[0] == "api";
    if (std::holds_alternative<NoSuchPath>(found) && !api)
        found = match_route(k_page_routes, method, target.segments);
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

asio::awaitable<std::variant<Visitor, Reply>> Api::admit(const Route* route,
                                                         std::string authorization,
                                                         std::string instance) {
    if (doorman_.open() || route->access == Access::everyone) co_return Visitor{};
    try {
        auto admitted = co_await doorman_.admit(services_.store, std::move(authorization),
                                                role_for(*route), instance);
        co_return admitted;
    } catch (const std::exception& error) {
        spdlog::error("http: a token could not be looked up: {}", error.what());
    }
    co_return error_reply({util::ErrorKind::unavailable, "the token could not be looked up", "",
                           "the daemon's log says more"},
                          instance);
}

void Api::count(status code) {
    ++answered_[static_cast<unsigned>(code) / 100 % answered_.size()];
}

asio::awaitable<Reply> Api::answer(const Route* route, Call call) {
    const std::string instance = call.target.path;
    util::Error error;
    try {
        const auto wishes = wishes_of(call);
        auto reply = co_await (this->*(route->handler))(std::move(call));
        finish_answer(wishes, reply);
        co_return reply;
    } catch (const util::InfraError& failure) {
        error = failure.error();
    } catch (const std::exception& failure) {
        spdlog::error("http: {} failed: {}", instance, failure.what());
        error = {util::ErrorKind::internal, "the request failed inside krepro", "",
                 "the daemon's log says more"};
    }
    co_return error_reply(error, instance);
}

asio::awaitable<Reply> Api::web_file(Call call) {
    co_return web_.get(call);
}

}  // namespace krepro::http
