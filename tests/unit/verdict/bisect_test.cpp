// SPDX-License-Identifier: Apache-2.0
#include "verdict/bisect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <random>
#include <set>

#include "verdict/decide.hpp"

namespace krepro::verdict {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

CommitEvidence tested(int hits, double exposure) {
    CommitEvidence evidence;
    evidence.hits = hits;
    evidence.exposure = exposure;
    evidence.built = true;
    return evidence;
}

CommitEvidence skipped() {
    CommitEvidence evidence;
    evidence.skipped = true;
    return evidence;
}

// It is there or before, and no clean test says which: the rate is not known.
TEST(BisectFirstBad, sights_of_unknown_exposure_prove_the_place_alone) {
    auto seen = tested(0, 0);
    seen.sights = 3;
    const std::vector<CommitEvidence> line{tested(0, 5000), tested(0, 0), seen, tested(0, 0)};
    const auto p = first_bad(line);
    EXPECT_THAT(p, ElementsAre(DoubleNear(1.0 / 3, 1e-9), DoubleNear(1.0 / 3, 1e-9),
                               DoubleNear(1.0 / 3, 1e-9), 0.0));
}

// A line of commits of which one brought a bug, and boots of its kernels: a boot goes on for two
// iterations' exposure at most, and ends a heartbeat after a hit.
struct World {
    std::size_t commits = 16;
    std::size_t first_bad = 7;
    double rate = 1.0 / 400;  // hits a unit
    double boot_exposure = 600;
    std::set<std::size_t> broken;  // cannot be tested
    double build_s = 60;
    double boot_s = 10;
    double s_per_exposure = 0.1;
    double able = 1;  // the share of boots that can hit
};

struct Ran {
    BisectStep end = BadUntestable{};
    int steps = 0;
    double exposure = 0;
    std::vector<CommitEvidence> line;
};

class Simulator {
  public:
    explicit Simulator(unsigned seed) : random_(seed) {}

    Ran run(const World& world, double confidence = 0.95) {
        Ran ran;
        ran.line.resize(world.commits);
        while (ran.steps < 500) {
            const BisectPlan plan{confidence, world.build_s, world.boot_s, world.s_per_exposure};
            const auto step = next_test(plan, ran.line);
            const auto* test = std::get_if<TestCommit>(&step);
            if (test == nullptr) {
                ran.end = step;
                return ran;
            }
            ++ran.steps;
            ran.exposure += try_commit(world, *test, ran.line.at(test->place));
        }
        ADD_FAILURE() << "500 steps and no end";
        return ran;
    }

    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    double uniform() { return std::uniform_real_distribution<>(0, 1)(random_); }

  private:
    double try_commit(const World& world, const TestCommit& test, CommitEvidence& evidence) {
        evidence.built = !world.broken.contains(test.place);
        evidence.skipped = !evidence.built;
        if (evidence.skipped) return 0;
        const bool bad = test.place >= world.first_bad;
        double clean = 0, used = 0;
        for (int hits = 0; hits < test.hits;) {
            if (test.exposure_goal > 0 && clean >= test.exposure_goal) break;
            double limit = world.boot_exposure;
            if (test.exposure_goal > 0)
                limit = std::min(
                    {limit, std::ceil(test.exposure_goal - clean), std::ceil(test.boot_exposure)});
            const bool can_hit = bad && uniform() < world.able;
            const double at = can_hit ? -std::log1p(-uniform()) / world.rate : limit + 1;
            if (at < limit) {
                ++hits;
                ++evidence.hits;
                used += std::ceil(at);
            } else {
                used += limit;
                clean += limit;
            }
        }
        evidence.exposure += used;
        return used;
    }

    std::mt19937 random_;
};

// Five standard deviations over, so that a seed cannot make it flake.
double allowed(double alpha, int runs) {
    return alpha + 5 * std::sqrt(alpha * (1 - alpha) / runs);
}

TEST(Bisect, the_bad_commit_is_tested_first_to_the_hits_that_the_rate_needs) {
    const std::vector<CommitEvidence> fresh(16);
    EXPECT_EQ(std::get<TestCommit>(next_test({}, fresh)), (TestCommit{15, 3, 0}));
    auto one_hit = fresh;
    one_hit[15] = tested(1, 100);
    EXPECT_EQ(std::get<TestCommit>(next_test({}, one_hit)), (TestCommit{15, 2, 0}));
}

TEST(Bisect, without_a_clean_test_every_commit_up_to_the_first_hit_is_as_likely) {
    std::vector<CommitEvidence> line(4);
    line[2] = tested(3, 300);
    const auto p = first_bad(line);
    EXPECT_THAT(p, ElementsAre(DoubleNear(1.0 / 3, 1e-9), DoubleNear(1.0 / 3, 1e-9),
                               DoubleNear(1.0 / 3, 1e-9), 0));
}

TEST(Bisect, a_clean_test_weighs_as_the_p_of_the_rule) {
    std::vector<CommitEvidence> line(2);
    line[0] = tested(0, 500);
    line[1] = tested(3, 300);
    const auto p = first_bad(line);
    EXPECT_NEAR(p[0] / p[1], p_of_no_hit(3, 300, 500), 1e-12);
}

TEST(Bisect, a_hit_below_undoes_what_clean_tests_said) {
    std::vector<CommitEvidence> line(8);
    line[7] = tested(3, 300);
    line[3] = tested(0, 900);
    const auto before = first_bad(line);
    EXPECT_LT(before[0] + before[1] + before[2] + before[3], 0.05);
    line[2] = tested(1, 50);
    const auto p = first_bad(line);
    EXPECT_EQ(p[3], 0);
    EXPECT_NEAR(p[0] + p[1] + p[2], 1, 1e-12);
}

TEST(Bisect, the_first_test_between_the_ends_is_about_the_middle) {
    std::vector<CommitEvidence> line(17);
    line[16] = tested(3, 300);
    const auto test = std::get<TestCommit>(next_test({0.95, 60, 10, 0.1}, line));
    EXPECT_GE(test.place, 4U);
    EXPECT_LE(test.place, 12U);
    EXPECT_GT(test.exposure_goal, 0);
    EXPECT_NEAR(test.boot_exposure, exposure_needed(0.95, 3, 100), 1e-9);
}

TEST(Bisect, a_kernel_that_is_there_is_worth_another_test_before_a_new_one_is_built) {
    std::vector<CommitEvidence> line(5);
    line[4] = tested(3, 300);
    line[2] = tested(0, 100);
    EXPECT_EQ(std::get<TestCommit>(next_test({0.95, 3600, 10, 0.01}, line)).place, 2U);
}

TEST(Bisect, a_good_commit_that_hits_is_bad) {
    std::vector<CommitEvidence> line(4);
    line[3] = tested(3, 300);
    line[0] = tested(1, 100);
    EXPECT_TRUE(std::holds_alternative<GoodIsBad>(next_test({}, line)));
}

TEST(Bisect, a_bad_commit_that_cannot_be_tested_ends_it) {
    std::vector<CommitEvidence> line(4);
    line[3] = skipped();
    EXPECT_TRUE(std::holds_alternative<BadUntestable>(next_test({}, line)));
    EXPECT_TRUE(std::holds_alternative<BadUntestable>(next_test({}, {})));
}

TEST(Bisect, a_good_commit_that_cannot_be_tested_is_taken_for_good) {
    std::vector<CommitEvidence> line(2);
    line[0] = skipped();
    line[1] = tested(3, 300);
    const auto named = std::get<Named>(next_test({}, line));
    EXPECT_EQ(named.first, 1U);
    EXPECT_EQ(named.last, 1U);
}

TEST(Bisect, commits_that_cannot_be_told_apart_are_named_together) {
    std::vector<CommitEvidence> line(6);
    line[5] = tested(3, 300);
    line[4] = tested(3, 300);
    line[3] = skipped();
    line[2] = skipped();
    line[1] = tested(0, 100000);
    const auto named = std::get<Named>(next_test({}, line));
    EXPECT_EQ(named.first, 2U);
    EXPECT_EQ(named.last, 4U);
}

TEST(Bisect, a_skipped_commit_elsewhere_changes_nothing) {
    std::vector<CommitEvidence> line(6);
    line[5] = tested(3, 300);
    line[4] = skipped();
    line[3] = tested(3, 300);
    line[2] = tested(0, 100000);
    line[1] = skipped();
    const auto named = std::get<Named>(next_test({}, line));
    EXPECT_EQ(named.first, 3U);
    EXPECT_EQ(named.last, 3U);
}

TEST(Bisect, what_is_left_is_the_smallest_set_that_is_probable_enough) {
    const std::vector<double> p{0.02, 0.5, 0.03, 0.45};
    EXPECT_THAT(credible(p, 0.9), ElementsAre(1, 3));
    EXPECT_THAT(credible(p, 0.96), ElementsAre(1, 2, 3));
}

TEST(BisectErrorRate, a_wrong_commit_is_named_at_most_alpha_of_the_time) {
    constexpr int k_runs = 3000;
    struct Case {
        std::size_t commits;
        double rate, build_s, confidence;
    };
    for (const auto& one : {Case{16, 1.0 / 400, 60, 0.95}, Case{16, 1.0 / 20, 600, 0.95},
                            Case{33, 1.0 / 5000, 30, 0.95}, Case{16, 1.0 / 400, 60, 0.8},
                            Case{100, 1.0 / 400, 60, 0.99}}) {
        Simulator simulator(11);
        World world;
        world.commits = one.commits;
        world.rate = one.rate;
        world.build_s = one.build_s;
        int wrong = 0;
        double steps = 0;
        for (int i = 0; i < k_runs; ++i) {
            // Any place is as likely as another: on the good commit too.
            world.first_bad = simulator.below(one.commits);
            const auto ran = simulator.run(world, one.confidence);
            steps += ran.steps;
            const auto* named = std::get_if<Named>(&ran.end);
            const bool right =
                named != nullptr ? named->first == world.first_bad && named->last == world.first_bad
                                 : world.first_bad == 0;
            wrong += right ? 0 : 1;
        }
        RecordProperty("wrong_of_3000_at_" + std::to_string(one.commits), wrong);
        EXPECT_LE(static_cast<double>(wrong) / k_runs, allowed(1 - one.confidence, k_runs))
            << one.commits << " commits, rate " << one.rate << ": " << wrong << " wrong";
        // A binary search of a sure test needs log2 of it; noise costs a few times that.
        EXPECT_LE(steps / k_runs, 5 * std::log2(static_cast<double>(one.commits)) + 5)
            << one.commits;
        std::cout << one.commits << " commits, rate " << one.rate << ", confidence "
                  << one.confidence << ": " << wrong << " of " << k_runs << " wrong, "
                  << steps / k_runs << " steps\n";
    }
}

// The rule takes boots to be alike. Where they are not, clean tests are spread over boots.
TEST(BisectErrorRate, where_half_of_the_boots_cannot_hit_it_errs_not_much_more_often) {
    constexpr int k_runs = 1500;
    int wrong = 0;
    Simulator simulator(17);
    for (int i = 0; i < k_runs; ++i) {
        World world;
        world.rate = 1.0 / 50;
        world.able = 0.5;
        world.first_bad = simulator.below(world.commits);
        const auto ran = simulator.run(world);
        const auto* named = std::get_if<Named>(&ran.end);
        wrong += (named == nullptr ? 0 : named->last) == world.first_bad ? 0 : 1;
    }
    std::cout << wrong << " of " << k_runs << " wrong\n";
    EXPECT_LE(static_cast<double>(wrong) / k_runs, allowed(0.1, k_runs));
}

TEST(BisectErrorRate, at_no_place_it_errs_much_more_often) {
    constexpr int k_runs = 1500;
    for (const std::size_t place : {0U, 1U, 8U, 15U}) {
        Simulator simulator(5);
        World world;
        world.first_bad = place;
        int wrong = 0;
        for (int i = 0; i < k_runs; ++i) {
            const auto ran = simulator.run(world);
            const auto* named = std::get_if<Named>(&ran.end);
            wrong += (named == nullptr ? 0 : named->last) == place ? 0 : 1;
        }
        // The bound is a mean over places; of one place, twice that is enough to notice a defect.
        EXPECT_LE(static_cast<double>(wrong) / k_runs, allowed(0.1, k_runs)) << place;
    }
}

TEST(BisectErrorRate, with_commits_that_cannot_be_tested_the_set_holds_the_one) {
    constexpr int k_runs = 3000;
    Simulator simulator(23);
    int wrong = 0, sets = 0;
    for (int i = 0; i < k_runs; ++i) {
        World world;
        world.commits = 24;
        world.first_bad = 1 + simulator.below(world.commits - 1);
        for (std::size_t c = 1; c + 1 < world.commits; ++c)
            if (simulator.uniform() < 0.3) world.broken.insert(c);
        const auto ran = simulator.run(world);
        const auto* named = std::get_if<Named>(&ran.end);
        if (named == nullptr || world.first_bad < named->first || world.first_bad > named->last) {
            ++wrong;
            continue;
        }
        // A set is as large as it must be: all of it but its last cannot be tested.
        EXPECT_FALSE(world.broken.contains(named->last));
        for (auto c = named->first; c < named->last; ++c) EXPECT_TRUE(world.broken.contains(c));
        sets += named->first < named->last ? 1 : 0;
    }
    EXPECT_LE(static_cast<double>(wrong) / k_runs, allowed(0.05, k_runs));
    EXPECT_GT(sets, 0);
}

TEST(BisectErrorRate, a_dear_build_makes_fewer_kernels) {
    const auto kernels = [](double build_s) {
        Simulator simulator(3);
        double built = 0;
        for (int i = 0; i < 300; ++i) {
            World world;
            world.commits = 64;
            world.first_bad = 1 + simulator.below(63);
            world.build_s = build_s;
            for (const auto& commit : simulator.run(world).line) built += commit.built ? 1 : 0;
        }
        return built / 300;
    };
    EXPECT_LE(kernels(3600), kernels(1));
}

}  // namespace
}  // namespace krepro::verdict
