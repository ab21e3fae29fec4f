// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/bisection.hpp"
#include "verdict/bisect.hpp"

namespace krepro::pipeline {

// The evidence of a bisection that has ended, for the words about it.
struct BisectEvidence {
    const std::vector<model::LineCommit>& line;
    std::span<const verdict::CommitEvidence> commits;  // as many
    model::ExposureUnit unit = model::ExposureUnit::guest_seconds;
    double confidence = 0.95;
};

[[nodiscard]] model::BisectionResult named(const verdict::Named& end, const BisectEvidence& of);
[[nodiscard]] model::BisectionResult good_is_bad(const verdict::GoodIsBad& end,
                                                 const BisectEvidence& of);
[[nodiscard]] model::BisectionResult bad_untestable(const BisectEvidence& of);
[[nodiscard]] model::BisectionResult not_reproduced(const BisectEvidence& of);
// The commits that are left.
[[nodiscard]] model::BisectionResult out_of_budget(const BisectEvidence& of);

// What is left as of now: their number and the most probable of them.
void tell_candidates(model::Bisection& bisection, const BisectEvidence& of);

// "1f2e3d4a5b6c (sched: free tasks later)"
[[nodiscard]] std::string commit_words(const model::LineCommit& commit);

}  // namespace krepro::pipeline
