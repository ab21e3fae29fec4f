// SPDX-License-Identifier: Apache-2.0
// The part of JobRun that boots VMs.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pipeline/job_run.hpp"
#include "report/scanner.hpp"
#include "util/clock.hpp"
#include "util/offload.hpp"
#include "vm/accelerator.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::ArmName;
using util::value_or_throw;

namespace {

constexpr double k_probe_s = 15;
constexpr int k_fatal_failures = 3;       // of libvirt or the harness, in a row: no accident
constexpr double k_heartbeat_pace_s = 2;  // of the history, not of the guest

// How many iterations one boot runs: some 40 s of load. Trials of the hit arm end early, at the
// hit; were those of the clean arm to go on for minutes, an old boot would be compared with young
// ones, and whatever breaks under long load would be laid at the patch's door: 6.1.8-rt5 stalls now
// and then under the amplified loop, with the seed's patch and without, and a boot that a hit ends
// early seldom shows it. More boots are also better evidence than longer ones.
int iterations_of(const model::Workload& workload) {
    if (workload.iteration_s <= 0) return 0;  // not known: the trial's time limits it
    return workload.form == model::WorkloadForm::amplified ? 2 : 4;
}

// A folder that QEMU's user can reach, with nothing in it.
void make_run_folder(const fs::path& folder) {
    std::error_code code;
    fs::remove_all(folder, code);
    fs::create_directories(folder, code);
    if (code)
        throw util::InfraError({util::ErrorKind::unavailable, code.message(), folder.string(),
                                "see that the disk of the state folder has room"});
    fs::permissions(folder, fs::perms(0755), code);
}

}  // namespace

vm::BootSpec JobRun::boot_spec(const std::string& name, ArmName arm,
                               const model::Workload& workload) const {
    vm::BootSpec boot;
    boot.name = name;
    boot.kernel = arms_.at(arm).kernel;
    boot.initramfs = images_.at(workload.form);
    // panic=-1: a panicked guest ends at once, after it has printed why. ramfs: the initramfs is
    // unpacked once, without tmpfs's accounting of each page.
    boot.command_line = "console=ttyS0,115200 panic=-1 rootfstype=ramfs";
    boot.vcpus = workload.vcpus;
    boot.memory_mib = workload.memory_mib;
    boot.accelerator = accelerator_;
    return boot;
}

asio::awaitable<void> JobRun::choose_accelerator() {
    accelerator_ = services_.accelerator;
    if (!accelerator_.empty()) co_return;
    const auto host = vm::host_fingerprint();
    const auto read = [](store::Store& s) { return s.fact("accelerator"); };
    if (const auto known = co_await services_.store->call(read)) {
        const auto choice = model::from_json<vm::AcceleratorChoice>(*known);
        if (choice && choice->host == host) {
            accelerator_ = choice->accelerator;
            co_return;
        }
    }
    recorder_.event("log", {{"text", "trying whether a guest boots in KVM"}});
    const auto form = job_.workload->form;
    co_await image(form);
    auto boot = boot_spec(fmt::format("{}{}-probe", services_.vm_prefix, job_.id),
                          ArmName::unpatched, workload(form));
    const auto folder = services_.runs / "probe";
    make_run_folder(folder);
    boot.console = folder / "console.log";
    boot.harness = folder / "harness.log";
    const auto choice = co_await vm::probe_accelerator(*services_.host, boot, k_probe_s);
    accelerator_ = choice.accelerator;
    const auto keep = [choice](store::Store& s) {
        s.put_fact("accelerator", model::to_json(choice));
    };
    // Only what was really tried is remembered.
    if (choice.tried) co_await services_.store->call(keep);
    recorder_.event(
        "log", {{"text", fmt::format("accelerator: {} ({})", choice.accelerator, choice.why)}});
}

asio::awaitable<void> JobRun::pause(double seconds) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> JobRun::run_trial(verdict::RunTrial next) {
    if (control_->cause()) throw JobStopped{*control_->cause()};
    if (next.pause_s > 0) co_await pause(next.pause_s);
    const auto& used = workload(next.form);
    co_await image(next.form);

    // The row is there before the VM is, so that a trial can be missing in no history.
    model::Trial trial;
    trial.job = job_.id;
    trial.arm = next.arm;
    trial.form = next.form;
    trial.accelerator = accelerator_;
    trial.vcpus = used.vcpus;
    trial.memory_mib = used.memory_mib;
    const auto open = [trial](store::Store& s) { return s.add_trial(trial); };
    trial = co_await services_.store->call(open);
    recorder_.event("trial", {{"trial", trial.id},
                              {"arm", model::to_string(trial.arm)},
                              {"number", trial.number},
                              {"state", "started"},
                              {"exposure_goal", next.exposure_goal}});
    auto outcome = co_await boot_and_watch(trial, used, next.exposure_goal);
    const bool failed = outcome.cause == model::Cause::infrastructure;
    const std::string detail = outcome.detail;
    co_await close(std::move(trial), std::move(outcome));
    infrastructure_failures_ = failed ? infrastructure_failures_ + 1 : 0;
    if (infrastructure_failures_ >= k_fatal_failures)
        throw util::InfraError({util::ErrorKind::unavailable, "VMs cannot be run: " + detail,
                                fmt::format("{} trials in a row", k_fatal_failures),
                                "see `krepro doctor`, then submit the job again"});
    if (control_->cause()) throw JobStopped{*control_->cause()};
}

asio::awaitable<model::TrialOutcome> JobRun::boot_and_watch(const model::Trial& trial,
                                                            const model::Workload& used,
                                                            double exposure_goal) {
    const auto folder = run_folder(services_, trial.id);
    make_run_folder(folder);
    vm::TrialRun run;
    run.boot =
        boot_spec(fmt::format("{}{}-{}", services_.vm_prefix, job_.id, trial.id), trial.arm, used);
    run.boot.console = folder / "console.log";
    run.boot.harness = folder / "harness.log";
    run.limits.exposure_goal = exposure_goal;
    run.limits.iterations = iterations_of(used);
    run.limits.unit = used.unit;
    run.limits.arm = trial.arm;
    run.hooks = hooks_for(trial);
    run.cancel = control_->begin_trial();
    // Whatever leaves this function, a request goes to the job again afterwards.
    const std::shared_ptr<void> guard(nullptr, [this](void*) { control_->end_trial(); });
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

// Whether this report is the bug the job is about: by the mail's own trace, or, without one, by
// the first splat that a trial shows, on whichever arm: on unpatched it is what the patch is to
// fix, on patched what it has brought.
bool JobRun::is_target(const model::StoredReport& stored) {
    if (stored.match) return stored.matches_expected;
    if (job_.target_signature.empty()) {
        const auto what = vm::classify(stored.report);
        if (what == vm::ReportClass::side || what == vm::ReportClass::stall) return false;
        job_.target_signature = stored.report.signature;
    }
    return stored.report.signature == job_.target_signature;
}

model::StoredReport JobRun::to_store(const model::Trial& trial, const model::Report& report) {
    model::StoredReport stored;
    stored.job = job_.id;
    stored.trial = trial.id;
    stored.arm = trial.arm;
    stored.at = util::now_iso8601();
    stored.report = report;
    if (job_.expected && !job_.expected->frames.empty()) {
        stored.match = report::compare(*job_.expected, report);
        stored.matches_expected = stored.match->same_bug;
    }
    stored.target = is_target(stored);
    if (stored.target && job_.target_signature.empty()) job_.target_signature = report.signature;
    return stored;
}

vm::TrialHooks JobRun::hooks_for(const model::Trial& trial) {
    vm::TrialHooks hooks;
    hooks.on_report = [this, trial](const model::Report& report) {
        const auto stored = to_store(trial, report);
        recorder_.report(stored);
        return stored.target;
    };
    hooks.on_harness = [this, trial, last = -k_heartbeat_pace_s](const model::HarnessEvent& event,
                                                                 double exposure) mutable {
        const bool beat = event.type == model::HarnessType::heartbeat;
        if (beat && event.uptime - last < k_heartbeat_pace_s) return;
        if (beat) last = event.uptime;
        auto data = model::to_json(event);
        data["trial"] = trial.id;
        data["arm"] = model::to_string(trial.arm);
        data["exposure"] = exposure;
        recorder_.event("heartbeat", std::move(data));
    };
    return hooks;
}

asio::awaitable<void> JobRun::close(model::Trial trial, model::TrialOutcome outcome) {
    const auto folder = run_folder(services_, trial.id);
    const auto keep = [artifacts = services_.artifacts,
                       folder](const char* name) -> util::Result<std::string> {
        const auto file = folder / name;
        std::error_code code;
        if (!fs::exists(file, code)) return artifacts->add_bytes("");
        return artifacts->add_file(file);
    };
    const auto keep_console = [keep] { return keep("console.log"); };
    const auto keep_harness = [keep] { return keep("harness.log"); };
    trial.console = value_or_throw(co_await util::run_on(*services_.pool, keep_console));
    trial.harness = value_or_throw(co_await util::run_on(*services_.pool, keep_harness));
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
    co_await save();  // the target's signature, when this trial was the first to show it
}

}  // namespace krepro::pipeline
