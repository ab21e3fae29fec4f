// SPDX-License-Identifier: Apache-2.0
#include "intake/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "intake/workload_command.hpp"

namespace krepro::intake {
namespace {

using model::ExposureUnit;
using model::Workload;
using model::WorkloadForm;
using util::ErrorKind;
using util::fail;
using util::Result;

// The share of the CPUs that SCHED_DEADLINE may have.
constexpr double k_deadline_share = 0.95;
constexpr int k_most_instances = 4096;
constexpr int k_fewest_vcpus = 2;
constexpr int k_most_plain_vcpus = 4;
constexpr int k_mib_per_instance = 128;
constexpr int k_mib_step = 512;
constexpr int k_least_mib = 1024;
constexpr int k_most_mib = 3072;

// The amplified form. When a deadline task exits, its bandwidth is held until its zero-lag time,
// and the timer which ends that drops what may be the last reference to the task: the trigger. The
// wait after an exit is W = x(1/U - 1), x being the CPU time used since the last replenishment. A
// smaller U makes W longer and admits more tasks (floor(0.95 N / U)), so that more children live
// and exit under SCHED_DEADLINE. Below 0.05 they get too little CPU time to come to their exit.
constexpr double k_amplified_share = 0.1;
constexpr double k_share_small_enough = 0.2;
constexpr int k_amplified_vcpus = 4;
constexpr int k_amplified_timeout_s = 3;
constexpr std::int64_t k_default_period_ns = 1'000'000'000;

// A reproducer that holds exactly one simple stress-ng line, between lines that stay as they are.
struct StressScript {
    std::string before;
    StressCommand command;
    std::string after;

    [[nodiscard]] std::string text() const { return before + command.text() + "\n" + after; }
};

std::optional<StressScript> find_stress_line(std::string_view text) {
    std::optional<StressScript> found;
    for (std::size_t start = 0; start < text.size();) {
        const auto newline = text.find('\n', start);
        const auto next = newline == std::string_view::npos ? text.size() : newline + 1;
        const auto line = text.substr(start, std::min(newline, text.size()) - start);
        if (auto command = StressCommand::parse(line)) {
            if (found) return std::nullopt;
            found = StressScript{std::string(text.substr(0, start)), std::move(*command),
                                 std::string(text.substr(next))};
        }
        start = next;
    }
    return found;
}

std::string as_script(const std::string& body) {
    const std::string head = body.starts_with("#!") ? "" : "#!/bin/sh\n";
    return head + body + (body.ends_with('\n') ? "" : "\n");
}

bool is_deadline(const StressCommand& command) {
    return command.value("sched") == "deadline";
}

// U = runtime / period; 1 when the command leaves it to stress-ng, whose own values come near it.
double share_of(const StressCommand& command) {
    const auto runtime = command.integer("sched-runtime");
    auto period = command.integer("sched-period");
    if (!period || *period <= 0) period = command.integer("sched-deadline");
    if (!runtime || !period || *runtime <= 0 || *period <= 0) return 1;
    return std::min(1.0, static_cast<double>(*runtime) / static_cast<double>(*period));
}

int instances_of(const StressCommand& command, int cpus) {
    int sum = 0;
    for (const auto& stressor : command.stressors())
        sum += std::min(stressor.instances > 0 ? stressor.instances : cpus, k_most_instances);
    return std::clamp(sum, 1, k_most_instances);
}

std::string name_of(const StressCommand& command) {
    std::string name = is_deadline(command) ? "stress-ng-deadline" : "stress-ng";
    const auto stressors = command.stressors();
    return stressors.empty() ? name : name + "-" + stressors.front().name;
}

int memory_for(int instances) {
    const int wanted = instances * k_mib_per_instance;
    return std::clamp((wanted + k_mib_step - 1) / k_mib_step * k_mib_step, k_least_mib, k_most_mib);
}

// The main process, every stressor and one child of each must be admitted at the same time: with
// fewer slots the stressors take them all, and the children, whose exits matter, get EBUSY.
int vcpus_to_admit(int instances, double share) {
    const double tasks = 1.0 + 2.0 * instances;
    return static_cast<int>(std::ceil(tasks * share / k_deadline_share));
}

int verbatim_vcpus(const StressCommand& command, int max_vcpus) {
    const int instances = instances_of(command, max_vcpus);
    const int wanted = is_deadline(command) ? vcpus_to_admit(instances, share_of(command))
                                            : std::min(instances, k_most_plain_vcpus);
    return std::min(std::max(wanted, k_fewest_vcpus), max_vcpus);
}

Workload plan_verbatim(const StressScript& script, int max_vcpus) {
    const auto& command = script.command;
    Workload workload;
    workload.name = name_of(command);
    workload.script = as_script(script.text());
    workload.vcpus = verbatim_vcpus(command, max_vcpus);
    workload.memory_mib = memory_for(instances_of(command, workload.vcpus));
    workload.iteration_s = command.timeout_s().value_or(0);
    if (is_deadline(command)) workload.unit = ExposureUnit::deadline_exits;
    if (command.had_sudo())
        workload.changes.emplace_back("sudo -> nothing: the guest's only user is root");
    return workload;
}

// Changes of a command line, each written down with its reason.
class Amplifier {
  public:
    Amplifier(StressScript& script, Workload& workload) : script_(script), workload_(workload) {}

    void change(const std::string& name, const std::string& to, const std::string& why) {
        const auto from = script_.command.value(name).value_or("(absent)");
        note(script_.command.spelled(name) + " " + from, to, why);
        script_.command.set(name, to);
    }
    void note(const std::string& from, const std::string& to, const std::string& why) {
        workload_.changes.push_back(fmt::format("{} -> {}: {}", from, to, why));
    }
    [[nodiscard]] const StressCommand& command() const { return script_.command; }

  private:
    StressScript& script_;
    Workload& workload_;
};

void amplify_share(Amplifier& amplifier, int vcpus) {
    const double share = share_of(amplifier.command());
    if (share <= k_share_small_enough) return;
    auto period = amplifier.command().integer("sched-period");
    if (!period || *period <= 0) {
        period = amplifier.command().integer("sched-deadline").value_or(0);
        if (*period <= 0) period = k_default_period_ns;
        amplifier.change("sched-period", std::to_string(*period), "the runtime is a share of it");
    }
    if (!amplifier.command().integer("sched-deadline"))
        amplifier.change("sched-deadline", std::to_string(*period), "as long as the period");
    const auto runtime = std::llround(static_cast<double>(*period) * k_amplified_share);
    const auto admitted = admitted_deadline_tasks(vcpus, k_amplified_share, 1);
    amplifier.change("sched-runtime", std::to_string(runtime),
                     fmt::format("U = runtime/period {:.3g} -> {:.3g}; the wait after an exit, "
                                 "W = x(1/U - 1), grows from {:.3g}x to {:.3g}x, and {} tasks are "
                                 "admitted on {} vCPUs",
                                 share, k_amplified_share, 1 / share - 1, 1 / k_amplified_share - 1,
                                 admitted, vcpus));
}

void amplify_instances(Amplifier& amplifier, int vcpus) {
    for (const auto& stressor : amplifier.command().stressors()) {
        if (stressor.instances == vcpus) continue;
        amplifier.change(stressor.name, std::to_string(vcpus),
                         "one a vCPU leaves the admission's slots to the children, whose exits "
                         "are the trigger");
    }
}

void amplify_timeout(Amplifier& amplifier) {
    const auto timeout = amplifier.command().timeout_s();
    if (timeout && *timeout > 0 && *timeout <= k_amplified_timeout_s) return;
    amplifier.change("timeout", std::to_string(k_amplified_timeout_s),
                     "exits crowd at an iteration's end: shorter iterations have more of them");
}

Workload plan_amplified(StressScript script, int max_vcpus) {
    const auto verbatim = plan_verbatim(script, max_vcpus);
    auto workload = verbatim;
    workload.form = WorkloadForm::amplified;
    workload.vcpus = std::min(k_amplified_vcpus, max_vcpus);
    Amplifier amplifier(script, workload);
    amplify_share(amplifier, workload.vcpus);
    amplify_instances(amplifier, workload.vcpus);
    amplify_timeout(amplifier);
    workload.memory_mib = memory_for(instances_of(script.command, workload.vcpus));
    if (workload.vcpus != verbatim.vcpus)
        amplifier.note(fmt::format("{} vCPUs", verbatim.vcpus), std::to_string(workload.vcpus),
                       "at a small U admission needs no more, and fewer vCPUs run faster");
    if (workload.memory_mib != verbatim.memory_mib)
        amplifier.note(fmt::format("{} MiB", verbatim.memory_mib),
                       std::to_string(workload.memory_mib), "as the instances ask for");
    workload.script = as_script(script.text());
    workload.iteration_s = script.command.timeout_s().value_or(0);
    return workload;
}

Workload plan_script(const std::string& command, int max_vcpus) {
    Workload workload;
    workload.name = "script";
    workload.script = as_script(command);
    workload.vcpus = std::min(k_fewest_vcpus, max_vcpus);
    workload.memory_mib = k_least_mib;
    workload.iteration_s = 0;
    return workload;
}

}  // namespace

int admitted_deadline_tasks(int vcpus, double runtime_ns, double period_ns) {
    if (vcpus <= 0 || !(runtime_ns > 0) || !(period_ns > 0)) return 0;
    // The kernel divides integers; 1e-9 keeps 0.95 * 4 / 0.1 from falling to 37.
    return static_cast<int>(std::floor(k_deadline_share * vcpus * period_ns / runtime_ns + 1e-9));
}

Result<Workload> plan_workload(const model::Reproducer& reproducer, WorkloadForm form,
                               int max_vcpus) {
    if (reproducer.command.find_first_not_of(" \t\r\n") == std::string::npos)
        return fail(ErrorKind::invalid_input, "the reproducer's command is empty", "reproducer",
                    "give a script that runs one iteration");
    if (max_vcpus < 1)
        return fail(ErrorKind::invalid_input, "a VM needs at least one vCPU", "max_vcpus");
    if (form == WorkloadForm::automatic)
        return fail(ErrorKind::internal, "a workload is planned as verbatim or as amplified",
                    "workload form");
    const auto script = find_stress_line(reproducer.command);
    if (!script) return plan_script(reproducer.command, max_vcpus);
    // Only the deadline loops have a rule that says what hits sooner.
    if (form == WorkloadForm::amplified && is_deadline(script->command))
        return plan_amplified(*script, max_vcpus);
    return plan_verbatim(*script, max_vcpus);
}

}  // namespace krepro::intake
