// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/json.hpp"
#include "model/trial.hpp"

namespace krepro::model {

enum class VerdictKind {
    fixed,            // unpatched hits, patched does not
    not_fixed,        // both hit
    regression,       // only patched hits
    fixed_new_splat,  // the target is gone, another splat is there
    not_reproduced,   // neither hits, or the one kernel does not
    reproduced,       // one kernel alone, and it hits
    inconclusive,     // the evidence does not suffice
    error,            // no evidence could be gathered
};

template <>
struct EnumNames<VerdictKind> {
    static constexpr std::array k_names{std::pair{VerdictKind::fixed, "fixed"},
                                        std::pair{VerdictKind::not_fixed, "not_fixed"},
                                        std::pair{VerdictKind::regression, "regression"},
                                        std::pair{VerdictKind::fixed_new_splat, "fixed_new_splat"},
                                        std::pair{VerdictKind::not_reproduced, "not_reproduced"},
                                        std::pair{VerdictKind::reproduced, "reproduced"},
                                        std::pair{VerdictKind::inconclusive, "inconclusive"},
                                        std::pair{VerdictKind::error, "error"}};
};

struct ArmCounts {
    int trials = 0;
    int hits = 0;
    int clean = 0;
    int other = 0;
    int voids = 0;
    double exposure = 0;  // of all trials that are not void, in the verdict's unit
    double wall_s = 0;

    bool operator==(const ArmCounts&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("trials", &ArmCounts::trials), field("hits", &ArmCounts::hits),
                               field("clean", &ArmCounts::clean), field("other", &ArmCounts::other),
                               field("void", &ArmCounts::voids),
                               field("exposure", &ArmCounts::exposure),
                               field("wall_s", &ArmCounts::wall_s));
    }
};

// What earlier jobs have seen of this kernel without the patch, under this workload.
struct EarlierEvidence {
    WorkloadForm form = WorkloadForm::verbatim;
    int hits = 0;
    double exposure = 0;             // in the job's unit; of trials with and without a hit
    std::vector<std::int64_t> jobs;  // whose trials these are

    bool operator==(const EarlierEvidence&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("form", &EarlierEvidence::form), field("hits", &EarlierEvidence::hits),
            field("exposure", &EarlierEvidence::exposure), field("jobs", &EarlierEvidence::jobs));
    }
};

// How much of it a verdict has counted: less than there was.
struct CountedEvidence {
    int hits = 0;
    double exposure = 0;
    std::vector<std::int64_t> jobs;

    bool operator==(const CountedEvidence&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("hits", &CountedEvidence::hits),
                               field("exposure", &CountedEvidence::exposure),
                               field("jobs", &CountedEvidence::jobs));
    }
};

struct Verdict {
    VerdictKind kind = VerdictKind::error;
    double confidence = 0.95;  // asked for
    int hits_needed = 0;       // k
    ArmCounts unpatched;
    ArmCounts patched;
    ExposureUnit unit = ExposureUnit::guest_seconds;
    WorkloadForm form = WorkloadForm::verbatim;  // the workload that gave the verdict
    std::optional<double> exposure_needed;       // on the clean arm: (alpha^(-1/k) - 1) * E_hits
    std::optional<double> p_value;               // (E_A / (E_A + E_B))^k
    std::optional<double> rate_ratio_bound;      // upper bound of rate(clean arm) / rate(hit arm)
    std::optional<double> rate_bound;            // not_reproduced: upper bound of hits per unit
    std::optional<CountedEvidence> earlier;      // a warm start's, added to the unpatched arm's own
    std::string sentence;                        // the verdict in one sentence, with its numbers
    std::vector<std::string> limits;             // what it does not say
    std::vector<std::string> void_causes;        // "boot_hang: 2"

    bool operator==(const Verdict&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("kind", &Verdict::kind), field("confidence", &Verdict::confidence),
            field("hits_needed", &Verdict::hits_needed), field("unpatched", &Verdict::unpatched),
            field("patched", &Verdict::patched), field("unit", &Verdict::unit),
            field("form", &Verdict::form), field("exposure_needed", &Verdict::exposure_needed),
            field("p_value", &Verdict::p_value),
            field("rate_ratio_bound", &Verdict::rate_ratio_bound),
            field("rate_bound", &Verdict::rate_bound), field("earlier", &Verdict::earlier),
            field("sentence", &Verdict::sentence), field("limits", &Verdict::limits),
            field("void_causes", &Verdict::void_causes));
    }
};

}  // namespace krepro::model
