// SPDX-License-Identifier: Apache-2.0
#include "model/bisection.hpp"

#include "model/job_spec.hpp"

namespace krepro::model {

using util::ErrorKind;
using util::fail;

namespace {

// What a step has in common with a job of one commit.
JobSpec as_job(const BisectionSpec& spec) {
    JobSpec job;
    job.mail = spec.mail;
    job.commit = spec.bad;
    job.alone = true;
    job.tree = spec.tree;
    job.profile = spec.profile;
    job.config = spec.config;
    job.compiler = spec.compiler;
    job.workload = spec.workload;
    job.confidence = spec.confidence;
    job.budget = spec.budget;
    job.script = spec.script;
    return job;
}

util::Result<void> check_end(const std::string& commit, const char* name) {
    if (!commit.empty() && commit.size() <= k_max_commit_bytes &&
        commit.find("..") == std::string::npos)
        return {};
    return fail(ErrorKind::invalid_input, "expected the name of one commit",
                std::string("field ") + name, "name a commit, tag or branch of the tree");
}

}  // namespace

util::Result<void> validate(const BisectionSpec& spec) {
    if (auto good = check_end(spec.good, "good"); !good) return good;
    if (auto bad = check_end(spec.bad, "bad"); !bad) return bad;
    if (spec.workload == WorkloadForm::automatic)
        return fail(ErrorKind::invalid_input,
                    "a bisection runs one form of the workload, or its tests could not be compared",
                    "field workload", "verbatim or amplified");
    return validate(as_job(spec));
}

util::Result<BisectionSpec> parse_bisection_spec(const Json& json) {
    auto spec = from_json<BisectionSpec>(json);
    if (!spec) return spec;
    if (auto valid = validate(*spec); !valid) return tl::unexpected(std::move(valid.error()));
    return spec;
}

JobSpec step_spec(const BisectionSpec& spec, const std::string& commit, const Budget& budget) {
    auto job = as_job(spec);
    job.commit = commit;
    job.budget = budget;
    return job;
}

}  // namespace krepro::model
