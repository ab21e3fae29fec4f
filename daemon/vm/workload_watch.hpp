// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "model/harness.hpp"
#include "model/trial.hpp"

namespace krepro::vm {

// Judges, from the ends of iterations, whether the workload does anything. Once is no proof, some
// in a row are; and deadline tasks that were seen to exit outweigh every message of refusal, for
// the loop works although some of its children are refused.
class WorkloadWatch {
  public:
    static constexpr int k_in_a_row = 3;

    struct Finding {
        model::Cause cause = model::Cause::workload_refused;
        std::string detail;
    };

    explicit WorkloadWatch(model::ExposureUnit unit) : unit_(unit) {}

    void on_heartbeat(const model::HarnessEvent& event);
    void on_iteration_start(const model::HarnessEvent& event);
    // `exits`: of deadline tasks, since "ready".
    std::optional<Finding> on_iteration_end(const model::HarnessEvent& event, double exits);
    // What is missing when no deadline task has exited: that any was admitted, or the exits alone.
    [[nodiscard]] std::string no_exits_words() const;

  private:
    enum class Failure { none, refused, out_of_memory, not_run, at_once };
    [[nodiscard]] Failure failure_of(const model::HarnessEvent& event) const;
    [[nodiscard]] bool ended_at_once(const model::HarnessEvent& event) const;
    [[nodiscard]] std::optional<Finding> finding_of(Failure failure,
                                                    const model::HarnessEvent& event) const;
    [[nodiscard]] bool memory_is_short() const;

    model::ExposureUnit unit_;
    Failure last_failure_ = Failure::none;
    int failures_in_a_row_ = 0;
    int without_exits_in_a_row_ = 0;
    double exits_before_ = 0;
    std::optional<double> iteration_began_;            // guest time
    std::optional<std::int64_t> most_deadline_tasks_;  // at a heartbeat, since "ready"
    std::optional<std::int64_t> least_memory_kib_;     // since the last iteration's end
};

}  // namespace krepro::vm
