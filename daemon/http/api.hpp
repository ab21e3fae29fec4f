// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <span>
#include <variant>

#include "http/message.hpp"
#include "http/router.hpp"
#include "http/services.hpp"
#include "http/static_files.hpp"

namespace krepro::http {

// The routes and what they answer. Knows nothing of sockets: takes a Call, gives a Reply. Runs on
// the loop's thread; what a handler throws becomes a problem in answer().
class Api {
  public:
    // `address`: what the server listens on; on loopback only local names are answered.
    Api(Services services, const ServerOptions& options);

    // What can be said before the body is read: the route, or an answer (an error, OPTIONS).
    [[nodiscard]] std::variant<RouteMatch, Reply> plan(beast::http::verb method,
                                                       const Target& target,
                                                       const beast::http::fields& headers) const;
    boost::asio::awaitable<Reply> answer(const Route* route, Call call);

    [[nodiscard]] const Services& services() const { return services_; }
    [[nodiscard]] static std::span<const Route> routes();

    // Handlers, in the order of the table of routes.
    boost::asio::awaitable<Reply> submit_job(Call call);
    boost::asio::awaitable<Reply> list_jobs(Call call);
    boost::asio::awaitable<Reply> show_job(Call call);
    boost::asio::awaitable<Reply> job_mail(Call call);
    boost::asio::awaitable<Reply> job_events(Call call);
    boost::asio::awaitable<Reply> job_reports(Call call);
    boost::asio::awaitable<Reply> job_trials(Call call);
    boost::asio::awaitable<Reply> cancel_job(Call call);
    boost::asio::awaitable<Reply> all_events(Call call);
    boost::asio::awaitable<Reply> show_report(Call call);
    boost::asio::awaitable<Reply> report_text(Call call);
    boost::asio::awaitable<Reply> show_trial(Call call);
    boost::asio::awaitable<Reply> trial_console(Call call);
    boost::asio::awaitable<Reply> trial_harness(Call call);
    boost::asio::awaitable<Reply> artifact(Call call);
    boost::asio::awaitable<Reply> health(Call call);
    boost::asio::awaitable<Reply> version(Call call);
    boost::asio::awaitable<Reply> web_file(Call call);

  private:
    boost::asio::awaitable<Reply> job_document(std::int64_t id, std::string instance,
                                               beast::http::status status);
    boost::asio::awaitable<Reply> trial_log(
        Call call, std::string model::Trial::*hash,
        std::function<std::optional<std::filesystem::path>(std::int64_t)> live);

    Services services_;
    StaticFiles web_;
    bool local_names_only_;
};

}  // namespace krepro::http
