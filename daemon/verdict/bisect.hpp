// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

namespace krepro::verdict {

// Which commit of a line brought the bug, by tests that may miss it. The line goes from a commit
// that is said to be good (place 0) to one that is said to be bad (the last place); the question is
// the first place c at which the bug is there.
//
// A hit is certain: c is there or before. A clean test may be chance. With hits as a Poisson
// process in exposure, at one rate on all commits from c on that nobody knows (prior 1/rate, as in
// the rule of `fixed`), K hits in all and S_c the exposure of all tests from c on, the evidence for
// c is
//
//     the integral of rate^(K-1) exp(-rate S_c) over rate, which is proportional to S_c^-K
//
// for each c up to the first commit that hit, and nothing beyond. With the hits of one bad commit
// and the clean exposure of one other this is the p of rule.cpp. No test is ever believed for good:
// each later hit lowers what speaks for the commits above it, and adds to the rate by which the
// clean tests below are weighed.

// What the tests of one commit came to.
struct CommitEvidence {
    int hits = 0;
    int sights = 0;            // hits that say nothing about the rate: their exposure is not known
    double exposure = 0;       // of boots that hit or stayed clean, in one unit for all commits
    double void_exposure = 0;  // gathered by boots that then were void: charged where it hits
    bool skipped = false;      // it cannot be tested: no build, no boot, no evidence
    bool built = false;        // its kernel is there

    [[nodiscard]] bool is_bad() const { return hits + sights > 0; }
    bool operator==(const CommitEvidence&) const = default;
};

struct BisectPlan {
    double confidence = 0.95;
    double build_s = 60;        // of a kernel that is not there yet
    double step_s = 10;         // of a test, besides its trials
    double s_per_exposure = 0;  // wall seconds of trials; 0: not known
};

// Test this commit until so many hits, or until it has shown so much exposure without one (0: as
// long as it takes). One boot brings so much of it at most, as in the rule of `fixed`: where only
// some boots can hit, or only while they are young, one long boot says little.
struct TestCommit {
    std::size_t place = 0;
    int hits = 1;
    double exposure_goal = 0;
    double boot_exposure = 0;

    bool operator==(const TestCommit&) const = default;
};

// The commits from `first` to `last` hold the one that brought the bug, with this probability. More
// than one: those before `last` cannot be tested, so that they and it cannot be told apart.
struct Named {
    std::size_t first = 0;
    std::size_t last = 0;
    double probability = 0;
};
// The bug is on the good commit as well.
struct GoodIsBad {
    double probability = 0;
};
// The bad commit cannot be tested.
struct BadUntestable {};

using BisectStep = std::variant<TestCommit, Named, GoodIsBad, BadUntestable>;

// The probability of each place to be the first at which the bug is there; every place is as likely
// as another before the tests. A good commit that cannot be tested is taken for good. All of it is
// on the last place while nothing has hit.
[[nodiscard]] std::vector<double> first_bad(std::span<const CommitEvidence> line);

// What to do next: a pure function of the evidence, so that it does not matter which process asks.
// The bad commit is tested first, to k hits (hits_needed), which is what the rate is known by. Then
// each test is that which tells most about c for its cost. Ends when one commit, or those that
// cannot be told apart, are as probable as asked for.
[[nodiscard]] BisectStep next_test(const BisectPlan& plan, std::span<const CommitEvidence> line);

// The places that together are at least so probable, the most probable first taken: what is left
// when a bisection ends before its time. In the order of the line.
[[nodiscard]] std::vector<std::size_t> credible(std::span<const double> probabilities,
                                                double confidence);

}  // namespace krepro::verdict
