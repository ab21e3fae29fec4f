// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/json.hpp"

namespace krepro::model {

// What a submitter may ask for. `automatic` starts verbatim and turns to amplified when its share
// of the budget is used up.
enum class WorkloadForm { verbatim, amplified, automatic };

template <>
struct EnumNames<WorkloadForm> {
    static constexpr std::array k_names{std::pair{WorkloadForm::verbatim, "verbatim"},
                                        std::pair{WorkloadForm::amplified, "amplified"},
                                        std::pair{WorkloadForm::automatic, "auto"}};
};

// What evidence is counted in; the same in both arms of a job.
enum class ExposureUnit {
    deadline_exits,
    bogo_ops,  // stress-ng's own count of its work, told at the end of an iteration
    guest_seconds,
};

template <>
struct EnumNames<ExposureUnit> {
    static constexpr std::array k_names{std::pair{ExposureUnit::deadline_exits, "deadline_exits"},
                                        std::pair{ExposureUnit::bogo_ops, "bogo_ops"},
                                        std::pair{ExposureUnit::guest_seconds, "guest_seconds"}};
};

// The unit in the plural, for people.
[[nodiscard]] constexpr std::string_view unit_words(ExposureUnit unit) {
    switch (unit) {
        case ExposureUnit::deadline_exits:
            return "deadline-task exits";
        case ExposureUnit::bogo_ops:
            return "bogo operations";
        case ExposureUnit::guest_seconds:
            break;
    }
    return "guest seconds";
}

// The reproducer made ready for a VM: one iteration as a shell script, and the VM it needs.
struct Workload {
    std::string name;                            // "stress-ng-deadline-mmapfork", "script"
    WorkloadForm form = WorkloadForm::verbatim;  // never `automatic`
    std::string script;                          // run by /bin/sh in the guest, once an iteration
    int vcpus = 2;
    int memory_mib = 1024;
    double iteration_s = 20;  // what one iteration asks for, in guest seconds; 0 when unknown
    ExposureUnit unit = ExposureUnit::guest_seconds;
    std::vector<std::string> changes;  // amplified: "--sched-runtime 800000000 -> 80000000: why"

    bool operator==(const Workload&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("name", &Workload::name), field("form", &Workload::form),
                               field("script", &Workload::script), field("vcpus", &Workload::vcpus),
                               field("memory_mib", &Workload::memory_mib),
                               field("iteration_s", &Workload::iteration_s),
                               field("unit", &Workload::unit),
                               field("changes", &Workload::changes));
    }
};

}  // namespace krepro::model
