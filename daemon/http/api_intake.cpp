// SPDX-License-Identifier: Apache-2.0
// What intake makes of a mail or a commit, before it is submitted.
#include "http/api.hpp"
#include "http/job_request.hpp"
#include "http/views.hpp"
#include "intake/intake.hpp"
#include "intake/workload.hpp"
#include "report/scanner.hpp"
#include "util/offload.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using model::WorkloadForm;

namespace {

util::Result<model::Workload> planned(const std::optional<model::Reproducer>& reproducer,
                                      WorkloadForm form, int max_vcpus) {
    if (reproducer) return intake::plan_workload(*reproducer, form, max_vcpus);
    return util::fail(util::ErrorKind::invalid_input, "the mail holds no reproducer", "field mail",
                      "give the reproducer as a shell script in field script");
}

PreviewView look_at(model::Mail mail, const model::JobSpec& spec, int max_vcpus) {
    auto reproducer = mail.reproducer;
    if (!spec.script.empty()) reproducer = intake::reproducer_of(spec.script);
    std::optional<model::Report> expected;
    if (!mail.splat.empty()) expected = report::parse_expected(mail.splat);
    return {std::move(mail),
            std::move(expected),
            planned(reproducer, WorkloadForm::verbatim, max_vcpus),
            planned(reproducer, WorkloadForm::amplified, max_vcpus),
            {}};
}

util::Error not_read_before() {
    return {util::ErrorKind::invalid_input, "a commit cannot be read before it is submitted",
            "field commit", "its tree may have to be fetched first: submit it, or send a mail"};
}

}  // namespace

asio::awaitable<util::Result<model::Mail>> Api::mail_of(model::JobSpec spec) {
    const auto shared = std::make_shared<const model::JobSpec>(std::move(spec));
    const auto read_mail = [shared] { return intake::read_mail(shared->mail); };
    const auto read_story = [shared] { return intake::read_story(shared->mail); };
    auto& pool = *services_.pool;
    if (shared->commit.empty()) co_return co_await util::run_on(pool, read_mail);
    const bool told = !shared->mail.empty();
    // One kernel alone has no patch to show.
    if (shared->alone || !services_.read_commit) {
        if (!told) co_return tl::unexpected(not_read_before());
        co_return co_await util::run_on(pool, read_story);
    }
    auto mail = co_await services_.read_commit(*shared);
    if (mail) co_return mail;
    // A name that nothing here has is a mistake in the request, as far as can be told.
    auto error = mail.error();
    if (error.kind == util::ErrorKind::not_found) error.kind = util::ErrorKind::invalid_input;
    if (!told) co_return tl::unexpected(std::move(error));
    auto story = co_await util::run_on(pool, read_story);
    if (story) story->notes.push_back("the commit's files cannot be shown: " + error.what);
    co_return story;
}

asio::awaitable<Reply> Api::preview(Call call) {
    // Shared with the pool that reads it.
    const auto shared = std::make_shared<const Call>(std::move(call));
    const auto path = shared->target.path;
    const auto spec = co_await read_job_request_on(services_.pool, shared);
    if (!spec) co_return error_reply(spec.error(), path);
    if (const auto refused = may_name_tree(*shared, spec->tree))
        co_return problem_reply(*refused, path);
    auto mail = co_await mail_of(*spec);
    if (!mail) co_return error_reply(mail.error(), path);
    const auto look = [mail = std::move(*mail), spec = *spec, vcpus = services_.max_vcpus] {
        return look_at(mail, spec, vcpus);
    };
    auto found = co_await util::run_on(*services_.pool, look);
    if (services_.look_ahead) found.prospect = co_await services_.look_ahead(*spec, found.mail);
    co_return json_reply(preview_view(found));
}

}  // namespace krepro::http
