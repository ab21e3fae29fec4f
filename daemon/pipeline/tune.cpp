// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tune.hpp"

#include <fmt/format.h>

#include "image/image.hpp"
#include "intake/intake.hpp"
#include "intake/workload.hpp"
#include "pipeline/choose_accelerator.hpp"
#include "pipeline/guest_boot.hpp"
#include "pipeline/sweep_trial.hpp"
#include "report/scanner.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"
#include "vm/accelerator.hpp"
#include "vm/pvh.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

namespace {

constexpr int k_fatal_failures = 3;  // of libvirt or the harness, in a row

model::Reproducer reproducer_of(const model::Job& job) {
    if (!job.spec.script.empty()) return intake::reproducer_of(job.spec.script);
    return *job.mail.reproducer;  // make_job has seen that there is one
}

class Tuner {
  public:
    Tuner(const Services& services, TuneRequest request, std::shared_ptr<JobControl> control,
          TuneTeller teller)
        : services_(services),
          request_(std::move(request)),
          control_(std::move(control)),
          teller_(std::move(teller)),
          trials_(*services.host, value_or_throw(image::find_parts(services.init)), request_.folder,
                  [this](const auto& report) { return is_target(report); }) {}

    asio::awaitable<TuneResult> run() {
        plan();
        co_await build();
        co_await find_accelerator();
        Sweep sweep(result_.rows.size());
        while (const auto next = sweep.next()) {
            if (spent_s_ >= request_.wall_s) {
                teller_.progress("the time is used up");
                break;
            }
            const auto outcome = co_await run_trial(*next);
            sweep.add(*next, outcome);
            take_over(sweep);
            teller_.trial(result_.rows[*next], outcome);
        }
        conclude(sweep);
        co_return std::move(result_);
    }

  private:
    [[nodiscard]] bool is_target(const model::Report& report) const {
        return report::compare(*request_.job.expected, report).same_bug;
    }

    void plan() {
        const auto reproducer = reproducer_of(request_.job);
        for (const auto& wanted : intake::amplifications_to_try(reproducer, services_.max_vcpus))
            result_.rows.push_back(
                {value_or_throw(intake::plan_amplified(reproducer, wanted, services_.max_vcpus)),
                 {},
                 true});
    }

    // Trials boot a copy: jobs may clear the cache or build on.
    asio::awaitable<void> build() {
        const auto& spec = request_.job.spec;
        const checkout::Progress tell = teller_.progress;
        const checkout::PatchBase base{spec.tree};
        const auto pair =
            value_or_throw(co_await services_.source->prepare(base, request_.job.mail, tell));
        const build::BuildRequest wanted{pair.unpatched, spec.profile, {}, {}};
        auto kernel = co_await services_.builder->find(wanted);
        if (!kernel) {
            teller_.progress("the kernel without the patch is built");
            const auto held = value_or_throw(co_await services_.source->select(pair.unpatched));
            const std::function<void(const build::BuildProgress&)> none = [](const auto&) {};
            kernel = value_or_throw(co_await services_.builder->build(wanted, none));
        }
        release_ = kernel->build.release;
        kernel_ = request_.folder / "kernel";
        fs::copy_file(vm::has_pvh_entry(kernel->vmlinux) ? kernel->vmlinux : kernel->bzimage,
                      kernel_);
        fs::permissions(kernel_, fs::perms(0644));
    }

    asio::awaitable<void> find_accelerator() {
        const std::function<asio::awaitable<vm::BootSpec>()> boot = [this] { return probe(); };
        result_.accelerator = co_await choose_accelerator(services_, boot, teller_.progress);
        result_.key = tuned_key(request_.job, vm::host_fingerprint(), result_.accelerator);
    }

    asio::awaitable<vm::BootSpec> probe() {
        const auto image = trials_.make_image(result_.rows[0].workload);
        auto boot = guest_boot({kernel_, image, {}});
        boot.name = services_.vm_prefix + "probe";
        co_return boot;
    }

    asio::awaitable<model::TrialOutcome> run_trial(std::size_t row) {
        if (control_->cause()) throw JobStopped{*control_->cause()};
        SweepTrial trial;
        trial.name = fmt::format("{}{}", services_.vm_prefix, ++number_);
        trial.kernel = kernel_;
        trial.accelerator = result_.accelerator;
        trial.workload = result_.rows[row].workload;
        const auto cancel = control_->begin_trial();
        auto outcome = co_await trials_.run(std::move(trial), cancel);
        control_->end_trial(cancel);
        if (control_->cause()) throw JobStopped{*control_->cause()};
        spent_s_ += outcome.wall_s;
        const bool failed = outcome.cause == model::Cause::infrastructure;
        failures_ = failed ? failures_ + 1 : 0;
        if (failures_ >= k_fatal_failures)
            throw util::InfraError(
                {util::ErrorKind::unavailable, "VMs cannot be run: " + outcome.detail,
                 fmt::format("{} trials in a row", k_fatal_failures), "see `krepro doctor`"});
        co_return outcome;
    }

    void take_over(const Sweep& sweep) {
        for (std::size_t i = 0; i < result_.rows.size(); ++i) {
            result_.rows[i].rate = sweep.rates()[i];
            result_.rows[i].races = sweep.races(i);
        }
    }

    void conclude(const Sweep& sweep) {
        const auto best = sweep.best();
        if (!best) return;
        const auto& row = result_.rows[*best];
        result_.tuned =
            Tuned{row.workload, row.rate, result_.rows[0].rate, release_, util::now_iso8601()};
    }

    const Services& services_;
    TuneRequest request_;
    std::shared_ptr<JobControl> control_;
    TuneTeller teller_;
    SweepTrials trials_;
    TuneResult result_;
    fs::path kernel_;
    std::string release_;
    double spent_s_ = 0;
    int number_ = 0;
    int failures_ = 0;
};

}  // namespace

asio::awaitable<TuneResult> tune(const Services& services, TuneRequest request,
                                 std::shared_ptr<JobControl> control, TuneTeller teller) {
    if (!request.job.expected || request.job.expected->signature.empty())
        throw util::InfraError({util::ErrorKind::invalid_input,
                                "the mail holds no trace of the bug, so no hit could be told",
                                "field mail", "put the console's report into the message"});
    Tuner tuner(services, std::move(request), std::move(control), std::move(teller));
    co_return co_await tuner.run();
}

}  // namespace krepro::pipeline
