// SPDX-License-Identifier: Apache-2.0
#include "pipeline/left_trials.hpp"

#include <algorithm>
#include <vector>

#include "pipeline/evidence.hpp"
#include "pipeline/keep_files.hpp"
#include "util/offload.hpp"
#include "vm/console_tail.hpp"
#include "vm/exposure_meter.hpp"
#include "vm/harness.hpp"
#include "vm/run_monitor.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::ArmName;
using model::Cause;
using model::HarnessType;
using model::OutcomeKind;
using util::value_or_throw;

namespace {

// As long as a running trial waits for the heartbeat that closes a hit's exposure.
constexpr double k_silence_s = vm::TrialLimits{}.after_hit_s;

std::string keep(const store::Artifacts& artifacts, const fs::path& file) {
    std::error_code code;
    return value_or_throw(fs::exists(file, code) ? artifacts.add_file(file)
                                                 : artifacts.add_bytes(""));
}

// The guest may have gone on for a moment after krepro: what it did then counts as well, for the
// exposure of a hit errs against `fixed` when it is too large.
void read_harness(const fs::path& file, model::ExposureUnit unit, LeftLogs& logs) {
    vm::ExposureMeter meter(unit);
    vm::HarnessReader reader;
    vm::FileTail tail(file);
    for (auto bytes = tail.read_more(); !bytes.empty(); bytes = tail.read_more()) {
        for (const auto& event : reader.feed(bytes)) {
            if (event.type == HarnessType::ready) meter.begin(event);
            if (event.type == HarnessType::heartbeat && logs.ready) meter.add(event);
            if (event.type == HarnessType::iteration_end) meter.rest(event.uptime);
            if (event.type == HarnessType::iteration_start) meter.work(event.uptime);
            logs.ready |= event.type == HarnessType::ready;
            logs.guest_s = event.uptime;
        }
    }
    if (logs.ready && meter.reaches_the_end())
        logs.exposure = meter.exposure_to_the_end(k_silence_s);
}

// What a trial has shown, by the reports that were stored while it ran.
struct Shown {
    const model::StoredReport* target = nullptr;
    const model::StoredReport* other = nullptr;
    std::vector<std::int64_t> ids;
};

Shown shown_by(std::int64_t trial, const std::vector<model::StoredReport>& reports) {
    Shown shown;
    for (const auto& report : reports) {
        if (report.trial != trial) continue;
        shown.ids.push_back(report.id);
        if (report.target && shown.target == nullptr) shown.target = &report;
        if (!report.target && shown.other == nullptr && speaks_against_a_patch(report.report))
            shown.other = &report;
    }
    return shown;
}

// Fills in what the target's report makes of the trial.
void judge_hit(model::TrialOutcome& outcome, ArmName arm, const LeftLogs* logs,
               const std::string& title) {
    const bool early = logs != nullptr && !logs->ready;
    const bool known = logs != nullptr && logs->exposure;
    outcome.cause.reset();
    if (early) outcome.cause = Cause::lockdep_off_early;
    if (arm == ArmName::unpatched && !early && !known) outcome.cause = Cause::uncounted;
    const bool counts = arm == ArmName::patched || (!early && known);
    outcome.kind = counts ? OutcomeKind::hit : OutcomeKind::none;
    outcome.detail = "the target hit: " + title + "; " + outcome.detail;
}

model::TrialOutcome judge(const model::Trial& trial, const Shown& shown, const LeftLogs* logs,
                          model::TrialOutcome outcome) {
    if (logs != nullptr) {
        outcome.guest_s = logs->guest_s;
        outcome.exposure = logs->exposure.value_or(0);
    }
    if (shown.target != nullptr) {
        judge_hit(outcome, trial.arm, logs, shown.target->report.title);
    } else if (shown.other != nullptr && trial.arm == ArmName::patched) {
        outcome.kind = OutcomeKind::other;
        outcome.cause = Cause::other_report;
        outcome.exposure = 0;  // the clean arm's: it must not come out too large
        outcome.detail = "another report: " + shown.other->report.title + "; " + outcome.detail;
    }
    return outcome;
}

// What can be read without the store's thread; blocks.
LogsOfTrials keep_logs(const Services& services, const std::vector<model::Trial>& open,
                       model::ExposureUnit unit) {
    LogsOfTrials logs;
    for (const auto& trial : open) {
        const auto folder = run_folder(services, trial.id);
        std::error_code code;
        if (fs::exists(folder, code))
            logs[trial.id] = keep_left_logs(*services.artifacts, folder, unit);
    }
    return logs;
}

}  // namespace

LeftLogs keep_left_logs(const store::Artifacts& artifacts, const fs::path& folder,
                        model::ExposureUnit unit) {
    LeftLogs logs;
    logs.console = keep(artifacts, folder / "console.log");
    logs.harness = keep(artifacts, folder / "harness.log");
    read_harness(folder / "harness.log", unit, logs);
    return logs;
}

int close_open_trials(store::Store& store, std::int64_t job, const LogsOfTrials& logs, Cause cause,
                      const std::string& detail) {
    auto open = store.trials(job);
    std::erase_if(open, [](const model::Trial& trial) { return trial.outcome.has_value(); });
    if (open.empty()) return 0;
    const auto reports = store.reports(job);
    model::TrialOutcome left;
    left.cause = cause;
    left.detail = detail;
    if (const auto of = store.job(job); of && of->workload) left.unit = of->workload->unit;
    for (auto& trial : open) {
        const auto found = logs.find(trial.id);
        const LeftLogs* kept = found == logs.end() ? nullptr : &found->second;
        const Shown shown = shown_by(trial.id, reports);
        trial.outcome = judge(trial, shown, kept, left);
        trial.reports = shown.ids;
        if (kept != nullptr) {
            trial.console = kept->console;
            trial.harness = kept->harness;
        }
        value_or_throw(store.close_trial(trial));
    }
    return static_cast<int>(open.size());
}

asio::awaitable<void> close_left_trials(const Services& services, std::int64_t id) {
    const auto read = [id](store::Store& s) { return s.trials(id); };
    auto open = co_await services.store->call(read);
    std::erase_if(open, [](const model::Trial& trial) { return trial.outcome.has_value(); });
    if (open.empty()) co_return;
    const auto read_job = [id](store::Store& s) { return s.job(id); };
    const auto job = co_await services.store->call(read_job);
    const auto unit = job && job->workload ? job->workload->unit : model::TrialOutcome{}.unit;
    std::vector<fs::path> files;
    std::error_code code;
    for (const auto& trial : open)
        for (const auto* name : {"console.log", "harness.log"})
            if (const auto file = run_folder(services, trial.id) / name; fs::exists(file, code))
                files.push_back(file);
    co_await keep_files(services, id, files, Absent::empty);
    const auto keep = [&services, open, unit] { return keep_logs(services, open, unit); };
    const auto logs = co_await util::run_on(*services.pool, keep);
    const auto close = [id, logs](store::Store& s) {
        return close_open_trials(s, id, logs, Cause::interrupted,
                                 "krepro ended while this trial ran");
    };
    co_await services.store->call(close);
    std::error_code ignored;
    for (const auto& trial : open) fs::remove_all(run_folder(services, trial.id), ignored);
}

}  // namespace krepro::pipeline
