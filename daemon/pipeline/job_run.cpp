// SPDX-License-Identifier: Apache-2.0
#include "pipeline/job_run.hpp"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "image/image.hpp"
#include "pipeline/submit.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
#include "util/offload.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::ArmName;
using model::Json;
using util::value_or_throw;

namespace {

// Progress of a build is told this often at most.
constexpr std::chrono::milliseconds k_progress_pace{1000};

std::vector<std::string> changed_files(const model::Mail& mail) {
    std::vector<std::string> files;
    for (const auto& file : mail.files)
        files.push_back(file.new_path.empty() ? file.old_path : file.new_path);
    return files;
}

// Tells the history how far a build is, at a pace that people can read.
std::function<void(const build::BuildProgress&)> build_teller(const Recorder& recorder,
                                                              ArmName arm) {
    struct Pace {
        std::string step;
        std::chrono::steady_clock::time_point last;
    };
    return [recorder, arm, pace = std::make_shared<Pace>()](const build::BuildProgress& progress) {
        const auto now = std::chrono::steady_clock::now();
        if (progress.step == pace->step && now - pace->last < k_progress_pace) return;
        *pace = {progress.step, now};
        recorder.event("build", {{"arm", model::to_string(arm)},
                                 {"step", progress.step},
                                 {"objects", progress.objects},
                                 {"expected", model::to_json(progress.expected)}});
    };
}

}  // namespace

JobRun::JobRun(const Services& services, model::Job job, std::shared_ptr<JobControl> control,
               asio::any_io_executor executor)
    : services_(services),
      job_(std::move(job)),
      control_(std::move(control)),
      recorder_(std::move(executor), services, job_.id) {}

asio::awaitable<void> JobRun::save() {
    const auto update = [job = job_](store::Store& s) { return s.update_job(job); };
    value_or_throw(co_await services_.store->call(update));
    services_.bus->notify(job_.id);
}

// A job that is resumed may have been further than this: its stage never goes back.
asio::awaitable<void> JobRun::enter(model::JobStage stage) {
    if (control_->cause()) throw JobStopped{*control_->cause()};
    if (stage <= job_.stage) co_return;
    job_.stage = stage;
    co_await save();
}

asio::awaitable<void> JobRun::check_out() {
    const checkout::Progress tell = [this](const std::string& text) {
        recorder_.event("log", {{"text", text}});
    };
    pair_ = value_or_throw(co_await services_.source->prepare(job_.spec.tree, job_.mail, tell));
    job_.direction = pair_.direction;
    job_.unpatched_checkout = pair_.unpatched;
    job_.patched_checkout = pair_.patched;
    co_await save();
}

asio::awaitable<void> JobRun::build(ArmName arm) {
    if (control_->cause()) throw JobStopped{*control_->cause()};
    const auto& checkout = arm == ArmName::unpatched ? pair_.unpatched : pair_.patched;
    const build::BuildRequest request{checkout, job_.spec.profile, changed_files(job_.mail)};
    auto kernel = co_await services_.builder->find(request);
    if (!kernel) {
        const auto held = value_or_throw(co_await services_.source->select(checkout));
        const auto tell = build_teller(recorder_, arm);
        auto built = co_await services_.builder->build(request, tell);
        if (!built) {
            auto error = built.error();
            error.what = fmt::format("the {} kernel: {}", model::to_string(arm), error.what);
            throw util::InfraError(std::move(error));
        }
        kernel = std::move(*built);
    }
    co_await keep_build(arm, std::move(*kernel));
}

asio::awaitable<void> JobRun::keep_build(ArmName arm, build::BuiltKernel kernel) {
    const auto keep = [artifacts = services_.artifacts, kernel] {
        for (const auto& file : {kernel.bzimage, kernel.vmlinux, kernel.config})
            value_or_throw(artifacts->add_file(file));
    };
    co_await util::run_on(*services_.pool, keep);
    arms_[arm].kernel = value_or_throw(services_.artifacts->path(kernel.build.bzimage));
    auto& slot = arm == ArmName::unpatched ? job_.unpatched_build : job_.patched_build;
    // What a resumed job finds in the cache it has built itself before: its figures stay.
    const bool same = slot && slot->key == kernel.build.key;
    if (slot && !same && job_.stage >= model::JobStage::running)
        throw util::InfraError({util::ErrorKind::conflict,
                                "the tree, the profile or the compiler has changed since this "
                                "job's first trials",
                                std::string(model::to_string(arm)),
                                "submit it again: trials of different kernels do not add up"});
    if (!same) slot = kernel.build;
    co_await save();
    recorder_.event("build", {{"arm", model::to_string(arm)},
                              {"step", "done"},
                              {"objects", slot->objects},
                              {"wall_s", slot->wall_s},
                              {"cached", slot->cached},
                              {"release", slot->release}});
}

asio::awaitable<void> JobRun::close_interrupted_trials() {
    const auto close_them = [id = job_.id](store::Store& s) {
        return s.void_open_trials(id, model::Cause::interrupted,
                                  "krepro ended while this trial ran");
    };
    co_await services_.store->call(close_them);
}

verdict::Plan JobRun::plan() const {
    verdict::Plan plan;
    plan.confidence = job_.spec.confidence;
    plan.budget_wall_s = job_.spec.budget.wall_s;
    plan.budget_trials = job_.spec.budget.trials;
    plan.form = job_.spec.workload;
    if (job_.workload) plan.unit = job_.workload->unit;
    return plan;
}

asio::awaitable<std::vector<verdict::TrialRecord>> JobRun::records() {
    const auto read = [id = job_.id](store::Store& s) {
        std::map<std::int64_t, std::vector<std::string>> others;
        for (const auto& report : s.reports(id))
            if (!report.target) others[report.trial].push_back(report.report.signature);
        std::vector<verdict::TrialRecord> records;
        for (const auto& trial : s.trials(id))
            if (trial.outcome)
                records.push_back({trial.arm, trial.form, *trial.outcome, others[trial.id]});
        return records;
    };
    co_return co_await services_.store->call(read);
}

const model::Workload& JobRun::workload(model::WorkloadForm form) {
    auto found = workloads_.find(form);
    if (found == workloads_.end()) {
        auto planned = value_or_throw(workload_of(job_, form, services_.max_vcpus));
        found = workloads_.emplace(form, std::move(planned)).first;
    }
    return found->second;
}

asio::awaitable<fs::path> JobRun::image(model::WorkloadForm form) {
    if (const auto made = images_.find(form); made != images_.end()) co_return made->second;
    const auto make = [&services = services_, wanted = workload(form)]() -> util::Result<fs::path> {
        const auto parts = image::find_parts(services.init);
        if (!parts) return tl::unexpected(parts.error());
        const auto bytes = image::make_initramfs(*parts, wanted, {});
        if (!bytes) return tl::unexpected(bytes.error());
        std::error_code code;
        fs::create_directories(services.images, code);
        const auto path = services.images / (util::sha256_hex(*bytes) + ".cpio");
        if (!fs::exists(path, code))
            if (auto written = util::write_file_atomic(path, *bytes); !written)
                return tl::unexpected(written.error());
        return path;
    };
    auto path = value_or_throw(co_await util::run_on(*services_.pool, make));
    images_[form] = path;
    co_return path;
}

asio::awaitable<void> JobRun::finish(model::Verdict verdict) {
    job_.verdict = std::move(verdict);
    if (const auto used = workloads_.find(job_.verdict->form); used != workloads_.end())
        job_.workload = used->second;
    job_.stage = model::JobStage::done;
    // The verdict before the stage: who follows the job stops when it is done.
    const auto store_end = [job = job_](store::Store& s) {
        s.add_event(job.id, "verdict", model::to_json(*job.verdict));
        return s.update_job(job);
    };
    value_or_throw(co_await services_.store->call(store_end));
    services_.bus->notify(job_.id);
}

}  // namespace krepro::pipeline
