// SPDX-License-Identifier: Apache-2.0
#include "model/job_spec.hpp"

#include <fmt/format.h>

namespace krepro::model {

namespace {
using util::ErrorKind;
using util::fail;
}  // namespace

util::Result<void> validate(const JobSpec& spec) {
    if (spec.mail.empty())
        return fail(ErrorKind::invalid_input, "the mail is empty", "field mail",
                    "send the mail or patch as text");
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
    if (spec.script.size() > 65536)
        return fail(ErrorKind::too_large, "the script has more than 65536 bytes", "field script");
    return {};
}

util::Result<JobSpec> parse_job_spec(const Json& json) {
    auto spec = from_json<JobSpec>(json);
    if (!spec) return spec;
    if (auto valid = validate(*spec); !valid) return tl::unexpected(std::move(valid.error()));
    return spec;
}

}  // namespace krepro::model
