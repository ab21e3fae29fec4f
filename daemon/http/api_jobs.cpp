// SPDX-License-Identifier: Apache-2.0
// Jobs and their events.
#include <fmt/format.h>

#include <algorithm>

#include "http/api.hpp"
#include "http/job_request.hpp"
#include "http/views.hpp"
#include "util/hash.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using beast::http::field;
using beast::http::status;
using model::Json;
using util::Error;
using util::ErrorKind;
using util::fail;

namespace {

constexpr std::size_t k_max_key = 128;

// What a repeated request is known by; printable characters, so that it can be shown in an error.
util::Result<std::string> read_key(const Call& call) {
    const auto header = call.headers["Idempotency-Key"];
    const std::string key(header.data(), header.size());
    const bool plain =
        std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 127; });
    if (key.size() <= k_max_key && plain) return key;
    return fail(ErrorKind::invalid_input, "a key has at most 128 printable ASCII characters",
                "header Idempotency-Key", "a UUID is a good one");
}

// Of all that makes one submission another: its path, options and body.
std::string fingerprint_of(const Call& call, const model::JobSpec& spec) {
    util::Sha256 hash;
    hash.add_field(call.target.path);
    hash.add_field(model::dump(model::to_json(spec)));
    return hash.hex();
}

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

// `after=latest` of who has read the documents already; who resumes names the last event instead.
bool wants_news_only(const Call& call) {
    return call.headers["Last-Event-ID"].empty() && call.target.query.size() == 1 &&
           call.target.parameter("after") == "latest";
}

}  // namespace

asio::awaitable<Reply> Api::job_document(std::int64_t id, std::string instance, status code) {
    const auto parts = co_await services_.store->call([id](store::Store& s) {
        return JobParts{s.job(id), s.trials(id), s.reports(id)};
    });
    if (!parts.job) co_return error_reply(no_such_job(std::to_string(id)), instance);
    co_return json_reply(job_view(*parts.job, parts.trials, parts.reports), code);
}

asio::awaitable<Reply> Api::queue_job(Call call, model::JobSpec spec) {
    if (const auto refused = may_name_tree(call, spec.tree))
        co_return problem_reply(*refused, call.target.path);
    const auto key = read_key(call);
    if (!key) co_return error_reply(key.error(), call.target.path);
    if (!spec.webhook.empty()) {
        const auto may = check_job_receiver(spec.webhook, services_.job_receivers);
        if (!may) co_return error_reply(may.error(), call.target.path);
    }
    store::Submission submission;
    submission.token = call.visitor.token;
    submission.key = *key;
    // Without a key nothing is compared.
    if (!key->empty()) submission.fingerprint = fingerprint_of(call, spec);
    submission.most_unfinished = most_unfinished_jobs_;
    const auto queued = co_await services_.submit(std::move(spec), std::move(submission));
    if (!queued) co_return error_reply(queued.error(), call.target.path);
    auto reply = co_await job_document(queued->job.id, call.target.path, status::accepted);
    reply.headers.emplace_back(field::location, fmt::format("/api/v1/jobs/{}", queued->job.id));
    co_return reply;
}

asio::awaitable<Reply> Api::submit_job(Call call) {
    // Shared with the pool that reads it.
    const auto shared = std::make_shared<Call>(std::move(call));
    auto spec = co_await read_job_request_on(services_.pool, shared);
    if (!spec) co_return error_reply(spec.error(), shared->target.path);
    auto reply = co_await queue_job(std::move(*shared), std::move(*spec));
    co_return reply;
}

asio::awaitable<Reply> Api::retry_job(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    auto job = co_await services_.store->call([id](store::Store& s) { return s.job(id); });
    if (!job) co_return error_reply(no_such_job(call.path_values[0]), call.target.path);
    if (job->stage != model::JobStage::done)
        co_return error_reply({ErrorKind::conflict, "the job is not done",
                               fmt::format("job {}", id), "it is still to give its answer"},
                              call.target.path);
    auto reply = co_await queue_job(std::move(call), std::move(job->spec));
    co_return reply;
}

asio::awaitable<Reply> Api::delete_job(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    // Files go on the store's thread too: no job that has found one there can note it in between.
    const auto remove = [id, artifacts = services_.artifacts](store::Store& s) {
        const auto orphans = s.delete_job(id);
        if (orphans)
            for (const auto& hash : *orphans) artifacts->remove(hash);
        return orphans;
    };
    const auto removed = co_await services_.store->call(remove);
    if (!removed) co_return error_reply(removed.error(), call.target.path);
    services_.bus->notify(id);
    Reply reply;
    reply.status = status::no_content;
    co_return reply;
}

asio::awaitable<Reply> Api::list_jobs(Call call) {
    const auto filter = read_job_filter(call.target);
    if (!filter) co_return error_reply(filter.error(), call.target.path);
    const auto select = [filter = *filter](store::Store& s) { return s.summaries(filter); };
    const auto jobs = co_await services_.store->call(select);
    Json list = Json::array();
    for (const auto& job : jobs) list.push_back(summary_view(job));
    Json next = nullptr;
    if (jobs.size() == static_cast<std::size_t>(filter->limit))
        next = next_link(call.target, jobs.back().id, filter->limit);
    co_return json_reply({{"jobs", std::move(list)}, {"next", std::move(next)}});
}

asio::awaitable<Reply> Api::show_job(Call call) {
    const auto id = parse_id(call.path_values[0]);
    if (!id) co_return error_reply(no_such_job(call.path_values[0]), call.target.path);
    // Before the job is read: what is written meanwhile makes the document an old one.
    const auto version = services_.store->version(*id);
    if (auto kept = documents_.find(*id, version)) co_return document_reply(std::move(kept));
    auto reply = co_await job_document(*id, call.target.path, status::ok);
    if (reply.status != status::ok) co_return reply;
    auto document = std::make_shared<const Document>(std::move(std::get<std::string>(reply.body)));
    documents_.keep(*id, version, document);
    co_return document_reply(std::move(document));
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
    const auto owner =
        co_await services_.store->call([id = *id](store::Store& s) { return s.owner(id); });
    if (call.visitor.role != model::Role::admin && owner != call.visitor.token)
        co_return problem_reply({ProblemKind::forbidden, "the job is somebody else's",
                                 fmt::format("job {}", *id), "an admin's token may cancel it"},
                                call.target.path);
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
    Reply reply;
    if (wants_news_only(call)) {
        const auto ask = [](store::Store& s) { return s.last_event(0); };
        reply.body = EventFeed{0, co_await services_.store->call(ask)};
        co_return reply;
    }
    const auto after = read_resume_point(call);
    if (!after) co_return error_reply(after.error(), call.target.path);
    reply.body = EventFeed{0, *after};
    co_return reply;
}

}  // namespace krepro::http
