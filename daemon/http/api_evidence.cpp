// SPDX-License-Identifier: Apache-2.0
// What a job's verdict rests on: trials, consoles, reports, artifacts.
#include <fcntl.h>
#include <fmt/format.h>

#include "http/api.hpp"
#include "http/views.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using beast::http::field;
using model::Json;
using util::Error;
using util::ErrorKind;

namespace {

std::string_view range_of(const Call& call) {
    const auto range = call.headers[field::range];
    return {range.data(), range.size()};
}

Reply log_reply(const std::filesystem::path& path, const Call& call) {
    util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid())
        return error_reply({ErrorKind::not_found, "the file is not there any more", "console", ""},
                           call.target.path);
    auto reply = file_reply(std::move(file), range_of(call), call.target.path);
    if (reply.content_type.empty()) reply.content_type = "text/plain; charset=utf-8";
    return reply;
}

struct Listing {
    bool job_exists = false;
    Json items = Json::array();
};

}  // namespace

asio::awaitable<Reply> Api::job_reports(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    auto listing = co_await services_.store->call([id](store::Store& s) {
        Listing found{s.job(id).has_value(), Json::array()};
        for (const auto& report : s.reports(id)) found.items.push_back(report_view(report));
        return found;
    });
    if (!listing.job_exists)
        co_return error_reply(no_such("job", call.path_values[0]), call.target.path);
    co_return json_reply({{"reports", std::move(listing.items)}});
}

asio::awaitable<Reply> Api::job_trials(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    auto listing = co_await services_.store->call([id](store::Store& s) {
        Listing found{s.job(id).has_value(), Json::array()};
        for (const auto& trial : s.trials(id)) found.items.push_back(trial_view(trial));
        return found;
    });
    if (!listing.job_exists)
        co_return error_reply(no_such("job", call.path_values[0]), call.target.path);
    co_return json_reply({{"trials", std::move(listing.items)}});
}

asio::awaitable<Reply> Api::list_reports(Call call) {
    auto known = refuse_unknown_parameters(call.target, {"signature", "before", "limit"});
    if (!known) co_return error_reply(known.error(), call.target.path);
    const auto page = read_page(call.target);
    if (!page) co_return error_reply(page.error(), call.target.path);
    const auto signature = call.target.parameter("signature").value_or("");
    const store::ReportFilter filter{signature, page->before, page->limit};
    const auto look = [filter](store::Store& s) { return s.sightings(filter); };
    const auto sightings = co_await services_.store->call(look);
    Json list = Json::array();
    for (const auto& sighting : sightings) list.push_back(sighting_view(sighting));
    Json next = nullptr;
    if (sightings.size() == static_cast<std::size_t>(filter.limit))
        next = next_link(call.target, sightings.back().report.id, filter.limit);
    co_return json_reply({{"reports", std::move(list)}, {"next", std::move(next)}});
}

asio::awaitable<Reply> Api::show_report(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto report =
        co_await services_.store->call([id](store::Store& s) { return s.report(id); });
    if (!report) co_return error_reply(no_such("report", call.path_values[0]), call.target.path);
    co_return json_reply(report_view(*report));
}

asio::awaitable<Reply> Api::report_text(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    auto report = co_await services_.store->call([id](store::Store& s) { return s.report(id); });
    if (!report) co_return error_reply(no_such("report", call.path_values[0]), call.target.path);
    Reply reply;
    reply.content_type = "text/plain; charset=utf-8";
    reply.body = std::move(report->report.text);
    co_return reply;
}

asio::awaitable<Reply> Api::show_trial(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto trial =
        co_await services_.store->call([id](store::Store& s) { return s.trial(id); });
    if (!trial) co_return error_reply(no_such("trial", call.path_values[0]), call.target.path);
    co_return json_reply(trial_view(*trial));
}

asio::awaitable<Reply> Api::trial_log(
    Call call, std::string model::Trial::*hash,
    std::function<std::optional<std::filesystem::path>(std::int64_t)> live) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto trial =
        co_await services_.store->call([id](store::Store& s) { return s.trial(id); });
    if (!trial) co_return error_reply(no_such("trial", call.path_values[0]), call.target.path);
    if (!((*trial).*hash).empty()) {
        const auto path = services_.artifacts->path((*trial).*hash);
        if (!path) co_return error_reply(path.error(), call.target.path);
        co_return log_reply(*path, call);
    }
    if (!trial->outcome && live)
        if (const auto path = live(id)) co_return log_reply(*path, call);
    co_return error_reply({ErrorKind::not_found, "the trial has not written anything", "trial",
                           trial->outcome ? "it ended before its VM began" : "try again later"},
                          call.target.path);
}

asio::awaitable<Reply> Api::trial_console(Call call) {
    co_return co_await trial_log(std::move(call), &model::Trial::console, services_.live_console);
}

asio::awaitable<Reply> Api::trial_harness(Call call) {
    co_return co_await trial_log(std::move(call), &model::Trial::harness, services_.live_harness);
}

asio::awaitable<Reply> Api::artifact(Call call) {
    const auto& hash = call.path_values[0];
    const auto path = services_.artifacts->path(hash);
    if (!path) co_return error_reply(path.error(), call.target.path);
    auto reply = log_reply(*path, call);
    if (beast::http::to_status_class(reply.status) != beast::http::status_class::successful)
        co_return reply;
    reply.content_type = "application/octet-stream";
    reply.headers.emplace_back(field::content_disposition,
                               fmt::format("attachment; filename=\"{}\"", hash));
    reply.headers.emplace_back(field::etag, fmt::format("\"{}\"", hash));
    reply.headers.emplace_back(field::cache_control, "public, max-age=31536000, immutable");
    co_return reply;
}

}  // namespace krepro::http
