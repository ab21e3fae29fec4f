// SPDX-License-Identifier: Apache-2.0
// The part of JobRun that boots VMs.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pipeline/choose_accelerator.hpp"
#include "pipeline/guest_boot.hpp"
#include "pipeline/iterations.hpp"
#include "pipeline/job_run.hpp"
#include "pipeline/keep_files.hpp"
#include "pipeline/tuned.hpp"
#include "report/scanner.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"
#include "vm/accelerator.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::ArmName;
using util::value_or_throw;

namespace {

constexpr double k_shortest_trial_s = 30;  // less would be boot alone
constexpr int k_fatal_failures = 3;        // of libvirt or the harness, in a row: no accident
constexpr std::chrono::seconds k_heartbeat_pace{2};  // of the history, not of the guest
// A guest may say what it likes: of one trial so much is kept in the history. The consoles have it
// all, up to their own limit.
constexpr int k_most_reports = 100;
constexpr int k_most_targets = 10;
constexpr int k_most_events = 200;

util::InfraError machine_conflict(std::string what) {
    return util::InfraError({util::ErrorKind::conflict, std::move(what), "this job's first trials",
                             "submit it again: trials on different machines do not add up"});
}

}  // namespace

vm::BootSpec JobRun::boot_spec(const std::string& name, ArmName arm,
                               model::WorkloadForm form) const {
    const auto& used = workloads_.at(form);
    auto boot = guest_boot({arms_.at(arm).kernel, images_.at(form), accelerator_});
    boot.name = name;
    boot.vcpus = used.vcpus;
    boot.memory_mib = used.memory_mib;
    return boot;
}

asio::awaitable<void> JobRun::choose_machine() {
    const auto read = [id = job_.id, steps = steps_](store::Store& s) {
        auto kept = kept_machine(s, id);
        for (const auto& step : steps)
            if (!kept) kept = kept_machine(s, step.job);
        return kept;
    };
    const auto kept = co_await services_.store->call(read);
    const std::function<asio::awaitable<vm::BootSpec>()> boot = [this] { return probe_boot(); };
    const std::function<void(const std::string&)> tell = [this](const std::string& text) {
        recorder_.event("log", {{"text", text}});
    };
    // An emulated guest runs anywhere.
    const bool emulated = kept && kept->accelerator == "tcg";
    if (emulated)
        accelerator_ = kept->accelerator;
    else
        accelerator_ = co_await choose_accelerator(services_, boot, tell);
    if (kept && kept->accelerator != accelerator_)
        throw machine_conflict(
            fmt::format("the first trials of this job ran under {}, and now "
                        "there is only {}",
                        kept->accelerator, accelerator_));
    co_await recall_tuned();
    co_await choose_at_once(kept ? kept->at_once : 0);
}

asio::awaitable<vm::BootSpec> JobRun::probe_boot() {
    const auto form = job_.workload->form;
    workload(form);
    co_await image(form);
    co_return boot_spec(fmt::format("{}{}-probe", services_.vm_prefix, job_.id), ArmName::unpatched,
                        form);
}

// What `krepro tune` has found for this bug here takes the place of the rule's amplified form. Not
// when trials of that form are on record: one job holds to one workload, and one bisection too.
asio::awaitable<void> JobRun::recall_tuned() {
    if (job_.spec.workload == model::WorkloadForm::verbatim || is_later_step()) co_return;
    const auto key = tuned_key(job_, vm::host_fingerprint(), accelerator_);
    if (key.empty()) co_return;
    const auto read = [key, id = job_.id](store::Store& s) -> std::optional<model::Json> {
        const auto trials = s.trials(id);
        const bool begun = std::any_of(trials.begin(), trials.end(), [](const auto& trial) {
            return trial.form == model::WorkloadForm::amplified;
        });
        return begun ? std::nullopt : s.fact(key);
    };
    const auto known = co_await services_.store->call(read);
    const auto tuned = known ? model::from_json<Tuned>(*known) : util::Result<Tuned>();
    if (!known || !tuned) co_return;
    workloads_[model::WorkloadForm::amplified] = workload_of(*tuned);
    images_.erase(model::WorkloadForm::amplified);
    recorder_.event("log", {{"text", "the amplified workload is the one that was tuned here at " +
                                         tuned->measured_at}});
    if (job_.spec.workload == model::WorkloadForm::automatic) co_return;
    job_.workload = workload(model::WorkloadForm::amplified);
    co_await save();
}

asio::awaitable<void> JobRun::begin_trial(verdict::RunTrial next) {
    if (control_->cause()) throw JobStopped{*control_->cause()};
    if (next.pause_s > 0) co_await tasks_.pause(next.pause_s);
    // The kernel without the patch has said what the bug is, before the other one is asked.
    if (next.arm == ArmName::patched) co_await settle_target(target_without_patch);
    co_await take_form(next.form);

    // The row is there before the VM is, so that a trial can be missing in no history.
    model::Trial trial;
    trial.job = job_.id;
    trial.arm = next.arm;
    trial.form = next.form;
    trial.accelerator = accelerator_;
    trial.vcpus = job_.workload->vcpus;
    trial.memory_mib = job_.workload->memory_mib;
    const auto open = [trial, machine = Machine{accelerator_, held_at_once_}](store::Store& s) {
        keep_machine(s, trial.job, machine);
        return s.add_trial(trial);
    };
    trial = co_await services_.store->call(open);
    recorder_.event("trial", {{"trial", trial.id},
                              {"arm", model::to_string(trial.arm)},
                              {"number", trial.number},
                              {"state", "started"},
                              {"exposure_goal", next.exposure_goal}});
    ++trials_running_;
    paces_[trial.form].begin_trial(*at_once_, std::chrono::steady_clock::now());
    give_way();
    // From here until its row is closed a request goes to the trial: what it has shown is kept,
    // even when krepro is stopped while the console is being stored.
    tasks_.begin(run_trial(std::move(trial), next, control_->begin_trial()));
}

asio::awaitable<void> JobRun::run_trial(model::Trial trial, verdict::RunTrial next,
                                        std::shared_ptr<vm::TrialCancel> cancel) {
    const std::shared_ptr<void> guard(nullptr, [this, cancel, form = trial.form](void*) {
        control_->end_trial(cancel);
        --trials_running_;
        paces_[form].end_trial(std::chrono::steady_clock::now());
    });
    auto outcome = co_await boot_and_watch(trial, next, cancel);
    const bool failed = outcome.cause == model::Cause::infrastructure;
    const std::string detail = outcome.detail;
    if (outcome.kind != model::OutcomeKind::none) paces_[trial.form].add_exposure(outcome.exposure);
    co_await close(std::move(trial), std::move(outcome));
    infrastructure_failures_ = failed ? infrastructure_failures_ + 1 : 0;
    if (infrastructure_failures_ >= k_fatal_failures)
        throw util::InfraError({util::ErrorKind::unavailable, "VMs cannot be run: " + detail,
                                fmt::format("{} trials in a row", k_fatal_failures),
                                "see `krepro doctor`, then submit the job again"});
    if (control_->cause()) throw JobStopped{*control_->cause()};
}

asio::awaitable<void> JobRun::wait() {
    give_way();
    co_await tasks_.wait();
}

// A build takes what trials leave over, and all there is when none runs.
void JobRun::give_way() {
    if (priority_)
        priority_->set(trials_running_ > 0 ? util::Share::background : util::Share::normal);
}

asio::awaitable<void> JobRun::end_tasks() {
    control_->end_trials(control_->cause().value_or(model::Cause::not_needed));
    tasks_.cancel();
    co_await tasks_.settle();
}

verdict::Able JobRun::able() const {
    return {arms_.contains(ArmName::patched), at_once_.value_or(1)};
}

// `auto` goes on to the next form: with its own VM, and with what earlier jobs saw of it.
asio::awaitable<void> JobRun::take_form(model::WorkloadForm form) {
    co_await image(form);
    if (job_.workload == workload(form)) co_return;
    job_.workload = workload(form);
    fit_at_once();
    co_await recall_earlier_evidence();
    co_await save();
}

// `held`: how many the trials on record ran side by side; 0 when that is still to be chosen.
asio::awaitable<void> JobRun::choose_at_once(int held) {
    const auto& used = workload(job_.workload->form);
    const auto room = services_.room ? *services_.room : room_here();
    const int most = most_at_once(room, accelerator_, used);
    const auto key = pace_key(vm::host_fingerprint(), accelerator_, used);
    const auto read = [key](store::Store& s) { return s.fact(key); };
    const auto known = co_await services_.store->call(read);
    Paces paces;
    if (known)
        if (const auto read_paces = model::from_json<Paces>(*known)) paces = *read_paces;
    held_at_once_ = held > 0 ? held : pipeline::choose_at_once(paces, most);
    fit_at_once();
    if (most > 1 || held_at_once_ > 1)
        recorder_.event("log", {{"text", fmt::format("{} trials at once; this host has room for {}",
                                                     *at_once_, most)}});
}

void JobRun::fit_at_once() {
    const auto room = services_.room ? *services_.room : room_here();
    at_once_ = fitting_at_once(held_at_once_, room, accelerator_, *job_.workload);
}

asio::awaitable<void> JobRun::remember_paces() {
    // One behind the other: a script is the same in both forms, and has one pace.
    std::vector<std::pair<std::string, Pace>> measured;
    for (const auto& [form, meter] : paces_)
        measured.emplace_back(pace_key(vm::host_fingerprint(), accelerator_, workload(form)),
                              meter.pace());
    const auto keep = [measured](store::Store& s) {
        for (const auto& [key, pace] : measured) {
            Paces paces;
            if (const auto known = s.fact(key))
                if (const auto read = model::from_json<Paces>(*known)) paces = *read;
            s.put_fact(key, model::to_json(with_pace(std::move(paces), pace)));
        }
    };
    co_await services_.store->call(keep);
}

asio::awaitable<model::TrialOutcome> JobRun::boot_and_watch(
    const model::Trial& trial, const verdict::RunTrial& next,
    std::shared_ptr<vm::TrialCancel> cancel) {
    const auto& used = workload(trial.form);
    const auto folder = run_folder(services_, trial.id);
    value_or_throw(util::make_fresh_folder(folder));
    vm::TrialRun run;
    run.boot = boot_spec(fmt::format("{}{}-{}", services_.vm_prefix, job_.id, trial.id), trial.arm,
                         trial.form);
    run.boot.console = folder / "console.log";
    run.boot.harness = folder / "harness.log";
    run.limits.exposure_goal = next.exposure_goal;
    if (next.boot_exposure > 0)
        run.limits.exposure_goal = std::min(next.exposure_goal, next.boot_exposure);
    run.limits.wall_s = std::clamp(next.wall_s, k_shortest_trial_s, run.limits.wall_s);
    run.limits.iterations = iterations_of(used);
    run.limits.iteration_s = used.iteration_s;
    run.limits.unit = used.unit;
    run.limits.past_hit = next.past_hit;
    run.limits.arm = trial.arm;
    run.hooks = hooks_for(trial);
    run.cancel = std::move(cancel);
    try {
        co_return co_await vm::run_trial(*services_.host, std::move(run));
    } catch (const util::InfraError& error) {
        spdlog::warn("trial {}: {}", trial.id, error.what());
        model::TrialOutcome outcome;
        outcome.cause = model::Cause::infrastructure;
        outcome.detail = error.what();
        outcome.unit = used.unit;
        co_return outcome;
    }
}

// Whether this report is the bug the job is about: by the mail's own trace, or, without one, by its
// signature. Before that is settled each trial takes its own first report under load for it.
bool JobRun::is_target(const model::StoredReport& stored, Candidate& candidate) const {
    if (stored.match) return stored.matches_expected;
    if (!speaks_against_a_patch(stored.report)) return false;
    if (!job_.target_signature.empty()) return stored.report.signature == job_.target_signature;
    if (!candidate.ready) return false;
    if (candidate.signature.empty()) candidate.signature = stored.report.signature;
    return stored.report.signature == candidate.signature;
}

model::StoredReport JobRun::to_store(const model::Trial& trial, const model::Report& report,
                                     Candidate& candidate) const {
    model::StoredReport stored;
    stored.job = job_.id;
    stored.trial = trial.id;
    stored.arm = trial.arm;
    stored.at = util::now_iso8601();
    stored.report = report;
    if (has_trace(job_)) {
        stored.match = report::compare(*job_.expected, report);
        stored.matches_expected = stored.match->same_bug;
    }
    stored.target = is_target(stored, candidate);
    return stored;
}

// The trials on record say what it is, so a kill in between changes nothing.
asio::awaitable<void> JobRun::settle_target(std::string (*choose)(store::Store&,
                                                                  const model::Job&)) {
    if (has_trace(job_) || !job_.target_signature.empty()) co_return;
    const auto settle = [choose, job = job_](store::Store& s) {
        auto target = choose(s, job);
        if (target.empty()) return target;
        for (auto report : s.reports(job.id)) {
            if (!report.target || report.report.signature == target) continue;
            report.target = false;
            value_or_throw(s.update_report(report));
        }
        return target;
    };
    job_.target_signature = co_await services_.store->call(settle);
    if (!job_.target_signature.empty()) co_await save();
}

// Trials side by side share what is left.
std::optional<double> JobRun::seconds_left() const {
    if (!time_left_) return std::nullopt;
    const double side_by_side = std::max(1, at_once_.value_or(1));
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - looked_at_;
    return time_left_->after(since.count() * side_by_side) / side_by_side;
}

vm::TrialHooks JobRun::hooks_for(const model::Trial& trial) {
    vm::TrialHooks hooks;
    // Shared by the two hooks, which the trial owns.
    const auto candidate = std::make_shared<Candidate>();
    hooks.on_report = [this, trial, candidate, room = k_most_reports,
                       targets = k_most_targets](const model::Report& report) mutable {
        const auto stored = to_store(trial, report, *candidate);
        if (stored.matches_expected && job_.target_signature.empty())
            job_.target_signature = report.signature;
        if ((stored.target ? targets : room)-- > 0) recorder_.report(stored);
        return stored.target;
    };
    using Clock = std::chrono::steady_clock;
    hooks.on_harness = [this, trial, candidate, last = Clock::time_point{}, room = k_most_events](
                           const model::HarnessEvent& event, double exposure) mutable {
        candidate->ready |= event.type == model::HarnessType::ready;
        const bool beat = event.type == model::HarnessType::heartbeat;
        const auto now = Clock::now();
        if (beat ? now - last < k_heartbeat_pace : room-- <= 0) return;
        if (beat) last = now;
        auto data = model::to_json(event);
        data["trial"] = trial.id;
        data["arm"] = model::to_string(trial.arm);
        data["exposure"] = exposure;
        data["left_s"] = model::to_json(seconds_left());
        recorder_.event("heartbeat", std::move(data));
    };
    return hooks;
}

asio::awaitable<void> JobRun::close(model::Trial trial, model::TrialOutcome outcome) {
    const auto folder = run_folder(services_, trial.id);
    const std::vector<fs::path> logs{folder / "console.log", folder / "harness.log"};
    const auto kept = co_await keep_files(services_, trial.job, logs, Absent::empty);
    trial.console = kept[0];
    trial.harness = kept[1];
    trial.outcome = std::move(outcome);
    const auto close_row = [trial](store::Store& s) mutable {
        for (const auto& report : s.reports(trial.job))
            if (report.trial == trial.id) trial.reports.push_back(report.id);
        return s.close_trial(trial);
    };
    value_or_throw(co_await services_.store->call(close_row));
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    recorder_.event("trial", {{"trial", trial.id},
                              {"arm", model::to_string(trial.arm)},
                              {"number", trial.number},
                              {"state", "ended"},
                              {"outcome", model::to_json(*trial.outcome)}});
    if (symbols_) symbols_->look();
    co_await save();  // the target's signature, when this trial was the first to show it
}

}  // namespace krepro::pipeline
