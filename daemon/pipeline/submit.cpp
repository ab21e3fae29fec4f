// SPDX-License-Identifier: Apache-2.0
#include "pipeline/submit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "build/profile.hpp"
#include "intake/intake.hpp"
#include "intake/workload.hpp"
#include "model/job_spec.hpp"
#include "report/scanner.hpp"

namespace krepro::pipeline {

using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

// Named in trees.toml, or the path of a git repository or tarball on this machine.
Result<void> check_tree(const Services& services, const std::string& tree) {
    if (tree.starts_with("/")) {
        const auto path = tree.substr(0, tree.find('@'));
        std::error_code code;
        if (std::filesystem::exists(path, code)) return {};
        return fail(ErrorKind::invalid_input, "there is nothing at this path", "field tree",
                    "name a git repository or a tarball on the machine of the daemon");
    }
    if (std::find(services.trees.begin(), services.trees.end(), tree) != services.trees.end())
        return {};
    return fail(ErrorKind::invalid_input, fmt::format("there is no tree \"{}\"", tree),
                "field tree",
                fmt::format("choose one of: {}; or give the path of a git repository",
                            fmt::join(services.trees, ", ")));
}

// The form whose workload is tried first.
model::WorkloadForm first_form(model::WorkloadForm asked) {
    return asked == model::WorkloadForm::automatic ? model::WorkloadForm::verbatim : asked;
}

}  // namespace

Result<model::Workload> workload_of(const model::Job& job, model::WorkloadForm form,
                                    int max_vcpus) {
    if (!job.spec.script.empty())
        return intake::plan_workload({job.spec.script, job.spec.script, false}, form, max_vcpus);
    if (!job.mail.reproducer)
        return fail(ErrorKind::invalid_input, "the mail holds no reproducer", "field mail",
                    "give the reproducer as a shell script in field script");
    return intake::plan_workload(*job.mail.reproducer, form, max_vcpus);
}

Result<model::Job> make_job(const Services& services, model::JobSpec spec) {
    model::Job job;
    job.spec = std::move(spec);
    if (auto valid = model::validate(job.spec); !valid) return tl::unexpected(valid.error());
    if (auto known = check_tree(services, job.spec.tree); !known)
        return tl::unexpected(known.error());
    if (auto profile = build::read_profile(services.profiles, job.spec.profile); !profile) {
        // A name in a request that nothing has is a mistake in the request.
        auto error = profile.error();
        if (error.kind == ErrorKind::not_found) error.kind = ErrorKind::invalid_input;
        return tl::unexpected(std::move(error));
    }
    auto mail = intake::read_mail(job.spec.mail);
    if (!mail) return tl::unexpected(mail.error());
    job.mail = std::move(*mail);
    job.title = job.mail.title;
    auto workload = workload_of(job, first_form(job.spec.workload), services.max_vcpus);
    if (!workload) return tl::unexpected(workload.error());
    job.workload = std::move(*workload);
    if (!job.mail.splat.empty()) job.expected = report::parse_expected(job.mail.splat);
    return job;
}

boost::asio::awaitable<Result<model::Job>> submit(const Services& services, model::JobSpec spec) {
    auto job = make_job(services, std::move(spec));
    if (!job) co_return job;
    const auto add = [job = *job](store::Store& s) { return s.add_job(job); };
    auto stored = co_await services.store->call(add);
    services.bus->notify(stored.id);
    co_return stored;
}

}  // namespace krepro::pipeline
