// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "checkout/tree_book.hpp"
#include "intake/intake.hpp"
#include "verdict/decide.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
using model::ArmName;
using model::Basis;
using model::Direction;
using model::EstimatePart;
using model::TreeState;
using model::WorkloadForm;

namespace {

constexpr std::size_t k_enough_jobs = 10;
constexpr int k_looked_through = 200;

// What is assumed until this machine has done it: as measured with two cores and TCG, see "From
// nothing to a verdict" in docs/measured.md.
constexpr double k_fetch_s = 30;
constexpr double k_first_build_core_s = 460;
constexpr double k_second_build_core_s = 64;
constexpr double k_hit_s = 35;

const model::TreeAnswer* answer_of(const Outlook& outlook, const std::string& tree) {
    for (const auto& answer : outlook.answers)
        if (answer.tree == tree) return &answer;
    return nullptr;
}

// --- builds ---

// The arm that is the tree as it is: its kernel serves every job on the tree.
ArmName arm_as_it_is(std::optional<Direction> direction) {
    return direction == Direction::reverse ? ArmName::patched : ArmName::unpatched;
}

// What the kernel took in each of the jobs, in seconds: that of the tree as it is, or the other.
std::vector<double> build_times(const std::vector<model::Job>& jobs, bool as_it_is) {
    std::vector<double> times;
    for (const auto& job : jobs) {
        const bool unpatched = (arm_as_it_is(job.direction) == ArmName::unpatched) == as_it_is;
        const auto& build = unpatched ? job.unpatched_build : job.patched_build;
        if (build) times.push_back(build->cached ? 0 : build->wall_s);
    }
    return times;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

EstimatePart build_part(const Outlook& outlook, const std::vector<model::Job>& like, ArmName arm,
                        const model::TreeAnswer* answer) {
    const bool as_it_is = arm == arm_as_it_is(answer == nullptr ? std::nullopt : answer->direction);
    EstimatePart part{fmt::format("{} build", model::to_string(arm)), 0, Basis::record, {}};
    const auto times = build_times(like, as_it_is);
    const std::string which = as_it_is ? "the tree as it is" : "the tree with the patch applied";
    if (!times.empty()) {
        const auto cached = std::count(times.begin(), times.end(), 0.0);
        part.seconds = median(times);
        part.why = fmt::format("{}: the median of {} jobs on record, {} of them from the cache",
                               which, times.size(), cached);
        return part;
    }
    part.basis = Basis::assumed;
    part.seconds =
        (as_it_is ? k_first_build_core_s : k_second_build_core_s) / std::max(1, outlook.cpus);
    part.why = fmt::format(
        "{}: no job with this tree and profile is on record; assumed are {:.0f} s of one core, on "
        "{} of them",
        which, as_it_is ? k_first_build_core_s : k_second_build_core_s, std::max(1, outlook.cpus));
    return part;
}

// --- trials ---

// What jobs saw, added up.
struct Seen {
    int jobs = 0, hits = 0;
    double hit_arm_s = 0, hit_arm_exposure = 0;  // of the unpatched kernel
    double wall_s = 0, exposure = 0;             // of both

    void add(const model::Verdict& verdict) {
        ++jobs;
        hits += verdict.unpatched.hits;
        hit_arm_s += verdict.unpatched.wall_s;
        hit_arm_exposure += verdict.unpatched.exposure;
        wall_s += verdict.unpatched.wall_s + verdict.patched.wall_s;
        exposure += verdict.unpatched.exposure + verdict.patched.exposure;
    }
};

// Of the reproducer; empty: there is none.
std::string command_of(const model::JobSpec& spec, const model::Mail& mail) {
    if (!spec.script.empty()) return intake::reproducer_of(spec.script).command;
    return mail.reproducer ? mail.reproducer->command : "";
}

// With the same reproducer, in the same form.
Seen seen_of(const Outlook& outlook, const std::vector<model::Job>& like, WorkloadForm form) {
    Seen seen;
    const auto mine = command_of(outlook.spec, outlook.mail);
    for (const auto& job : like)
        if (job.verdict && job.verdict->form == form && job.verdict->unpatched.wall_s > 0 &&
            !mine.empty() && command_of(job.spec, job.mail) == mine)
            seen.add(*job.verdict);
    return seen;
}

// k hits without the patch, (alpha^(-1/k) - 1) times their exposure with it, and one hit more that
// shows that the assay still works.
double seconds_to_fixed(double confidence, double hit_s, double pace_ratio) {
    const int k = verdict::hits_needed(confidence);
    const double clean = verdict::exposure_needed(confidence, k, k * hit_s) * pace_ratio;
    return k * hit_s + clean + hit_s;
}

EstimatePart hits_on_record(const model::JobSpec& spec, const Seen& seen) {
    const double hit_s = seen.hit_arm_s / seen.hits;
    // A boot without the patch ends at its hit, and boots anew: it gathers less in a second.
    const double ratio =
        seen.exposure > 0 && seen.hit_arm_exposure > 0
            ? (seen.wall_s / seen.exposure) / (seen.hit_arm_s / seen.hit_arm_exposure)
            : 1;
    const int k = verdict::hits_needed(spec.confidence);
    return {"trials", seconds_to_fixed(spec.confidence, hit_s, ratio), Basis::record,
            fmt::format("{} hits in {} jobs with this reproducer, one in {:.0f} s of a VM; {} are "
                        "asked for, the exposure that they imply with the patch, and one more hit",
                        seen.hits, seen.jobs, hit_s, k)};
}

EstimatePart no_hit_on_record(const model::JobSpec& spec, const Seen& seen) {
    const double share =
        verdict::unpatched_share(spec.confidence, verdict::hits_needed(spec.confidence));
    return {"trials", std::min(1.0, 2 * share) * spec.budget.wall_s, Basis::record,
            fmt::format("no hit in {:.0f} s of a VM in {} jobs with this reproducer; without one, "
                        "each kernel gets {:.0f} % of the budget",
                        seen.hit_arm_s, seen.jobs, 100 * std::min(0.5, share))};
}

EstimatePart assumed_hits(const model::JobSpec& spec) {
    return {"trials", seconds_to_fixed(spec.confidence, k_hit_s, 1), Basis::assumed,
            fmt::format("no job with this reproducer is on record: how often it hits is not known; "
                        "assumed is one hit in {:.0f} s of a VM, and {} are asked for",
                        k_hit_s, verdict::hits_needed(spec.confidence))};
}

EstimatePart trials_in(const Outlook& outlook, const std::vector<model::Job>& like,
                       WorkloadForm form) {
    const auto seen = seen_of(outlook, like, form);
    if (seen.hits > 0) return hits_on_record(outlook.spec, seen);
    if (seen.jobs > 0) return no_hit_on_record(outlook.spec, seen);
    return assumed_hits(outlook.spec);
}

// Verbatim first, and amplified where its hits on record would not come within its share.
EstimatePart trials_of_both_forms(const Outlook& outlook, const std::vector<model::Job>& like) {
    const double share = verdict::k_verbatim_share * outlook.spec.budget.wall_s;
    const auto verbatim = seen_of(outlook, like, WorkloadForm::verbatim);
    const int k = verdict::hits_needed(outlook.spec.confidence);
    if (verbatim.hits > 0 && k * verbatim.hit_arm_s / verbatim.hits <= share)
        return hits_on_record(outlook.spec, verbatim);
    auto part = trials_in(outlook, like, WorkloadForm::amplified);
    part.seconds += share;
    part.why += fmt::format("; {:.0f} s come before it, for the verbatim form", share);
    return part;
}

EstimatePart trials_part(const Outlook& outlook, const std::vector<model::Job>& like) {
    auto part = outlook.spec.workload == WorkloadForm::automatic
                    ? trials_of_both_forms(outlook, like)
                    : trials_in(outlook, like, outlook.spec.workload);
    if (part.seconds > outlook.spec.budget.wall_s) {
        part.seconds = outlook.spec.budget.wall_s;
        part.why += "; that is more than the budget, which ends it";
    }
    return part;
}

}  // namespace

std::vector<model::Job> jobs_like(store::Store& store, const std::string& tree,
                                  const std::string& profile) {
    store::JobFilter done;
    done.stage = model::JobStage::done;
    done.limit = k_looked_through;
    std::vector<model::Job> like;
    for (const auto& job : store.summaries(done)) {
        if (like.size() == k_enough_jobs) break;
        if (job.spec.tree != tree || job.spec.profile != profile) continue;
        if (auto whole = store.job(job.id)) like.push_back(std::move(*whole));
    }
    return like;
}

std::string tree_of(const Outlook& outlook) {
    if (outlook.spec.tree != checkout::k_auto_tree) return outlook.spec.tree;
    for (const auto wanted : {Direction::forward, Direction::reverse})
        for (const auto& answer : outlook.answers)
            if (answer.direction == wanted) return answer.tree;
    return {};
}

model::Estimate estimate(const Outlook& outlook, const std::vector<model::Job>& like) {
    model::Estimate estimate;
    estimate.tree = tree_of(outlook);
    const auto* answer = answer_of(outlook, estimate.tree);
    if (answer != nullptr && answer->state == TreeState::not_fetched)
        estimate.parts.push_back(
            {"fetch", k_fetch_s, Basis::assumed,
             fmt::format("the tree is not fetched yet; assumed are {:.0f} s, a whole git history "
                         "takes longer",
                         k_fetch_s)});
    for (const auto arm : {ArmName::unpatched, ArmName::patched})
        estimate.parts.push_back(build_part(outlook, like, arm, answer));
    for (const auto& part : estimate.parts) estimate.most_s += part.seconds;
    estimate.most_s += outlook.spec.budget.wall_s;
    estimate.parts.push_back(trials_part(outlook, like));
    for (const auto& part : estimate.parts) estimate.seconds += part.seconds;
    return estimate;
}

asio::awaitable<model::Estimate> estimate_from(store::AsyncStore* store, Outlook outlook) {
    const auto ask = [tree = tree_of(outlook), profile = outlook.spec.profile](store::Store& s) {
        return jobs_like(s, tree, profile);
    };
    const auto like = co_await store->call(ask);
    co_return estimate(outlook, like);
}

}  // namespace krepro::pipeline
