// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/json.hpp"
#include "model/workload.hpp"

namespace krepro::model {

enum class ArmName { unpatched, patched };

template <>
struct EnumNames<ArmName> {
    static constexpr std::array k_names{std::pair{ArmName::unpatched, "unpatched"},
                                        std::pair{ArmName::patched, "patched"}};
};

enum class OutcomeKind {
    hit,    // the target bug
    clean,  // no report while the detector was alive and the workload effective
    other,  // another splat, a panic or a hang under load
    none,   // "void": no evidence; retried
};

template <>
struct EnumNames<OutcomeKind> {
    static constexpr std::array k_names{
        std::pair{OutcomeKind::hit, "hit"}, std::pair{OutcomeKind::clean, "clean"},
        std::pair{OutcomeKind::other, "other"}, std::pair{OutcomeKind::none, "void"}};
};

// Why a trial ended the way it did, where hit and clean do not say it all.
enum class Cause {
    no_boot,                  // the VM ended before "ready" without a word
    boot_hang,                // no "ready" within its time, or no console progress
    early_exit,               // the VM ended under load and the console does not say why
    lockdep_absent,           // the kernel has no lockdep
    lockdep_off_early,        // lockdep was off before the workload began
    lockdep_off_unexplained,  // lockdep went off without a report that was recognized
    heartbeat_stale,          // the harness fell silent under load
    workload_refused,         // stress-ng was refused (EBUSY, no resource)
    workload_without_effect,  // no deadline task was ever admitted, or none ever exited
    out_of_memory,
    host_stall,  // the host was too slow: RCU stall or soft lockup under TCG
    host_suspended,
    interrupted,     // krepro was stopped or killed
    cancelled,       // the job was cancelled
    not_needed,      // the job had its answer before this trial had ended
    uncounted,       // the target hit, but how much work that took is not known
    infrastructure,  // libvirt, QEMU or the disk failed
    other_report,    // a splat that is not the target
    panic,           // the kernel panicked
    hang,            // the kernel hung under load
    stall,           // the patched kernel reported a stall (RCU, soft lockup) under load
    console_flood,   // more console output than a trial may have
};

template <>
struct EnumNames<Cause> {
    static constexpr std::array k_names{
        std::pair{Cause::no_boot, "no_boot"},
        std::pair{Cause::boot_hang, "boot_hang"},
        std::pair{Cause::early_exit, "early_exit"},
        std::pair{Cause::lockdep_absent, "lockdep_absent"},
        std::pair{Cause::lockdep_off_early, "lockdep_off_early"},
        std::pair{Cause::lockdep_off_unexplained, "lockdep_off_unexplained"},
        std::pair{Cause::heartbeat_stale, "heartbeat_stale"},
        std::pair{Cause::workload_refused, "workload_refused"},
        std::pair{Cause::workload_without_effect, "workload_without_effect"},
        std::pair{Cause::out_of_memory, "out_of_memory"},
        std::pair{Cause::host_stall, "host_stall"},
        std::pair{Cause::host_suspended, "host_suspended"},
        std::pair{Cause::interrupted, "interrupted"},
        std::pair{Cause::cancelled, "cancelled"},
        std::pair{Cause::not_needed, "not_needed"},
        std::pair{Cause::uncounted, "uncounted"},
        std::pair{Cause::infrastructure, "infrastructure"},
        std::pair{Cause::other_report, "other_report"},
        std::pair{Cause::panic, "panic"},
        std::pair{Cause::hang, "hang"},
        std::pair{Cause::stall, "stall"},
        std::pair{Cause::console_flood, "console_flood"},
    };
};

struct TrialOutcome {
    OutcomeKind kind = OutcomeKind::none;
    std::optional<Cause> cause;  // always there for `none` and `other`
    std::string detail;          // one sentence
    // Evidence while the detector was alive and the workload effective, in `unit`. For a hit it
    // runs to the first heartbeat after the hit, so that it is never too small. For `none`, what
    // had been gathered: no evidence, but the verdict charges it to the arm that hits.
    double exposure = 0;
    ExposureUnit unit = ExposureUnit::guest_seconds;
    int iterations = 0;             // completed
    double guest_s = 0;             // uptime at the last heartbeat
    double wall_s = 0;              // from starting the VM to its end
    std::optional<double> ready_s;  // wall time from start to "ready"
    bool lockdep_alive_at_end = false;
    std::vector<std::string> proof;  // lines of the console or the harness

    bool operator==(const TrialOutcome&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("kind", &TrialOutcome::kind), field("cause", &TrialOutcome::cause),
            field("detail", &TrialOutcome::detail), field("exposure", &TrialOutcome::exposure),
            field("unit", &TrialOutcome::unit), field("iterations", &TrialOutcome::iterations),
            field("guest_s", &TrialOutcome::guest_s), field("wall_s", &TrialOutcome::wall_s),
            field("ready_s", &TrialOutcome::ready_s),
            field("lockdep_alive_at_end", &TrialOutcome::lockdep_alive_at_end),
            field("proof", &TrialOutcome::proof));
    }
};

// One boot of one arm's kernel under the workload. A row without an outcome is running (or was,
// when krepro died).
struct Trial {
    std::int64_t id = 0;
    std::int64_t job = 0;
    ArmName arm = ArmName::unpatched;
    int number = 1;  // within the arm, from 1
    WorkloadForm form = WorkloadForm::verbatim;
    std::string accelerator;  // "kvm" or "tcg"
    int vcpus = 0;
    int memory_mib = 0;
    std::string started_at;
    std::optional<std::string> ended_at;
    std::optional<TrialOutcome> outcome;
    std::string console;                // artifact hash of ttyS0; empty while it runs
    std::string harness;                // artifact hash of ttyS1; empty while it runs
    std::vector<std::int64_t> reports;  // ids

    bool operator==(const Trial&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("id", &Trial::id), field("job", &Trial::job), field("arm", &Trial::arm),
            field("number", &Trial::number), field("form", &Trial::form),
            field("accelerator", &Trial::accelerator), field("vcpus", &Trial::vcpus),
            field("memory_mib", &Trial::memory_mib), field("started_at", &Trial::started_at),
            field("ended_at", &Trial::ended_at), field("outcome", &Trial::outcome),
            field("console", &Trial::console), field("harness", &Trial::harness),
            field("reports", &Trial::reports));
    }
};

}  // namespace krepro::model
