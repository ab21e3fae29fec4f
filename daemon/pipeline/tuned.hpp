// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/job.hpp"
#include "pipeline/sweep.hpp"

namespace krepro::pipeline {

// What a sweep found to hit soonest: the amplified form of later jobs about the same bug on the
// same host. Kept in the store as a fact.
struct Tuned {
    model::Workload workload;
    HitRate rate;
    HitRate rule_rate;  // of the amplified form that the rule gives
    std::string release;
    std::string measured_at;

    bool operator==(const Tuned&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            model::field("workload", &Tuned::workload), model::field("rate", &Tuned::rate),
            model::field("rule_rate", &Tuned::rule_rate), model::field("release", &Tuned::release),
            model::field("measured_at", &Tuned::measured_at));
    }
};

// Where the store keeps it: by the bug (the signature of the mail's own trace), the reproducer, the
// host and the accelerator. Empty for a job whose bug only its first hit will name.
[[nodiscard]] std::string tuned_key(const model::Job& job, const std::string& host,
                                    const std::string& accelerator);

// The workload with the change that says in every report where its parameters come from.
[[nodiscard]] model::Workload workload_of(const Tuned& tuned);

}  // namespace krepro::pipeline
