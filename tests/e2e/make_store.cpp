// SPDX-License-Identifier: Apache-2.0
// Fills a state folder with jobs that are done, of mails and consoles that are given: what the
// dashboard's tests and its bench look at, without a VM. Consoles are read by the scanner, and
// verdicts come from the rule, as in a job that ran.
//
// make_store STATE {--job MAIL [--verdict KIND] [--harness FILE] [--events N] [--copies N]
// {ARM:OUTCOME:CONSOLE[:LINES]}...}...
//
// KIND stands in the place of what the rule says: for those who read verdicts. OUTCOME is hit,
// clean, other or void. CONSOLE is a golden (its head is left out) or a plain console; with LINES
// it is repeated to that many lines. FILE is what the harness said in each of the job's trials.
// N events are lines in the job's history; N copies are jobs after it that differ in their titles
// and verdicts, without trials.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>

#include "intake/intake.hpp"
#include "intake/workload.hpp"
#include "report/scanner.hpp"
#include "store/artifacts.hpp"
#include "store/store.hpp"
#include "util/files.hpp"
#include "verdict/decide.hpp"

namespace krepro {
namespace {

namespace fs = std::filesystem;
using util::value_or_throw;

struct TrialPlan {
    model::ArmName arm = model::ArmName::unpatched;
    model::OutcomeKind outcome = model::OutcomeKind::clean;
    fs::path console;
    std::size_t lines = 0;  // 0: as it is
};

struct JobPlan {
    fs::path mail;
    std::vector<TrialPlan> trials;
    std::optional<model::VerdictKind> verdict;  // nothing: by the rule
    fs::path harness;                           // empty: it said nothing
    std::size_t events = 0;
    std::size_t copies = 0;
};

[[noreturn]] void wrong_usage(const std::string& why) {
    throw util::InfraError({util::ErrorKind::invalid_input, why, "command line",
                            "make_store STATE {--job MAIL [--verdict KIND] [--harness FILE] "
                            "[--events N] [--copies N] {ARM:OUTCOME:CONSOLE[:LINES]}...}..."});
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(':', at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

TrialPlan read_trial(const std::string& text) {
    const auto parts = split(text);
    if (parts.size() < 3) wrong_usage("\"" + text + "\" is no trial");
    const auto arm = model::enum_from_string<model::ArmName>(parts[0]);
    const auto outcome = model::enum_from_string<model::OutcomeKind>(parts[1]);
    if (!arm || !outcome) wrong_usage("\"" + text + "\" is no trial");
    return {*arm, *outcome, parts[2], parts.size() > 3 ? std::stoul(parts[3]) : 0};
}

model::VerdictKind read_verdict(const std::string& text) {
    const auto kind = model::enum_from_string<model::VerdictKind>(text);
    if (!kind) wrong_usage("\"" + text + "\" is no verdict");
    return *kind;
}

std::vector<JobPlan> read_plans(const std::vector<std::string>& words) {
    std::vector<JobPlan> jobs;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--job" && i + 1 < words.size())
            jobs.push_back({words[++i], {}, {}, {}, 0, 0});
        else if (jobs.empty())
            wrong_usage("the first word after STATE is --job");
        else if (words[i] == "--verdict" && i + 1 < words.size())
            jobs.back().verdict = read_verdict(words[++i]);
        else if (words[i] == "--harness" && i + 1 < words.size())
            jobs.back().harness = words[++i];
        else if (words[i] == "--events" && i + 1 < words.size())
            jobs.back().events = std::stoul(words[++i]);
        else if (words[i] == "--copies" && i + 1 < words.size())
            jobs.back().copies = std::stoul(words[++i]);
        else
            jobs.back().trials.push_back(read_trial(words[i]));
    }
    return jobs;
}

std::string read_console(const TrialPlan& plan) {
    auto text = value_or_throw(util::read_file(plan.console));
    if (text.starts_with("# ")) text.erase(0, text.find("\n\n") + 2);
    if (plan.lines == 0 || text.empty()) return text;
    const auto once = text;
    auto lines = static_cast<std::size_t>(std::count(once.begin(), once.end(), '\n'));
    for (std::size_t have = lines; have < plan.lines && lines > 0; have += lines) text += once;
    // Cut to the line.
    std::size_t end = 0;
    for (std::size_t n = 0; n < plan.lines && end != std::string::npos; ++n)
        end = text.find('\n', end + (n > 0 ? 1 : 0));
    if (end != std::string::npos) text.resize(end + 1);
    return text;
}

class Maker {
  public:
    explicit Maker(const fs::path& state)
        : store_(value_or_throw(store::Store::open(state / "krepro.db"))),
          artifacts_(state / "artifacts") {}

    void make(const JobPlan& plan) {
        auto job = store_->add_job(queued(plan.mail));
        std::vector<verdict::TrialRecord> records;
        for (const auto& trial : plan.trials)
            records.push_back(add_trial(job, trial, plan.harness));
        for (std::size_t n = 0; n < plan.events; ++n)
            store_->add_event(job.id, "log", {{"line", fmt::format("line {} of its history", n)}});
        job = finish(std::move(job), records, plan.verdict);
        for (std::size_t n = 1; n <= plan.copies; ++n) add_copy(job, n);
    }

  private:
    static model::Job queued(const fs::path& mail) {
        model::Job job;
        job.spec.mail = value_or_throw(util::read_file(mail));
        job.mail = value_or_throw(intake::read_mail(job.spec.mail));
        job.title = job.mail.title;
        if (!job.mail.splat.empty()) job.expected = report::parse_expected(job.mail.splat);
        if (job.mail.reproducer)
            job.workload =
                value_or_throw(intake::plan_workload(*job.mail.reproducer, job.spec.workload, 8));
        return job;
    }

    verdict::TrialRecord add_trial(const model::Job& job, const TrialPlan& plan,
                                   const fs::path& harness) {
        model::Trial trial;
        trial.job = job.id;
        trial.arm = plan.arm;
        trial.form = model::WorkloadForm::amplified;
        trial.accelerator = "tcg";
        trial.vcpus = 4;
        trial.memory_mib = 1024;
        trial = store_->add_trial(std::move(trial));
        const auto console = read_console(plan);
        trial.console = value_or_throw(artifacts_.add_bytes(console));
        if (!harness.empty())
            trial.harness =
                value_or_throw(artifacts_.add_bytes(value_or_throw(util::read_file(harness))));
        // Of a console that is repeated, the first time is enough.
        auto once = plan;
        once.lines = 0;
        for (const auto& report : report::parse(read_console(once)))
            trial.reports.push_back(add_report(job, trial, report));
        trial.outcome = outcome_of(plan);
        value_or_throw(store_->close_trial(trial));
        return {trial.arm, trial.form, *trial.outcome, {}};
    }

    std::int64_t add_report(const model::Job& job, const model::Trial& trial,
                            const model::Report& report) {
        model::StoredReport stored;
        stored.job = job.id;
        stored.trial = trial.id;
        stored.arm = trial.arm;
        if (job.expected) stored.match = report::compare(*job.expected, report);
        stored.matches_expected = stored.match && stored.match->same_bug;
        stored.target = stored.matches_expected || !job.expected;
        stored.report = report;
        return store_->add_report(stored);
    }

    static model::TrialOutcome outcome_of(const TrialPlan& plan) {
        model::TrialOutcome outcome;
        outcome.kind = plan.outcome;
        outcome.unit = model::ExposureUnit::deadline_exits;
        outcome.exposure = plan.outcome == model::OutcomeKind::hit ? 31 : 40;
        outcome.wall_s = plan.outcome == model::OutcomeKind::hit ? 14.2 : 21.7;
        outcome.guest_s = outcome.wall_s - 3;
        outcome.iterations = 2;
        outcome.lockdep_alive_at_end = plan.outcome == model::OutcomeKind::clean;
        if (plan.outcome == model::OutcomeKind::none) {
            outcome.exposure = 0;
            outcome.cause = model::Cause::boot_hang;
        }
        if (plan.outcome == model::OutcomeKind::other) outcome.cause = model::Cause::other_report;
        return outcome;
    }

    void add_copy(model::Job job, std::size_t number) {
        constexpr auto k_kinds = model::EnumNames<model::VerdictKind>::k_names;
        job.title = fmt::format("{} (copy {})", job.title, number);
        job.verdict->kind = k_kinds.at(number % k_kinds.size()).first;
        job.id = store_->add_job(job).id;
        value_or_throw(store_->update_job(job));
    }

    model::Job finish(model::Job job, const std::vector<verdict::TrialRecord>& records,
                      std::optional<model::VerdictKind> wanted) {
        const verdict::Plan plan;
        const auto decision = verdict::decide(plan, records);
        if (wanted)
            job.verdict = verdict::summarize(plan, records, *wanted, "This verdict was asked for.");
        else if (const auto* stop = std::get_if<verdict::Stop>(&decision))
            job.verdict = stop->verdict;
        else
            job.verdict = verdict::summarize(plan, records, model::VerdictKind::inconclusive,
                                             "The evidence does not suffice.");
        job.direction = model::Direction::forward;
        job.stage = model::JobStage::done;
        value_or_throw(store_->update_job(job));
        return job;
    }

    std::unique_ptr<store::Store> store_;
    store::Artifacts artifacts_;
};

}  // namespace
}  // namespace krepro

int main(int argc, char** argv) {
    using namespace krepro;
    try {
        const std::vector<std::string> words(argv + 1, argv + argc);
        if (words.size() < 3) wrong_usage("too few words");
        std::filesystem::create_directories(words[0]);
        Maker maker(words[0]);
        for (const auto& plan : read_plans({words.begin() + 1, words.end()})) maker.make(plan);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        fmt::print(stderr, "make_store: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
