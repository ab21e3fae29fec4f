// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "report/culprit.hpp"
#include "report/frame.hpp"
#include "report/frame_class.hpp"
#include "report/scanner.hpp"

namespace krepro::report {
namespace {

constexpr double k_threshold = 0.6;
// At least this many telling frames must stand for each other: one alone may be chance.
constexpr int k_min_telling_pairs = 2;
// A trace longer than this is compared by its inner part only.
constexpr std::size_t k_max_compared = 96;

struct Step {
    int index = 0;  // into the report's frames
    std::string name;
    double weight = 0;
    bool telling = false;
};

double weight_of(FrameClass what) {
    switch (what) {
        case FrameClass::specific:
            return 1.0;
        case FrameClass::library:
            return 0.8;
        case FrameClass::primitive:
            return 0.2;
        case FrameClass::dispatch:
            return 0.1;
        case FrameClass::reporter:
            return 0.0;
    }
    return 0.0;
}

// The frames that can be compared: the detector's own left out, up to what dispatched the code
// that went wrong. What the interrupt interrupted says nothing about the bug.
std::vector<Step> steps_of(const model::Report& report) {
    std::vector<Step> steps;
    bool telling_seen = false;
    bool dispatched = false;
    for (std::size_t i = 0; i < report.frames.size() && steps.size() < k_max_compared; ++i) {
        const model::Frame& frame = report.frames[i];
        if (!frame.certain) continue;
        const FrameClass what = classify_frame(frame);
        if (what == FrameClass::reporter) continue;
        const bool telling = what == FrameClass::specific || what == FrameClass::library;
        if (telling && dispatched) break;
        telling_seen = telling_seen || telling;
        dispatched = dispatched || (telling_seen && what == FrameClass::dispatch);
        steps.push_back({static_cast<int>(i), base_name(frame.function), weight_of(what), telling});
    }
    return steps;
}

double total_weight(const std::vector<Step>& steps) {
    double sum = 0;
    for (const Step& step : steps) sum += step.weight;
    return sum;
}

// The heaviest common subsequence, as pairs of positions in `a` and `b`.
std::vector<std::array<std::size_t, 2>> align(const std::vector<Step>& a,
                                              const std::vector<Step>& b) {
    const std::size_t width = b.size() + 1;
    std::vector<double> best((a.size() + 1) * width, 0.0);
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t j = b.size(); j-- > 0;) {
            double value = std::max(best[(i + 1) * width + j], best[i * width + j + 1]);
            if (a[i].name == b[j].name)
                value = std::max(value, best[(i + 1) * width + j + 1] + a[i].weight + 1e-6);
            best[i * width + j] = value;
        }
    std::vector<std::array<std::size_t, 2>> pairs;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (a[i].name == b[j].name &&
            best[i * width + j] >= best[(i + 1) * width + j + 1] + a[i].weight) {
            pairs.push_back({i++, j++});
        } else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) {
            ++i;
        } else {
            ++j;
        }
    }
    return pairs;
}

// Whether both name locks and share none: two bugs, however alike the way to them is.
bool other_locks(const model::Report& expected, const model::Report& observed) {
    if (expected.locks.empty() || observed.locks.empty()) return false;
    for (const model::Lock& a : expected.locks)
        for (const model::Lock& b : observed.locks)
            if (a.name == b.name) return false;
    return true;
}

// Whether the places of the two complaints stand for each other; inlining may hide either.
bool same_site(const std::vector<Step>& a, const std::vector<Step>& b) {
    const auto first = [](const std::vector<Step>& steps) {
        return std::find_if(steps.begin(), steps.end(), [](const Step& s) { return s.telling; });
    };
    const auto in = [](const std::vector<Step>& steps, const std::string& name) {
        return std::any_of(steps.begin(), steps.end(),
                           [&](const Step& s) { return s.telling && s.name == name; });
    };
    const auto site_a = first(a);
    const auto site_b = first(b);
    if (site_a == a.end() || site_b == b.end()) return false;
    return in(b, site_a->name) || in(a, site_b->name);
}

model::Match same_signature() {
    return {true, 1.0, {}, "both reports have the same signature"};
}

}  // namespace

model::Match compare(const model::Report& expected, const model::Report& observed) {
    const std::vector<Step> a = steps_of(expected);
    const std::vector<Step> b = steps_of(observed);
    model::Match match;
    if (!expected.kind.empty() && expected.signature == observed.signature)
        match = same_signature();
    int telling = 0;
    double common = 0;
    for (const auto& [i, j] : align(a, b)) {
        match.aligned.push_back({a[i].index, b[j].index});
        common += a[i].weight;
        if (a[i].telling) ++telling;
    }
    if (match.same_bug) return match;
    if (a.empty() || b.empty()) {
        match.why = a.empty() ? "the expected report has no frames to compare"
                              : "the observed report has no frames to compare";
        return match;
    }
    // What the mail shows must be there; what only the observed trace has may have been inlined.
    match.score = (2 * common / total_weight(a) + common / total_weight(b)) / 3;
    if (other_locks(expected, observed)) {
        match.score = std::min(match.score, k_threshold / 2);
        match.why = fmt::format("another lock: {} expected, {} observed", expected.locks[0].name,
                                observed.locks[0].name);
        return match;
    }
    const bool site = same_site(a, b);
    match.same_bug = match.score >= k_threshold && telling >= k_min_telling_pairs && site;
    match.why = fmt::format("{} of {} frames below the detector stand for each other{}",
                            match.aligned.size(), a.size(),
                            site ? "" : ", the place of the complaint is another");
    return match;
}

}  // namespace krepro::report
