// SPDX-License-Identifier: Apache-2.0
#include "pipeline/job_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "checkout/repository.hpp"
#include "image/image.hpp"
#include "pipeline/keep_files.hpp"
#include "pipeline/left_trials.hpp"
#include "pipeline/submit.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
#include "util/offload.hpp"
#include "vm/pvh.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::ArmName;
using model::Json;
using util::value_or_throw;

namespace {

// Progress of a build is told this often at most.
constexpr std::chrono::milliseconds k_progress_pace{1000};

// After the last trial, so that a job that is done has all it will have.
constexpr std::chrono::seconds k_wait_for_symbols{60};

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
                                 {"expected", model::to_json(progress.expected)},
                                 {"left_s", model::to_json(build::seconds_left(progress))}});
    };
}

// Whose fault a kernel is that does not compile: the unpatched one is built first.
std::string blame(ArmName arm, const util::Error& error) {
    if (error.kind != util::ErrorKind::invalid_input)
        return fmt::format("the {} kernel: {}", model::to_string(arm), error.what);
    if (arm == ArmName::unpatched)
        return fmt::format(
            "the unpatched kernel cannot be built, before the patch comes into it: "
            "{}",
            error.what);
    return fmt::format(
        "the patch breaks the build: the patched kernel cannot be built, the unpatched one can: {}",
        error.what);
}

util::Error blamed(ArmName arm, util::Error error) {
    error.what = blame(arm, error);
    error.hint.resize(std::min(error.hint.find('\n'), error.hint.size()));
    return error;
}

// The lines of a text behind its first.
std::vector<std::string> further_lines(std::string_view text) {
    std::vector<std::string> lines;
    for (auto at = text.find('\n'); at != std::string_view::npos;) {
        const auto end = text.find('\n', at + 1);
        lines.emplace_back(text.substr(at + 1, end == std::string_view::npos ? end : end - at - 1));
        at = end;
    }
    return lines;
}

}  // namespace

BuildFailed::BuildFailed(ArmName arm, const util::Error& error)
    : InfraError(blamed(arm, error)), excerpt_(further_lines(error.hint)) {
    if (error.kind == util::ErrorKind::invalid_input) at_fault_ = arm;
}

JobRun::JobRun(const Services& services, model::Job job, std::shared_ptr<JobControl> control,
               asio::any_io_executor executor)
    : services_(services),
      job_(std::move(job)),
      control_(std::move(control)),
      executor_(std::move(executor)),
      recorder_(executor_, services, job_.id),
      tasks_(executor_) {
    // Trials of other workloads do not add up: a job that is taken up again keeps its own.
    if (job_.stage >= model::JobStage::running && job_.workload)
        workloads_[job_.workload->form] = *job_.workload;
}

JobRun::~JobRun() {
    if (symbols_) symbols_->stop();
}

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
    if (!services_.notice.empty()) tell(services_.notice);
    co_await choose_tree(tell);
    if (is_alone()) co_return co_await check_out_alone(tell);
    if (job_.spec.commit.empty()) {
        // After a restart the branch may be elsewhere: the job stays with the commit that it had.
        checkout::PatchBase base{job_.spec.tree};
        if (job_.unpatched_checkout) base.commit = job_.unpatched_checkout->revision;
        pair_ = value_or_throw(co_await services_.source->prepare(base, job_.mail, tell));
    } else {
        co_await read_commit(tell);
        const auto names = value_or_throw(checkout::split_commits(job_.spec.commit));
        pair_ = value_or_throw(co_await services_.source->prepare_change(
            job_.spec.tree, names.before, names.after, tell));
    }
    job_.direction = pair_.direction;
    job_.unpatched_checkout = pair_.unpatched;
    job_.patched_checkout = pair_.patched;
    co_await save();
}

asio::awaitable<void> JobRun::build(ArmName arm) {
    if (control_->cause()) throw JobStopped{*control_->cause()};
    try {
        const auto request = build_request(arm);
        auto kernel = co_await services_.builder->find(request);
        if (!kernel) kernel = co_await compile(request);
        // Before there are trials of this kernel, and so before the job can have its answer.
        if (!kernel->build.cached && kernel->build.audit == "mismatch") co_await prove_other(arm);
        co_await keep_build(arm, std::move(*kernel));
    } catch (const BuildFailed&) {
        throw;
    } catch (const util::InfraError& failure) {
        throw BuildFailed(arm, failure.error());
    }
}

asio::awaitable<void> JobRun::prove_other(ArmName arm) {
    const auto other = arm == ArmName::unpatched ? ArmName::patched : ArmName::unpatched;
    if (!arms_.contains(other)) co_return;
    recorder_.event("log", {{"text", fmt::format("an audit found objects that were wrong: the {} "
                                                 "kernel is looked at again",
                                                 model::to_string(other))}});
    co_await build(other);
}

build::BuildRequest JobRun::build_request(ArmName arm) const {
    const auto& checkout = arm == ArmName::unpatched ? pair_.unpatched : pair_.patched;
    return {checkout,         job_.spec.profile,  changed_files(job_.mail),
            job_.spec.config, job_.spec.compiler, priority_};
}

asio::awaitable<build::BuiltKernel> JobRun::compile(build::BuildRequest request) {
    const auto arm = request.checkout.arm;
    const auto held = value_or_throw(co_await services_.source->select(request.checkout));
    const auto tell = build_teller(recorder_, arm);
    auto built = co_await services_.builder->build(request, tell);
    if (!built) throw BuildFailed(arm, built.error());
    co_return std::move(*built);
}

asio::awaitable<void> JobRun::begin_build(ArmName arm) {
    if (is_alone()) {  // the one kernel is there
        start_symbols();
        co_return;
    }
    const auto request = build_request(arm);
    if (co_await services_.builder->find(request)) {
        co_await build_beside(arm);
        co_return;
    }
    priority_ = std::make_shared<util::Priority>(util::Share::background);
    tasks_.begin_cancellable(build_beside(arm));
}

asio::awaitable<void> JobRun::build_beside(ArmName arm) {
    co_await build(arm);
    start_symbols();
}

asio::awaitable<void> JobRun::keep_build(ArmName arm, build::BuiltKernel kernel) {
    const std::vector<fs::path> files{kernel.bzimage, kernel.vmlinux, kernel.config};
    co_await keep_files(services_, job_.id, files, Absent::error);
    // vmlinux spares the guest the bzImage's decompressor, a good part of a boot under emulation.
    const bool direct = vm::has_pvh_entry(kernel.vmlinux);
    const auto& booted = direct ? kernel.build.vmlinux : kernel.build.bzimage;
    arms_[arm].kernel = value_or_throw(services_.artifacts->path(booted));
    arms_[arm].built = kernel;
    auto& slot = arm == ArmName::unpatched ? job_.unpatched_build : job_.patched_build;
    // What a resumed job finds in the cache it has built itself before: its figures stay.
    const bool named_so = slot && slot->key == kernel.build.key;
    const bool same =
        named_so && slot->bzimage == kernel.build.bzimage && slot->vmlinux == kernel.build.vmlinux;
    if (slot && !same && job_.stage >= model::JobStage::running)
        throw util::InfraError(
            {util::ErrorKind::conflict,
             named_so ? "this job's first trials had a kernel that is not the one its source makes"
                      : "the tree, the profile or the compiler has changed since this job's first "
                        "trials",
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
    co_await close_left_trials(services_, job_.id);
}

// Kept with the job when the trials of a form begin: the rule must come to the same answer after a
// restart. What was kept of the form before it counts for that form alone, which is over.
asio::awaitable<void> JobRun::recall_earlier_evidence() {
    if (!job_.spec.warm_start || is_alone() || !job_.workload) co_return;
    if (job_.earlier && job_.earlier->form == job_.workload->form) co_return;
    const auto read = [mine = job_, accelerator = accelerator_](store::Store& s) {
        return earlier_evidence(s, mine, accelerator);
    };
    job_.earlier = co_await services_.store->call(read);
    co_await save();
    recorder_.event("log", {{"text", fmt::format("warm start: {} hits of {} earlier jobs on record",
                                                 job_.earlier->hits, job_.earlier->jobs.size())}});
}

// They read the objects of both kernels, so no build may be going on.
void JobRun::start_symbols() {
    if (services_.symbolizer == nullptr) return;
    ReportSymbols::Kernels kernels;
    for (const auto& [name, arm] : arms_) kernels[name] = arm.built;
    symbols_ = std::make_shared<ReportSymbols>(services_, recorder_, job_.id);
    symbols_->start(pair_, std::move(kernels), executor_);
}

asio::awaitable<void> JobRun::finish_symbols() {
    if (symbols_) co_await symbols_->finish(k_wait_for_symbols);
}

asio::awaitable<std::vector<verdict::StartedTrial>> JobRun::trials() {
    const auto read = [id = job_.id](store::Store& s) { return trials_of_rule(s, id); };
    auto trials = co_await services_.store->call(read);
    time_left_ = verdict::time_left(plan(), trials);
    looked_at_ = std::chrono::steady_clock::now();
    co_return trials;
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
        fs::last_write_time(path, fs::file_time_type::clock::now(), code);  // a use
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
    co_await remember_paces();
    co_await settle_target(target_of);
    job_.verdict = std::move(verdict);
    if (!services_.notice.empty()) job_.verdict->limits.push_back(services_.notice);
    if (const auto used = workloads_.find(job_.verdict->form); used != workloads_.end())
        job_.workload = used->second;
    job_.stage = model::JobStage::done;
    co_await save();
}

}  // namespace krepro::pipeline
