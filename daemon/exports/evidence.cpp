// SPDX-License-Identifier: Apache-2.0
#include "exports/evidence.hpp"

#include <fmt/format.h>

#include "util/hash.hpp"

namespace krepro::exports {

std::vector<const model::StoredReport*> reports_of(const Evidence& evidence, std::int64_t trial) {
    std::vector<const model::StoredReport*> found;
    for (const auto& report : evidence.reports)
        if (report.trial == trial) found.push_back(&report);
    return found;
}

const model::StoredReport* example_of(const Evidence& evidence) {
    const model::StoredReport* best = nullptr;
    const auto rank = [](const model::StoredReport& report) {
        return (report.report.corrupted ? 0 : 2) + (report.matches_expected ? 1 : 0);
    };
    for (const auto& report : evidence.reports)
        if (report.target && (best == nullptr || rank(report) > rank(*best))) best = &report;
    return best;
}

std::string job_uid(const model::Job& job) {
    util::Sha256 hash;
    hash.add_field(job.created_at);
    hash.add_field(std::to_string(job.id));
    hash.add_field(job.spec.mail);
    return hash.hex().substr(0, 16);
}

std::string job_url(const Maker& maker, const model::Job& job) {
    return maker.url.empty() ? "" : fmt::format("{}/api/v1/jobs/{}", maker.url, job.id);
}

std::string console_url(const Maker& maker, const model::Trial& trial) {
    return maker.url.empty() ? "" : fmt::format("{}/api/v1/trials/{}/console", maker.url, trial.id);
}

std::string exposure_words(double exposure, model::ExposureUnit unit) {
    return fmt::format("{:.0f} {}", exposure, model::unit_words(unit));
}

std::string counts_words(const model::ArmCounts& counts, model::ExposureUnit unit) {
    return fmt::format("{} boot{}, {} hit{}, {} clean, {} other, {} void; {} in {:.0f} s",
                       counts.trials, counts.trials == 1 ? "" : "s", counts.hits,
                       counts.hits == 1 ? "" : "s", counts.clean, counts.other, counts.voids,
                       exposure_words(counts.exposure, unit), counts.wall_s);
}

}  // namespace krepro::exports
