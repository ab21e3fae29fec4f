// SPDX-License-Identifier: Apache-2.0
// What intake makes of a mail, before it is submitted.
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

util::Result<PreviewView> read(const model::JobSpec& spec, int max_vcpus) {
    if (spec.mail.empty())
        return util::fail(util::ErrorKind::invalid_input,
                          "a commit cannot be read before it is submitted", "field commit",
                          "its tree may have to be fetched first: submit it, or send a mail");
    auto mail = spec.commit.empty() ? intake::read_mail(spec.mail) : intake::read_story(spec.mail);
    if (!mail) return tl::unexpected(std::move(mail.error()));
    auto reproducer = mail->reproducer;
    if (!spec.script.empty()) reproducer = intake::reproducer_of(spec.script);
    std::optional<model::Report> expected;
    if (!mail->splat.empty()) expected = report::parse_expected(mail->splat);
    return PreviewView{std::move(*mail),
                       std::move(expected),
                       planned(reproducer, WorkloadForm::verbatim, max_vcpus),
                       planned(reproducer, WorkloadForm::amplified, max_vcpus),
                       {}};
}

}  // namespace

asio::awaitable<Reply> Api::preview(Call call) {
    // Shared with the pool that reads it.
    const auto shared = std::make_shared<const Call>(std::move(call));
    const auto path = shared->target.path;
    const auto spec = co_await read_job_request_on(services_.pool, shared);
    if (!spec) co_return error_reply(spec.error(), path);
    if (const auto refused = may_name_tree(*shared, spec->tree))
        co_return problem_reply(*refused, path);
    const auto understand = [spec = *spec, vcpus = services_.max_vcpus] {
        return read(spec, vcpus);
    };
    auto found = co_await util::run_on(*services_.pool, understand);
    if (!found) co_return error_reply(found.error(), path);
    if (services_.look_ahead) found->prospect = co_await services_.look_ahead(*spec, found->mail);
    co_return json_reply(preview_view(*found));
}

}  // namespace krepro::http
