// SPDX-License-Identifier: Apache-2.0
#include "pipeline/machine.hpp"

#include <fmt/format.h>

namespace krepro::pipeline {

namespace {

// The store removes facts of such names with their job.
std::string key_of(std::int64_t job) {
    return fmt::format("job-{}-machine", job);
}

}  // namespace

std::optional<Machine> kept_machine(store::Store& store, std::int64_t job) {
    const auto trials = store.trials(job);
    if (trials.empty()) return std::nullopt;
    if (const auto known = store.fact(key_of(job)))
        return util::value_or_throw(model::from_json<Machine>(*known));
    if (trials[0].accelerator.empty()) return std::nullopt;
    return Machine{trials[0].accelerator, 0};
}

void keep_machine(store::Store& store, std::int64_t job, const Machine& machine) {
    store.put_fact(key_of(job), model::to_json(machine));
}

}  // namespace krepro::pipeline
