// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <span>
#include <variant>

#include "http/access.hpp"
#include "http/document.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "http/services.hpp"
#include "http/static_files.hpp"
#include "http/views.hpp"

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
    // Who sent it, or 401, 403 or 429: asked before the body is read.
    boost::asio::awaitable<std::variant<Visitor, Reply>> admit(const Route* route,
                                                               std::string authorization,
                                                               std::string instance);
    boost::asio::awaitable<Reply> answer(const Route* route, Call call);
    // An answer of this status is about to be sent: whatever it is to, for the metrics.
    void count(beast::http::status code);

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
    boost::asio::awaitable<Reply> export_job(Call call);
    boost::asio::awaitable<Reply> job_bundle(Call call);
    boost::asio::awaitable<Reply> retry_job(Call call);
    boost::asio::awaitable<Reply> delete_job(Call call);
    boost::asio::awaitable<Reply> job_arm(Call call);
    boost::asio::awaitable<Reply> job_artifacts(Call call);
    boost::asio::awaitable<Reply> list_builds(Call call);
    boost::asio::awaitable<Reply> show_build(Call call);
    boost::asio::awaitable<Reply> show_profile(Call call);
    boost::asio::awaitable<Reply> list_workloads(Call call);
    boost::asio::awaitable<Reply> list_hosts(Call call);
    boost::asio::awaitable<Reply> ready(Call call);
    boost::asio::awaitable<Reply> metrics(Call call);
    boost::asio::awaitable<Reply> openapi(Call call);
    boost::asio::awaitable<Reply> submit_bisection(Call call);
    boost::asio::awaitable<Reply> list_bisections(Call call);
    boost::asio::awaitable<Reply> show_bisection(Call call);
    boost::asio::awaitable<Reply> cancel_bisection(Call call);
    boost::asio::awaitable<Reply> resume_bisection(Call call);
    boost::asio::awaitable<Reply> all_events(Call call);
    boost::asio::awaitable<Reply> preview(Call call);
    boost::asio::awaitable<Reply> list_reports(Call call);
    boost::asio::awaitable<Reply> show_report(Call call);
    boost::asio::awaitable<Reply> report_text(Call call);
    boost::asio::awaitable<Reply> show_trial(Call call);
    boost::asio::awaitable<Reply> trial_console(Call call);
    boost::asio::awaitable<Reply> trial_harness(Call call);
    boost::asio::awaitable<Reply> artifact(Call call);
    boost::asio::awaitable<Reply> host(Call call);
    boost::asio::awaitable<Reply> list_trees(Call call);
    boost::asio::awaitable<Reply> list_profiles(Call call);
    boost::asio::awaitable<Reply> health(Call call);
    boost::asio::awaitable<Reply> version(Call call);
    // The dashboard's pages as data and as text, at the page's address with an ending.
    boost::asio::awaitable<Reply> jobs_text(Call call);
    boost::asio::awaitable<Reply> job_text(Call call);
    boost::asio::awaitable<Reply> report_page_text(Call call);
    boost::asio::awaitable<Reply> host_text(Call call);
    boost::asio::awaitable<Reply> submit_json(Call call);
    boost::asio::awaitable<Reply> submit_text(Call call);
    boost::asio::awaitable<Reply> web_file(Call call);

  private:
    boost::asio::awaitable<Reply> job_document(std::int64_t id, std::string instance,
                                               beast::http::status status);
    boost::asio::awaitable<Reply> queue_job(Call call, model::JobSpec spec);
    boost::asio::awaitable<Reply> bisection_document(std::int64_t id, std::string instance,
                                                     beast::http::status status);
    boost::asio::awaitable<std::optional<Reply>> refuse_others(std::int64_t id, Call call);
    boost::asio::awaitable<HostView> host_now();
    // What a preview is made of.
    boost::asio::awaitable<util::Result<model::Mail>> mail_of(model::JobSpec spec);
    boost::asio::awaitable<Reply> trial_log(
        Call call, std::string model::Trial::*hash,
        std::function<std::optional<std::filesystem::path>(std::int64_t)> live);

    Services services_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::array<std::uint64_t, 6> answered_{};  // by the first digit of the status
    int bundles_ = 0;                          // that are packed, or wait for it
    int most_unfinished_jobs_;
    std::size_t most_unfinished_bisections_;
    StaticFiles web_;
    Doorman doorman_;
    DocumentCache documents_;
    bool local_names_only_;
    std::string_view scheme_;  // under which clients know this server
};

}  // namespace krepro::http
