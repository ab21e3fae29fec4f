// SPDX-License-Identifier: Apache-2.0
#include "model/job_spec.hpp"

#include <fmt/format.h>

namespace krepro::model {

namespace {
using util::ErrorKind;
using util::fail;
}  // namespace

util::Result<void> validate(const JobSpec& spec) {
    if (spec.mail.empty() && spec.commit.empty())
        return fail(ErrorKind::invalid_input, "the mail is empty", "field mail",
                    "send the mail or patch as text, or name a commit of the tree in field commit");
    if (spec.commit.size() > k_max_commit_bytes)
        return fail(ErrorKind::too_large,
                    fmt::format("the name of a commit has at most {} bytes", k_max_commit_bytes),
                    "field commit");
    if (spec.alone && (spec.commit.empty() || spec.commit.find("..") != std::string::npos))
        return fail(ErrorKind::invalid_input, "one kernel alone needs a commit that names it",
                    "field commit", "name one commit of the tree");
    if (spec.alone && spec.tree == "auto")
        return fail(ErrorKind::invalid_input, "one kernel alone needs a tree that has its commit",
                    "field tree", "name a tree, or the path of a git repository");
    if (spec.mail.size() > k_max_mail_bytes)
        return fail(ErrorKind::too_large,
                    fmt::format("the mail has {} bytes, the limit is {}", spec.mail.size(),
                                k_max_mail_bytes),
                    "field mail");
    if (!(spec.confidence > 0.5 && spec.confidence < 0.9999))
        return fail(ErrorKind::invalid_input,
                    fmt::format("confidence {} is outside (0.5, 0.9999)", spec.confidence),
                    "field confidence", "0.95 is the default");
    if (!(spec.budget.wall_s >= 10 && spec.budget.wall_s <= 7 * 86400.0))
        return fail(ErrorKind::invalid_input,
                    fmt::format("budget of {} s is outside 10 s to 7 days", spec.budget.wall_s),
                    "field budget.wall_s");
    if (spec.budget.trials < 2 || spec.budget.trials > 10000)
        return fail(ErrorKind::invalid_input,
                    fmt::format("budget of {} trials is outside 2 to 10000", spec.budget.trials),
                    "field budget.trials");
    if (spec.config.size() > 65536)
        return fail(ErrorKind::too_large, "the config fragment has more than 65536 bytes",
                    "field config");
    if (!spec.compiler.empty() && spec.compiler != "gcc" && spec.compiler != "clang")
        return fail(ErrorKind::invalid_input,
                    fmt::format("\"{}\" is no compiler", spec.compiler.substr(0, 40)),
                    "field compiler", "gcc or clang; left out: the profile's");
    if (spec.script.size() > 65536)
        return fail(ErrorKind::too_large, "the script has more than 65536 bytes", "field script");
    if (spec.webhook.size() > k_max_webhook_bytes)
        return fail(
            ErrorKind::too_large,
            fmt::format("the address of a webhook has at most {} bytes", k_max_webhook_bytes),
            "field webhook");
    return {};
}

util::Result<JobSpec> parse_job_spec(const Json& json) {
    auto spec = from_json<JobSpec>(json);
    if (!spec) return spec;
    if (auto valid = validate(*spec); !valid) return tl::unexpected(std::move(valid.error()));
    return spec;
}

}  // namespace krepro::model
