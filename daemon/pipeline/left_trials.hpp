// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "model/job.hpp"
#include "pipeline/services.hpp"

namespace krepro::pipeline {

// What a trial whose process was killed has left in its folder.
struct LeftLogs {
    std::string console, harness;    // artifacts
    bool ready = false;              // the workload had begun
    std::optional<double> exposure;  // to the end of the harness's log; nothing when not known
    double guest_s = 0;
};
using LogsOfTrials = std::map<std::int64_t, LeftLogs>;

// Keeps the serial logs as artifacts and reads how far the guest had come. Blocks.
[[nodiscard]] LeftLogs keep_left_logs(const store::Artifacts& artifacts,
                                      const std::filesystem::path& folder,
                                      model::ExposureUnit unit);

// Closes the job's open trials by what is on record of them: one whose target was reported has hit,
// one of the patched kernel that reported something else is `other`, the rest is void with `cause`.
// A hit without the patch is void when its exposure is not known: it must not come out too small.
// Returns how many. Runs on the store's thread.
int close_open_trials(store::Store& store, std::int64_t job, const LogsOfTrials& logs,
                      model::Cause cause, const std::string& detail);

// Both for the trials that a killed krepro has left open; their folders go.
boost::asio::awaitable<void> close_left_trials(const Services& services, std::int64_t job);

}  // namespace krepro::pipeline
