// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/job.hpp"

namespace krepro::exports {

// All that is known of a job that has its verdict.
struct Evidence {
    model::Job job;
    std::vector<model::Trial> trials;          // in order of start
    std::vector<model::StoredReport> reports;  // in order of detection
};

// Who writes the document.
struct Maker {
    std::string version;
    std::string url;  // of the server, for links: "http://host:port"; empty: no links
};

// Of one trial.
[[nodiscard]] std::vector<const model::StoredReport*> reports_of(const Evidence& evidence,
                                                                 std::int64_t trial);
// The report that shows best what the job is about: the target on the arm that hits, as in the
// mail if one is. Null when no trial showed the target.
[[nodiscard]] const model::StoredReport* example_of(const Evidence& evidence);

// 16 hexadecimal digits that no other job has, on whatever machine it ran.
[[nodiscard]] std::string job_uid(const model::Job& job);

[[nodiscard]] std::string job_url(const Maker& maker, const model::Job& job);
[[nodiscard]] std::string console_url(const Maker& maker, const model::Trial& trial);

// "57 deadline-task exits"
[[nodiscard]] std::string exposure_words(double exposure, model::ExposureUnit unit);
// "3 boots, 3 hits, 0 clean, 0 other, 0 void; 57 deadline-task exits in 75 s"
[[nodiscard]] std::string counts_words(const model::ArmCounts& counts, model::ExposureUnit unit);

}  // namespace krepro::exports
