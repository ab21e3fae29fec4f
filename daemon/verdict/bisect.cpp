// SPDX-License-Identifier: Apache-2.0
#include "verdict/bisect.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "verdict/decide.hpp"

namespace krepro::verdict {
namespace {

constexpr double k_most_confidence = 0.9999;

// Of a clean test, in units of the exposure that a hit takes in the mean.
constexpr std::array k_goals{0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 14.0, 22.0};

int hits_of(std::span<const CommitEvidence> line) {
    int hits = 0;
    for (const auto& commit : line) hits += commit.hits;
    return hits;
}

std::size_t first_hit(std::span<const CommitEvidence> line) {
    const auto found =
        std::find_if(line.begin(), line.end(), [](const auto& commit) { return commit.is_bad(); });
    return static_cast<std::size_t>(found - line.begin());
}

// S_c of each place. Void exposure counts where the bug is known to be: had a hit come, it would
// have been counted. A hit has one unit at least. Both make the rate smaller, never larger.
std::vector<double> exposure_from(std::span<const CommitEvidence> line) {
    const auto known_bad = first_hit(line);
    std::vector<double> sums(line.size());
    double sum = 0;
    for (std::size_t i = line.size(); i-- > 0;) {
        sum += std::max(line[i].exposure, static_cast<double>(line[i].hits));
        if (i >= known_bad) sum += line[i].void_exposure;
        sums[i] = sum;
    }
    return sums;
}

// A commit that cannot be tested tells nothing about itself and the next: one group of places.
struct Group {
    std::size_t first = 0, last = 0;
    double probability = 0;
};

std::vector<Group> groups_of(std::span<const CommitEvidence> line, std::span<const double> p) {
    std::vector<Group> groups;
    for (std::size_t i = 0; i < line.size(); ++i) {
        // A good commit that cannot be tested is none of those that may have brought the bug.
        const bool joins = i > 1 && line[i - 1].skipped;
        if (!joins) groups.push_back({i, i, 0});
        groups.back().last = i;
        groups.back().probability += p[i];
    }
    return groups;
}

double entropy(double p) {
    if (!(p > 0) || !(p < 1)) return 0;
    return -p * std::log2(p) - (1 - p) * std::log2(1 - p);
}

// What is known of the rate when the bug is at a place: Gamma(hits, exposure).
struct Rate {
    double hits = 1;
    double exposure = 1;

    [[nodiscard]] double mean_exposure() const { return exposure / hits; }
    // The chance of no hit over `e`.
    [[nodiscard]] double clean(double e) const { return std::pow(exposure / (exposure + e), hits); }
    // The mean exposure that a test with this goal uses when the bug is there.
    [[nodiscard]] double used(double e) const {
        const double left = exposure / (exposure + e);
        if (hits <= 1) return -exposure * std::log(left);
        return exposure / (hits - 1) * (1 - std::pow(left, hits - 1));
    }
};

class Chooser {
  public:
    Chooser(const BisectPlan& plan, std::span<const CommitEvidence> line,
            std::span<const double> probabilities)
        : plan_(plan), line_(line), p_(probabilities), hits_(hits_of(line)) {}

    // The test with the most expected information for its cost.
    [[nodiscard]] std::optional<TestCommit> choose() const {
        const auto sums = exposure_from(line_);
        const auto end = first_hit(line_);
        const double mean = Rate{hits_, sums[end]}.mean_exposure();
        // The exposure that k hits are held against, over as many boots.
        const double a_boot =
            exposure_needed(plan_.confidence, hits_needed(plan_.confidence), mean);
        std::optional<TestCommit> best;
        double best_value = 0;
        double bad = 0, weighed = 0;  // of the places up to i
        for (std::size_t i = 0; i < end; ++i) {
            bad += p_[i];
            weighed += p_[i] * sums[i];
            if (line_[i].skipped || !(bad > 0)) continue;
            const Rate rate{hits_, weighed / bad};
            for (const double goal : k_goals) {
                const double value = value_of(i, std::min(bad, 1.0), rate, goal * mean);
                if (value <= best_value) continue;
                best_value = value;
                best = TestCommit{i, 1, goal * mean, a_boot};
            }
        }
        return best;
    }

  private:
    // Bits a second.
    [[nodiscard]] double value_of(std::size_t place, double bad, const Rate& rate,
                                  double goal) const {
        const double missed = rate.clean(goal);
        const double told = entropy(bad * (1 - missed)) - bad * entropy(missed);
        const double exposure = bad * rate.used(goal) + (1 - bad) * goal;
        const double cost = plan_.step_s + (line_[place].built ? 0 : plan_.build_s) +
                            exposure * std::max(plan_.s_per_exposure, 0.0);
        return told / std::max(cost, 1e-9);
    }

    const BisectPlan& plan_;
    std::span<const CommitEvidence> line_;
    std::span<const double> p_;
    double hits_;
};

}  // namespace

std::vector<double> first_bad(std::span<const CommitEvidence> line) {
    std::vector<double> p(line.size(), 0);
    const auto end = first_hit(line);
    if (line.empty()) return p;
    if (end == line.size()) {
        p.back() = 1;
        return p;
    }
    const int hits = hits_of(line);
    const auto sums = exposure_from(line);
    const bool good_is_taken = line.front().skipped;
    // Relative to the place of the first hit, whose exposure is the least: no power overflows. With
    // no hit whose exposure is known, no clean test says anything, and all places are alike.
    for (std::size_t i = good_is_taken ? 1 : 0; i <= end; ++i)
        p[i] = hits == 0 ? 1 : std::exp(-hits * std::log(sums[i] / sums[end]));
    const double all = std::accumulate(p.begin(), p.end(), 0.0);
    for (auto& each : p) each /= all;
    return p;
}

BisectStep next_test(const BisectPlan& plan, std::span<const CommitEvidence> line) {
    if (line.size() < 2 || line.back().skipped) return BadUntestable{};
    const auto last = line.size() - 1;
    const double confidence = std::clamp(plan.confidence, 0.5, k_most_confidence);
    const int wanted = hits_needed(confidence);
    if (line[last].hits < wanted) return TestCommit{last, wanted - line[last].hits, 0};
    const auto p = first_bad(line);
    std::optional<Group> best;
    // Of two that are as probable the later one: it is the one that hit.
    for (const auto& group : groups_of(line, p))
        if (!best || group.probability >= best->probability) best = group;
    const auto choice =
        best->probability >= confidence ? std::nullopt : Chooser(plan, line, p).choose();
    if (choice) return *choice;
    if (best->last == 0) return GoodIsBad{best->probability};
    return Named{best->first, best->last, best->probability};
}

std::vector<std::size_t> credible(std::span<const double> probabilities, double confidence) {
    std::vector<std::size_t> order(probabilities.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return probabilities[a] > probabilities[b];
    });
    double sum = 0;
    std::size_t taken = 0;
    while (taken < order.size() && sum < confidence) sum += probabilities[order[taken++]];
    order.resize(taken);
    std::sort(order.begin(), order.end());
    return order;
}

}  // namespace krepro::verdict
