// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace krepro::store {

// Tells whether a job may have changed, without asking the database. A number that is the same as
// before means that nothing of the job was written in between; one that differs means little: jobs
// share the slots, so that their memory is bounded. Thread safe.
//
// Who keeps what was read takes the number before reading: it is raised after a write is committed.
class JobVersions {
  public:
    [[nodiscard]] std::uint64_t of(std::int64_t job) const {
        return slots_[slot(job)].load(std::memory_order_acquire);
    }
    void changed(std::int64_t job) { slots_[slot(job)].fetch_add(1, std::memory_order_acq_rel); }

  private:
    static constexpr std::size_t k_slots = 1024;
    static std::size_t slot(std::int64_t job) { return static_cast<std::size_t>(job) % k_slots; }

    std::array<std::atomic<std::uint64_t>, k_slots> slots_{};
};

}  // namespace krepro::store
