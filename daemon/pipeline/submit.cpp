// SPDX-License-Identifier: Apache-2.0
#include "pipeline/submit.hpp"

#include <fmt/format.h>

#include "build/profile.hpp"
#include "checkout/local_source.hpp"
#include "checkout/repository.hpp"
#include "intake/intake.hpp"
#include "intake/workload.hpp"
#include "model/job_spec.hpp"
#include "report/scanner.hpp"
#include "util/offload.hpp"

namespace krepro::pipeline {

using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

// Named in trees.toml, or the path of a git repository or tarball on this machine.
Result<void> check_tree(const Services& services, const std::string& tree) {
    if (tree.starts_with("/") || tree.starts_with("git:/")) {
        const auto found = checkout::tree_of_path(tree);
        if (found) return {};
        return fail(ErrorKind::invalid_input,
                    fmt::format("{} ({})", found.error().what, found.error().where), "field tree",
                    found.error().hint);
    }
    if (tree == checkout::k_auto_tree) return {};
    const auto known = services.trees.find(tree);
    if (!known) return tl::unexpected(known.error());
    return {};
}

// The form whose workload is tried first.
model::WorkloadForm first_form(model::WorkloadForm asked) {
    return asked == model::WorkloadForm::automatic ? model::WorkloadForm::verbatim : asked;
}

// What is known of a job whose change is a commit that nobody has looked for yet.
Result<model::Job> await_commit(const Services& services, model::Job job) {
    if (const auto names = checkout::split_commits(job.spec.commit); !names)
        return tl::unexpected(names.error());
    job.title = fmt::format("commit {} of {}{}", job.spec.commit, job.spec.tree,
                            job.spec.alone ? ", alone" : "");
    if (job.spec.alone && job.spec.mail.empty() && job.spec.script.empty())
        return fail(ErrorKind::invalid_input, "there is no reproducer to run", "field script",
                    "give a shell script, or in field mail a mail that holds one");
    if (!job.spec.mail.empty()) {
        auto story = intake::read_story(job.spec.mail);
        if (!story) return tl::unexpected(story.error());
        job.mail = std::move(*story);
        if (job.spec.alone) job.mail.title.clear();
        return understand(services, std::move(job));
    }
    if (job.spec.script.empty()) return job;
    auto workload = workload_of(job, first_form(job.spec.workload), services.max_vcpus);
    if (!workload) return tl::unexpected(workload.error());
    job.workload = std::move(*workload);
    return job;
}

}  // namespace

Result<model::Job> understand(const Services& services, model::Job job) {
    if (!job.mail.title.empty()) job.title = job.mail.title;
    auto workload = workload_of(job, first_form(job.spec.workload), services.max_vcpus);
    if (!workload) return tl::unexpected(workload.error());
    job.workload = std::move(*workload);
    if (!job.mail.splat.empty()) job.expected = report::parse_expected(job.mail.splat);
    return job;
}

Result<model::Workload> workload_of(const model::Job& job, model::WorkloadForm form,
                                    int max_vcpus) {
    if (!job.spec.script.empty())
        return intake::plan_workload(intake::reproducer_of(job.spec.script), form, max_vcpus);
    if (!job.mail.reproducer)
        return fail(ErrorKind::invalid_input,
                    job.spec.commit.empty() ? "the mail holds no reproducer"
                                            : "the commit's message holds no reproducer",
                    job.spec.commit.empty() ? "field mail" : "field commit",
                    "give the reproducer as a shell script in field script");
    return intake::plan_workload(*job.mail.reproducer, form, max_vcpus);
}

Result<model::Job> make_job(const Services& services, model::JobSpec spec) {
    model::Job job;
    job.spec = std::move(spec);
    if (auto valid = model::validate(job.spec); !valid) return tl::unexpected(valid.error());
    if (auto known = check_tree(services, job.spec.tree); !known)
        return tl::unexpected(known.error());
    auto profile = build::read_profile(services.profiles, job.spec.profile);
    if (profile) profile = build::adapt(*profile, job.spec.config, job.spec.compiler);
    if (!profile) {
        // A name in a request that nothing has is a mistake in the request.
        auto error = profile.error();
        if (error.kind == ErrorKind::not_found) error.kind = ErrorKind::invalid_input;
        return tl::unexpected(std::move(error));
    }
    if (!job.spec.commit.empty()) return await_commit(services, std::move(job));
    auto mail = intake::read_mail(job.spec.mail);
    if (!mail) return tl::unexpected(mail.error());
    job.mail = std::move(*mail);
    return understand(services, std::move(job));
}

boost::asio::awaitable<Result<store::Submitted>> submit(const Services& services,
                                                        model::JobSpec spec,
                                                        store::Submission submission) {
    const auto make = [&services, spec = std::move(spec)] { return make_job(services, spec); };
    auto job = co_await util::run_on(*services.pool, make);
    if (!job) co_return tl::unexpected(std::move(job.error()));
    const auto add = [job = *job, submission](store::Store& s) {
        return s.submit(job, submission);
    };
    auto stored = co_await services.store->call(add);
    if (stored && !stored->again) services.bus->notify(stored->job.id);
    co_return stored;
}

}  // namespace krepro::pipeline
