// SPDX-License-Identifier: Apache-2.0
// Jobs and their events.
#include <fmt/format.h>

#include "http/api.hpp"
#include "http/job_request.hpp"
#include "http/views.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using beast::http::field;
using beast::http::status;
using model::Json;
using util::Error;
using util::ErrorKind;
using util::fail;

namespace {

Error no_such_job(std::string_view id) {
    return {ErrorKind::not_found, fmt::format("there is no job {}", id), "job",
            "GET /api/v1/jobs lists the jobs"};
}

template <class E>
util::Result<std::optional<E>> enum_parameter(const Target& target, std::string_view name) {
    const auto text = target.parameter(name);
    if (!text || text->empty()) return std::optional<E>{};
    if (const auto value = model::enum_from_string<E>(*text)) return value;
    return fail(ErrorKind::invalid_input,
                fmt::format("expected {}, got \"{}\"", model::enum_choices<E>(), *text),
                fmt::format("parameter {}", name));
}

util::Result<std::int64_t> number_parameter(const Target& target, std::string_view name,
                                            std::int64_t otherwise) {
    const auto text = target.parameter(name);
    if (!text) return otherwise;
    if (const auto value = parse_id(*text)) return *value;
    return fail(ErrorKind::invalid_input,
                fmt::format("expected a positive number, got \"{}\"", *text),
                fmt::format("parameter {}", name));
}

// The dashboard's addresses say `text`, people say `q`.
std::string text_parameter(const Target& target) {
    const auto q = target.parameter("q");
    return q ? *q : target.parameter("text").value_or("");
}

util::Result<store::JobFilter> read_filter(const Target& target) {
    auto known =
        refuse_unknown_parameters(target, {"stage", "verdict", "q", "text", "before", "limit"});
    if (!known) return tl::unexpected(std::move(known.error()));
    const auto stage = enum_parameter<model::JobStage>(target, "stage");
    if (!stage) return tl::unexpected(stage.error());
    const auto verdict = enum_parameter<model::VerdictKind>(target, "verdict");
    if (!verdict) return tl::unexpected(verdict.error());
    const auto before = number_parameter(target, "before", 0);
    if (!before) return tl::unexpected(before.error());
    const auto limit = number_parameter(target, "limit", 50);
    if (!limit) return tl::unexpected(limit.error());
    if (*limit > 500)
        return fail(ErrorKind::invalid_input, "the limit is at most 500", "parameter limit");
    return store::JobFilter{*stage, *verdict, text_parameter(target), *before,
                            static_cast<int>(*limit)};
}

// The same filter, from the last job of this page on.
std::string next_page(const Target& target, std::int64_t last, int limit) {
    std::string link = fmt::format("/api/v1/jobs?before={}&limit={}", last, limit);
    for (const auto* name : {"stage", "verdict", "q", "text"}) {
        const auto value = target.parameter(name);
        if (!value || value->empty()) continue;
        link += fmt::format("&{}=", name);
        for (const unsigned char c : *value)
            link += std::isalnum(c) != 0 ? std::string(1, static_cast<char>(c))
                                         : fmt::format("%{:02X}", c);
    }
    return link;
}

struct JobParts {
    std::optional<model::Job> job;
    std::vector<model::Trial> trials;
    std::vector<model::StoredReport> reports;
};

struct FeedStart {
    std::optional<model::JobStage> stage;  // nothing: there is no such job
    std::int64_t last = 0;
};

// Last-Event-ID as EventSource sends it, or `after` for those who cannot set headers.
util::Result<std::int64_t> read_resume_point(const Call& call) {
    auto known = refuse_unknown_parameters(call.target, {"after"});
    if (!known) return tl::unexpected(std::move(known.error()));
    const auto header = call.headers["Last-Event-ID"];
    const std::string text = header.empty() ? call.target.parameter("after").value_or("0")
                                            : std::string(header.data(), header.size());
    if (text == "0") return 0;
    if (const auto seq = parse_id(text)) return *seq;
    return fail(ErrorKind::invalid_input,
                fmt::format("expected the id of an event, got \"{}\"", text.substr(0, 40)),
                header.empty() ? "parameter after" : "header Last-Event-ID");
}

}  // namespace

asio::awaitable<Reply> Api::job_document(std::int64_t id, std::string instance, status code) {
    const auto parts = co_await services_.store->call([id](store::Store& s) {
        return JobParts{s.job(id), s.trials(id), s.reports(id)};
    });
    if (!parts.job) co_return error_reply(no_such_job(std::to_string(id)), instance);
    co_return json_reply(job_view(*parts.job, parts.trials, parts.reports), code);
}

asio::awaitable<Reply> Api::submit_job(Call call) {
    auto spec = read_job_request(call);
    if (!spec) co_return error_reply(spec.error(), call.target.path);
    const auto job = co_await services_.submit(std::move(*spec));
    if (!job) co_return error_reply(job.error(), call.target.path);
    auto reply = co_await job_document(job->id, call.target.path, status::accepted);
    reply.headers.emplace_back(field::location, fmt::format("/api/v1/jobs/{}", job->id));
    co_return reply;
}

asio::awaitable<Reply> Api::list_jobs(Call call) {
    const auto filter = read_filter(call.target);
    if (!filter) co_return error_reply(filter.error(), call.target.path);
    const auto select = [filter = *filter](store::Store& s) { return s.summaries(filter); };
    const auto jobs = co_await services_.store->call(select);
    Json list = Json::array();
    for (const auto& job : jobs) list.push_back(summary_view(job));
    Json next = nullptr;
    if (jobs.size() == static_cast<std::size_t>(filter->limit))
        next = next_page(call.target, jobs.back().id, filter->limit);
    co_return json_reply({{"jobs", std::move(list)}, {"next", std::move(next)}});
}

asio::awaitable<Reply> Api::show_job(Call call) {
    const auto id = parse_id(call.path_values[0]);
    if (!id) co_return error_reply(no_such_job(call.path_values[0]), call.target.path);
    co_return co_await job_document(*id, call.target.path, status::ok);
}

asio::awaitable<Reply> Api::job_mail(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    auto job = co_await services_.store->call([id](store::Store& s) { return s.job(id); });
    if (!job) co_return error_reply(no_such_job(call.path_values[0]), call.target.path);
    Reply reply;
    reply.content_type = "text/plain; charset=utf-8";
    reply.body = std::move(job->spec.mail);
    co_return reply;
}

asio::awaitable<Reply> Api::cancel_job(Call call) {
    const auto id = parse_id(call.path_values[0]);
    if (!id) co_return error_reply(no_such_job(call.path_values[0]), call.target.path);
    const auto noted = co_await services_.store->call(
        [id = *id](store::Store& s) { return s.request_cancel(id); });
    if (!noted) co_return error_reply(noted.error(), call.target.path);
    if (services_.cancel) services_.cancel(*id);
    co_return co_await job_document(*id, call.target.path, status::accepted);
}

asio::awaitable<Reply> Api::job_events(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto after = read_resume_point(call);
    if (!after) co_return error_reply(after.error(), call.target.path);
    const auto start = co_await services_.store->call([id](store::Store& s) {
        const auto job = s.job(id);
        return FeedStart{job ? std::optional(job->stage) : std::nullopt, s.last_event(id)};
    });
    if (!start.stage) co_return error_reply(no_such_job(call.path_values[0]), call.target.path);
    Reply reply;
    // 204 is what tells an EventSource to stop: there is nothing more to come, ever.
    if (start.stage == model::JobStage::done && start.last <= *after)
        reply.status = status::no_content;
    else
        reply.body = EventFeed{id, *after};
    co_return reply;
}

asio::awaitable<Reply> Api::all_events(Call call) {
    const auto after = read_resume_point(call);
    if (!after) co_return error_reply(after.error(), call.target.path);
    Reply reply;
    reply.body = EventFeed{0, *after};
    co_return reply;
}

}  // namespace krepro::http
