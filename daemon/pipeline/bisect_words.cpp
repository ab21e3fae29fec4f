// SPDX-License-Identifier: Apache-2.0
#include "pipeline/bisect_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "verdict/words.hpp"

namespace krepro::pipeline {

using model::BisectionEnd;
using model::BisectionResult;
using model::LineCommit;

namespace {

constexpr std::size_t k_most_named = 50;

std::vector<LineCommit> part(const std::vector<LineCommit>& line, std::size_t first,
                             std::size_t last) {
    last = std::min(last, first + k_most_named - 1);
    return {line.begin() + static_cast<std::ptrdiff_t>(first),
            line.begin() + static_cast<std::ptrdiff_t>(last) + 1};
}

int hits_from(std::span<const verdict::CommitEvidence> commits, std::size_t first) {
    int hits = 0;
    for (const auto& commit : commits.subspan(first)) hits += commit.hits;
    return hits;
}

double exposure_before(std::span<const verdict::CommitEvidence> commits, std::size_t end) {
    double exposure = 0;
    for (const auto& commit : commits.first(end)) exposure += commit.exposure;
    return exposure;
}

std::string evidence_words(std::size_t first, std::size_t last, const BisectEvidence& of) {
    const int hits = hits_from(of.commits, last);
    return fmt::format("{} hit{} on {} and what comes after, none on what comes before, over {}",
                       hits, hits == 1 ? "" : "s", first == last ? "it" : "the last of them",
                       verdict::exposure_words(exposure_before(of.commits, first), of.unit));
}

BisectionResult with_limits(BisectionResult result, const BisectEvidence& of) {
    result.limits.emplace_back(
        "The bug is taken to hit at one rate on all commits that have it, and to have come once.");
    if (of.commits.front().skipped)
        result.limits.emplace_back(
            "The good commit could not be tested: it is good because you said so.");
    for (const auto& commit : result.commits)
        if (commit.parents > 1)
            result.limits.push_back(fmt::format(
                "{} is a merge: what it brought is searched by `krepro bisect {} {}^2 ...`",
                commit.hash.substr(0, 12), of.line.front().hash.substr(0, 12),
                commit.hash.substr(0, 12)));
    return result;
}

}  // namespace

std::string commit_words(const LineCommit& commit) {
    return fmt::format("{} ({})", commit.hash.substr(0, 12), commit.title);
}

BisectionResult named(const verdict::Named& end, const BisectEvidence& of) {
    BisectionResult result;
    result.kind = end.first == end.last ? BisectionEnd::found : BisectionEnd::among;
    result.commits = part(of.line, end.first, end.last);
    result.probability = end.probability;
    const auto evidence = evidence_words(end.first, end.last, of);
    if (end.first == end.last)
        result.sentence = fmt::format("{} brought the bug, with probability {:.4g}: {}.",
                                      commit_words(of.line[end.last]), end.probability, evidence);
    else
        result.sentence = fmt::format(
            "One of {} commits up to {} brought the bug, with probability {:.4g}; those before it "
            "cannot be tested: {}.",
            end.last - end.first + 1, commit_words(of.line[end.last]), end.probability, evidence);
    return with_limits(std::move(result), of);
}

BisectionResult good_is_bad(const verdict::GoodIsBad& end, const BisectEvidence& of) {
    BisectionResult result;
    result.kind = BisectionEnd::good_is_bad;
    result.commits = {of.line.front()};
    result.probability = end.probability;
    const int hits = of.commits.front().hits;
    result.sentence =
        fmt::format("{} is not good: the bug {}. Name an earlier commit as good.",
                    commit_words(of.line.front()),
                    hits > 0 ? fmt::format("hit {} time{} on it", hits, hits == 1 ? "" : "s")
                             : "was there before all commits that were tested");
    return result;
}

BisectionResult bad_untestable(const BisectEvidence& of) {
    BisectionResult result;
    result.kind = BisectionEnd::inconclusive;
    result.sentence = fmt::format(
        "{} cannot be tested: it does not build, does not boot or gives no evidence. Name another "
        "commit as bad.",
        commit_words(of.line.back()));
    return result;
}

BisectionResult not_reproduced(const BisectEvidence& of) {
    BisectionResult result;
    result.kind = BisectionEnd::not_reproduced;
    result.sentence = fmt::format(
        "The bug did not show on the bad commit {} over {}, so there is nothing to search by.",
        commit_words(of.line.back()), verdict::exposure_words(of.commits.back().exposure, of.unit));
    return result;
}

BisectionResult out_of_budget(const BisectEvidence& of) {
    BisectionResult result;
    result.kind = BisectionEnd::inconclusive;
    const auto p = verdict::first_bad(of.commits);
    const auto places = verdict::credible(p, of.confidence);
    for (const auto place : places) {
        result.probability += p[place];
        if (result.commits.size() < k_most_named) result.commits.push_back(of.line[place]);
    }
    result.sentence = fmt::format(
        "The budget was used up: {} of {} commits are left, with probability {:.4g}. A new "
        "bisection "
        "from before the first of them to the last goes on.",
        places.size(), of.line.size(), result.probability);
    return with_limits(std::move(result), of);
}

void tell_candidates(model::Bisection& bisection, const BisectEvidence& of) {
    constexpr std::size_t k_most_told = 20;
    const auto p = verdict::first_bad(of.commits);
    auto places = verdict::credible(p, of.confidence);
    bisection.left = static_cast<std::int64_t>(places.size());
    if (places.size() > k_most_told) {
        std::stable_sort(places.begin(), places.end(),
                         [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
        places.resize(k_most_told);
        std::sort(places.begin(), places.end());
    }
    bisection.candidates.clear();
    for (const auto place : places) bisection.candidates.push_back({of.line[place], p[place]});
}

}  // namespace krepro::pipeline
