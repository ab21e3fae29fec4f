// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/job.hpp"

namespace krepro::model {

// A request: which commit between two brought the bug. Validated where it is parsed
// (parse_bisection_spec).
struct BisectionSpec {
    std::string good, bad;  // commits of the tree; the bug is on `bad` and not on `good`
    std::string mail;       // tells of the bug: its trace, its reproducer; may be empty
    std::string script;     // the reproducer, in place of the mail's
    std::string tree = "debian-6.1.8-rt5";
    std::string profile = "rt-lockdep";
    std::string config;
    std::string compiler;
    WorkloadForm workload = WorkloadForm::amplified;  // never `automatic`: exposures must add up
    double confidence = 0.95;
    Budget budget{14400, 400};  // for all commits together

    bool operator==(const BisectionSpec&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("good", &BisectionSpec::good), field("bad", &BisectionSpec::bad),
            field("mail", &BisectionSpec::mail), field("script", &BisectionSpec::script),
            field("tree", &BisectionSpec::tree), field("profile", &BisectionSpec::profile),
            field("config", &BisectionSpec::config), field("compiler", &BisectionSpec::compiler),
            field("workload", &BisectionSpec::workload),
            field("confidence", &BisectionSpec::confidence),
            field("budget", &BisectionSpec::budget));
    }
};

util::Result<BisectionSpec> parse_bisection_spec(const Json& json);
util::Result<void> validate(const BisectionSpec& spec);
// The job that tests one commit.
[[nodiscard]] JobSpec step_spec(const BisectionSpec& spec, const std::string& commit,
                                const Budget& budget);

// One commit of the line that is searched.
struct LineCommit {
    std::string hash;
    std::string title;
    int parents = 1;  // more than one: a merge, which stands for all that it brought

    bool operator==(const LineCommit&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("hash", &LineCommit::hash), field("title", &LineCommit::title),
                               field("parents", &LineCommit::parents));
    }
};

// One test: a job of one kernel alone. Its row is there before the job can begin.
struct BisectionStep {
    int number = 1;
    std::int64_t job = 0;
    std::int64_t place = 0;  // in the line, from 0
    std::string commit;
    std::string title;
    int hits_wanted = 1;       // so many end it
    double exposure_goal = 0;  // and so much without one; 0: as long as it takes
    double boot_exposure = 0;  // of which one boot brings so much at most; 0: what it can

    bool operator==(const BisectionStep&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("number", &BisectionStep::number), field("job", &BisectionStep::job),
            field("place", &BisectionStep::place), field("commit", &BisectionStep::commit),
            field("title", &BisectionStep::title),
            field("hits_wanted", &BisectionStep::hits_wanted),
            field("exposure_goal", &BisectionStep::exposure_goal),
            field("boot_exposure", &BisectionStep::boot_exposure));
    }
};

enum class BisectionStage { queued, running, done };

template <>
struct EnumNames<BisectionStage> {
    static constexpr std::array k_names{std::pair{BisectionStage::queued, "queued"},
                                        std::pair{BisectionStage::running, "running"},
                                        std::pair{BisectionStage::done, "done"}};
};

enum class BisectionEnd {
    found,           // one commit
    among,           // some that cannot be told apart, because all but the last cannot be tested
    good_is_bad,     // the bug is on the good commit as well
    not_reproduced,  // it did not show on the bad commit
    inconclusive,    // the budget was used up
    error,
};

template <>
struct EnumNames<BisectionEnd> {
    static constexpr std::array k_names{std::pair{BisectionEnd::found, "found"},
                                        std::pair{BisectionEnd::among, "among"},
                                        std::pair{BisectionEnd::good_is_bad, "good_is_bad"},
                                        std::pair{BisectionEnd::not_reproduced, "not_reproduced"},
                                        std::pair{BisectionEnd::inconclusive, "inconclusive"},
                                        std::pair{BisectionEnd::error, "error"}};
};

// A commit that may have brought the bug.
struct BisectionCandidate {
    LineCommit commit;
    double probability = 0;

    bool operator==(const BisectionCandidate&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("commit", &BisectionCandidate::commit),
                               field("probability", &BisectionCandidate::probability));
    }
};

struct BisectionResult {
    BisectionEnd kind = BisectionEnd::error;
    // Named: the one, those that cannot be told apart, or those that are left. Of many the first.
    std::vector<LineCommit> commits;
    double probability = 0;  // that it is one of them
    std::string sentence;
    std::vector<std::string> limits;  // what it does not say

    bool operator==(const BisectionResult&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("kind", &BisectionResult::kind),
                               field("commits", &BisectionResult::commits),
                               field("probability", &BisectionResult::probability),
                               field("sentence", &BisectionResult::sentence),
                               field("limits", &BisectionResult::limits));
    }
};

struct Bisection {
    std::int64_t id = 0;
    BisectionStage stage = BisectionStage::queued;
    std::string title;
    BisectionSpec spec;
    std::string good, bad;           // whole hashes, once the line is known
    std::int64_t commits = 0;        // of the line, both ends included
    std::vector<std::string> notes;  // how the history was made a line
    std::string target_signature;    // of the bug; empty until known
    int answered = 0;                // steps up to this one were there when it was resumed
    // How many commits hold the one with the confidence asked for, as of the last step, and the
    // most probable of them in the order of the line.
    std::int64_t left = 0;
    std::vector<BisectionCandidate> candidates;
    std::optional<BisectionResult> result;
    std::optional<Problem> problem;  // why the result is `error`
    bool cancel_requested = false;
    std::string created_at;
    std::string updated_at;

    bool operator==(const Bisection&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("id", &Bisection::id), field("stage", &Bisection::stage),
            field("title", &Bisection::title), field("spec", &Bisection::spec),
            field("good", &Bisection::good), field("bad", &Bisection::bad),
            field("commits", &Bisection::commits), field("notes", &Bisection::notes),
            field("target_signature", &Bisection::target_signature),
            field("answered", &Bisection::answered), field("left", &Bisection::left),
            field("candidates", &Bisection::candidates), field("result", &Bisection::result),
            field("problem", &Bisection::problem),
            field("cancel_requested", &Bisection::cancel_requested),
            field("created_at", &Bisection::created_at),
            field("updated_at", &Bisection::updated_at));
    }
};

}  // namespace krepro::model
