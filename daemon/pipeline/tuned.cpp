// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tuned.hpp"

#include <fmt/format.h>

#include "intake/workload.hpp"
#include "util/hash.hpp"

namespace krepro::pipeline {
namespace {

std::string rate_words(const HitRate& rate) {
    return fmt::format("{:.2f} hits a VM-minute ({} in {} boots)", rate.hits_per_minute(),
                       rate.hits, rate.trials);
}

}  // namespace

std::string tuned_key(const model::Job& job, const std::string& host,
                      const std::string& accelerator) {
    if (!job.expected || job.expected->signature.empty()) return {};
    util::Sha256 hash;
    hash.add_field(job.expected->signature);
    if (!job.spec.script.empty())
        hash.add_field(job.spec.script);
    else
        hash.add_field(job.mail.reproducer ? job.mail.reproducer->command : "");
    hash.add_field(host);
    hash.add_field(accelerator);
    return "tuned-" + hash.hex().substr(0, 16);
}

model::Workload workload_of(const Tuned& tuned) {
    auto workload = tuned.workload;
    workload.changes.push_back(fmt::format("{}{} on {}; the rule's own had {}",
                                           intake::k_tuned_change, rate_words(tuned.rate),
                                           tuned.release, rate_words(tuned.rule_rate)));
    return workload;
}

}  // namespace krepro::pipeline
