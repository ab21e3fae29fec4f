// SPDX-License-Identifier: Apache-2.0
#include "pipeline/bundle.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "exports/bundle.hpp"
#include "image/image.hpp"
#include "pipeline/guest_boot.hpp"
#include "pipeline/iterations.hpp"
#include "util/offload.hpp"
#include "vm/run_monitor.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

// A guest that powers off by itself after as many iterations as krepro's own trials run.
Result<exports::BundleParts> parts_of(const Services& services, exports::Evidence evidence) {
    const auto id = evidence.job.id;
    if (!evidence.job.workload)
        return fail(ErrorKind::conflict, "the job has no workload", fmt::format("job {}", id),
                    "its problem says why");
    const auto& workload = *evidence.job.workload;
    const vm::TrialLimits limits;
    exports::BundleParts parts;
    parts.iterations = iterations_of(workload);
    parts.command_line = guest_boot({}).command_line;
    parts.boot_s = limits.boot_s;
    parts.wall_s = limits.wall_s;
    parts.artifact = [artifacts = services.artifacts](const std::string& hash) {
        return artifacts->path(hash);
    };
    const auto image = image::find_parts(services.init);
    if (!image) return tl::unexpected(image.error());
    image::InitSettings settings;
    settings.iterations = parts.iterations;
    auto bytes = image::make_initramfs(*image, workload, settings);
    if (!bytes) return tl::unexpected(bytes.error());
    parts.initramfs = std::move(*bytes);
    parts.evidence = std::move(evidence);
    return parts;
}

Result<util::Fd> write_nameless(const Services& services, const exports::Evidence& evidence) {
    const auto parts = parts_of(services, evidence);
    if (!parts) return tl::unexpected(parts.error());
    std::error_code code;
    fs::create_directories(services.runs, code);
    const auto folder = util::TempDir::make(services.runs, "bundle");
    if (!folder) return tl::unexpected(folder.error());
    const auto path = folder->path() / "bundle.tar.zst";
    if (auto written = exports::write_bundle(*parts, path); !written)
        return tl::unexpected(written.error());
    util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid())
        return fail(ErrorKind::unavailable, std::generic_category().message(errno), path.string());
    return file;
}

}  // namespace

asio::awaitable<Result<util::Fd>> make_bundle(const Services& services, std::int64_t job) {
    struct Found {
        std::optional<model::Job> job;
        std::vector<model::Trial> trials;
        std::vector<model::StoredReport> reports;
    };
    const auto read = [job](store::Store& s) {
        return Found{s.job(job), s.trials(job), s.reports(job)};
    };
    auto found = co_await services.store->call(read);
    if (!found.job)
        co_return fail(ErrorKind::not_found, fmt::format("there is no job {}", job), "job");
    // Before the work: a job on its way has nothing to repeat.
    if (!found.job->verdict)
        co_return fail(ErrorKind::conflict, "the job has no verdict yet",
                       fmt::format("job {}", job), "wait until it is done");
    const exports::Evidence evidence{std::move(*found.job), std::move(found.trials),
                                     std::move(found.reports)};
    const auto write = [&services, evidence] { return write_nameless(services, evidence); };
    auto& pool = services.packing != nullptr ? *services.packing : *services.pool;
    co_return co_await util::run_on(pool, write);
}

}  // namespace krepro::pipeline
