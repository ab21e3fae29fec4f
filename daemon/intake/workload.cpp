// SPDX-License-Identifier: Apache-2.0
#include "intake/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

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
// and exit under SCHED_DEADLINE. But a task that holds a lock keeps it while it waits for its next
// share, and guests stall (docs/measured.md): the larger U, the less often it waits. More vCPUs
// than the host has cores only take turns; two are there everywhere.
constexpr Amplification k_rule;
// As images/init/settings.hpp has it.
constexpr const char* k_metrics_path = "/tmp/krepro-metrics.yaml";
constexpr std::int64_t k_default_period_ns = 1'000'000'000;
// Operations are told at an iteration's end, and a hit waits for it: emulated, up to three times as
// long. A trial of 240 s has room for a slow boot and one such iteration.
constexpr double k_longest_counted_s = 60;

// How the changes begin that only make a workload ready for the guest, or say where it is from.
constexpr std::string_view k_sudo_change = "sudo -> ";
constexpr std::string_view k_metrics_change = "--yaml (absent) -> ";
constexpr std::string_view k_vcpus_change = "vCPUs for admission ";
constexpr std::array k_preparations{k_sudo_change, k_metrics_change, k_vcpus_change,
                                    k_tuned_change};

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

// What the command asks for, whatever there is.
int wanted_vcpus(const StressCommand& command, int max_vcpus) {
    const int instances = instances_of(command, max_vcpus);
    const int wanted = is_deadline(command) ? vcpus_to_admit(instances, share_of(command))
                                            : std::min(instances, k_most_plain_vcpus);
    return std::max(wanted, k_fewest_vcpus);
}

// krepro-init reads the file when an iteration has ended. A command that writes metrics of its own
// keeps them, and its exposure is counted in guest seconds.
void count_operations(StressScript script, Workload& workload) {
    auto& command = script.command;
    for (const auto* taken : {"yaml", "Y", "log-file"})
        if (command.value(taken)) return;
    if (!command.has("metrics") && !command.has("metrics-brief")) command.add("metrics-brief");
    command.set("yaml", k_metrics_path);
    workload.script = as_script(script.text());
    workload.unit = ExposureUnit::bogo_ops;
    workload.changes.push_back(fmt::format("{}{}: exposure is counted in stress-ng's operations",
                                           k_metrics_change, k_metrics_path));
}

// With fewer than admission asks for, the workload is the mail's and works less well.
void note_missing_vcpus(const StressCommand& command, int wanted, Workload& workload) {
    if (!is_deadline(command) || wanted <= workload.vcpus) return;
    const double share = share_of(command);
    workload.changes.push_back(fmt::format(
        "{}{} -> {}: a VM has no more here, and {} deadline tasks are admitted on them",
        k_vcpus_change, wanted, workload.vcpus, admitted_deadline_tasks(workload.vcpus, share, 1)));
}

Workload plan_verbatim(const StressScript& script, int max_vcpus) {
    const auto& command = script.command;
    Workload workload;
    workload.name = name_of(command);
    workload.script = as_script(script.text());
    const int wanted = wanted_vcpus(command, max_vcpus);
    workload.vcpus = std::min(wanted, max_vcpus);
    workload.memory_mib = memory_for(instances_of(command, workload.vcpus));
    workload.iteration_s = command.timeout_s().value_or(0);
    if (is_deadline(command))
        workload.unit = ExposureUnit::deadline_exits;
    else if (workload.iteration_s > 0 && workload.iteration_s <= k_longest_counted_s)
        count_operations(script, workload);
    if (command.had_sudo())
        workload.changes.push_back(
            fmt::format("{}nothing: the guest's only user is root", k_sudo_change));
    note_missing_vcpus(command, wanted, workload);
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

void amplify_share(Amplifier& amplifier, double wanted, int vcpus) {
    const double share = share_of(amplifier.command());
    if (share <= wanted) return;
    auto period = amplifier.command().integer("sched-period");
    if (!period || *period <= 0) {
        period = amplifier.command().integer("sched-deadline").value_or(0);
        if (*period <= 0) period = k_default_period_ns;
        amplifier.change("sched-period", std::to_string(*period), "the runtime is a share of it");
    }
    if (!amplifier.command().integer("sched-deadline"))
        amplifier.change("sched-deadline", std::to_string(*period), "as long as the period");
    const auto runtime = std::llround(static_cast<double>(*period) * wanted);
    const auto admitted = admitted_deadline_tasks(vcpus, wanted, 1);
    amplifier.change("sched-runtime", std::to_string(runtime),
                     fmt::format("U = runtime/period {:.3g} -> {:.3g}; the wait after an exit, "
                                 "W = x(1/U - 1), grows from {:.3g}x to {:.3g}x, and {} tasks are "
                                 "admitted on {} vCPUs",
                                 share, wanted, 1 / share - 1, 1 / wanted - 1, admitted, vcpus));
}

void amplify_instances(Amplifier& amplifier, int each, int vcpus) {
    const int instances = each * vcpus;
    for (const auto& stressor : amplifier.command().stressors()) {
        if (stressor.instances == instances) continue;
        amplifier.change(stressor.name, std::to_string(instances),
                         each == 1
                             ? "one a vCPU leaves the admission's slots to the children, "
                               "whose exits are the trigger"
                             : "more of them have more children, whose exits are the trigger");
    }
}

void amplify_timeout(Amplifier& amplifier, int timeout_s) {
    const auto timeout = amplifier.command().timeout_s();
    if (timeout && *timeout > 0 && *timeout <= timeout_s) return;
    amplifier.change("timeout", std::to_string(timeout_s),
                     "exits crowd at an iteration's end: shorter iterations have more of them");
}

Workload amplify(StressScript script, const Amplification& wanted, int max_vcpus) {
    const auto verbatim = plan_verbatim(script, max_vcpus);
    auto workload = verbatim;
    workload.form = WorkloadForm::amplified;
    // Of the verbatim form: this one has vCPUs of its own.
    std::erase_if(workload.changes,
                  [](const std::string& change) { return change.starts_with(k_vcpus_change); });
    workload.vcpus = std::min(wanted.vcpus, max_vcpus);
    Amplifier amplifier(script, workload);
    amplify_share(amplifier, wanted.share, workload.vcpus);
    amplify_instances(amplifier, wanted.instances_each, workload.vcpus);
    amplify_timeout(amplifier, wanted.timeout_s);
    workload.memory_mib =
        wanted.memory_factor * memory_for(instances_of(script.command, workload.vcpus));
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

// vCPUs, share, instances a vCPU, seconds, memory.
constexpr std::array k_deadline_sweep{
    k_rule,
    Amplification{2, 0.1, 1, 3, 1},
    Amplification{2, 0.3, 1, 3, 1},
    Amplification{2, 0.2, 2, 3, 1},
    Amplification{2, 0.1, 2, 3, 1},
    Amplification{4, 0.2, 1, 3, 1},
    Amplification{4, 0.1, 1, 3, 1},
    Amplification{2, 0.2, 1, 3, 2},
};
constexpr std::array k_plain_vcpus{1, 2, 4, 8};

std::vector<Amplification> plain_sweep(const Workload& planned) {
    Amplification as_planned;
    as_planned.vcpus = planned.vcpus;
    std::vector<Amplification> sweep{as_planned};
    for (const int vcpus : k_plain_vcpus) {
        sweep.push_back(as_planned);
        sweep.back().vcpus = vcpus;
    }
    sweep.push_back(as_planned);
    sweep.back().memory_factor = 2;
    return sweep;
}

// Where no rule says what hits sooner, the machine's size is all that can be changed.
void resize(Workload& workload, const Amplification& wanted, int max_vcpus) {
    const auto note = [&](const char* unit, int& slot, int to) {
        if (slot == to) return;
        workload.changes.push_back(fmt::format("{} {} -> {}: tried by a sweep", slot, unit, to));
        slot = to;
    };
    note("vCPUs", workload.vcpus, std::min(wanted.vcpus, max_vcpus));
    note("MiB", workload.memory_mib, wanted.memory_factor * workload.memory_mib);
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
    // Only the deadline loops have a rule that says what hits sooner.
    if (script && form == WorkloadForm::amplified && is_deadline(script->command))
        return amplify(*script, k_rule, max_vcpus);
    auto workload =
        script ? plan_verbatim(*script, max_vcpus) : plan_script(reproducer.command, max_vcpus);
    workload.form = form;
    return workload;
}

bool differs_from_mail(const Workload& workload) {
    return std::any_of(
        workload.changes.begin(), workload.changes.end(), [](const std::string& change) {
            return std::none_of(
                k_preparations.begin(), k_preparations.end(),
                [&](std::string_view preparation) { return change.starts_with(preparation); });
        });
}

Result<Workload> plan_amplified(const model::Reproducer& reproducer, const Amplification& wanted,
                                int max_vcpus) {
    auto workload = plan_workload(reproducer, WorkloadForm::amplified, max_vcpus);
    if (!workload) return workload;
    const auto script = find_stress_line(reproducer.command);
    if (script && is_deadline(script->command)) return amplify(*script, wanted, max_vcpus);
    resize(*workload, wanted, max_vcpus);
    return workload;
}

std::vector<Amplification> amplifications_to_try(const model::Reproducer& reproducer,
                                                 int max_vcpus) {
    const auto script = find_stress_line(reproducer.command);
    const auto base = plan_workload(reproducer, WorkloadForm::amplified, max_vcpus);
    if (!base) return {};
    const bool deadline = script && is_deadline(script->command);
    std::vector<Amplification> found;
    std::vector<Workload> planned;
    for (const auto& wanted : deadline
                                  ? std::vector(k_deadline_sweep.begin(), k_deadline_sweep.end())
                                  : plain_sweep(*base)) {
        if (wanted.vcpus > std::max(max_vcpus, base->vcpus)) continue;
        const auto workload = plan_amplified(reproducer, wanted, max_vcpus);
        if (!workload || std::find(planned.begin(), planned.end(), *workload) != planned.end())
            continue;
        planned.push_back(*workload);
        found.push_back(wanted);
    }
    return found;
}

}  // namespace krepro::intake
