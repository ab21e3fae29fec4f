// SPDX-License-Identifier: Apache-2.0
// The dashboard's pages as text.
#include <fmt/format.h>

#include "http/api.hpp"
#include "http/job_request.hpp"
#include "http/text_pages.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using util::Error;
using util::ErrorKind;

namespace {}  // namespace

asio::awaitable<Reply> Api::jobs_text(Call call) {
    const auto filter = read_job_filter(call.target);
    if (!filter) co_return error_reply(filter.error(), call.target.path);
    const auto select = [filter = *filter](store::Store& s) { return s.summaries(filter); };
    const auto jobs = co_await services_.store->call(select);
    co_return text_reply(jobs_page(jobs));
}

asio::awaitable<Reply> Api::job_text(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto found = co_await services_.store->call([id](store::Store& s) {
        return JobParts{s.job(id), s.trials(id), s.reports(id)};
    });
    if (!found.job) co_return error_reply(no_such("job", call.path_values[0]), call.target.path);
    co_return text_reply(job_page(*found.job, found.trials, found.reports));
}

asio::awaitable<Reply> Api::report_page_text(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto report =
        co_await services_.store->call([id](store::Store& s) { return s.report(id); });
    if (!report) co_return error_reply(no_such("report", call.path_values[0]), call.target.path);
    co_return text_reply(report_page(*report));
}

}  // namespace krepro::http
