// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/json.hpp"
#include "store/store.hpp"

namespace krepro::pipeline {

// What a job's trials run on. One job holds to one, whichever process runs it: trials under
// another accelerator, or more of them side by side, do not add up with those on record.
struct Machine {
    std::string accelerator;
    int at_once = 0;  // 0: not known, of a job that an older krepro began

    bool operator==(const Machine&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(model::field("accelerator", &Machine::accelerator),
                               model::field("at_once", &Machine::at_once));
    }
};

// Kept with the job when its first trial begins; nothing before that. Both run on the store's
// thread.
[[nodiscard]] std::optional<Machine> kept_machine(store::Store& store, std::int64_t job);
void keep_machine(store::Store& store, std::int64_t job, const Machine& machine);

}  // namespace krepro::pipeline
