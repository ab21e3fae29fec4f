// SPDX-License-Identifier: Apache-2.0
// How soon variants of the seed's workload hit on the unpatched kernel, and how often a boot of
// each kernel stalls under them: what the amplified form's parameters are chosen by. Both kernels
// come from the build cache; trials are run and judged as the pipeline does. Takes an hour and
// more:
//     bench_sweep [BOOTS [forms]]      forms: verbatim and amplified alone, unpatched
#include "pipeline/sweep.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "app/settings.hpp"
#include "built_kernel.hpp"
#include "image/image.hpp"
#include "intake/intake.hpp"
#include "pipeline/sweep_trial.hpp"
#include "report/scanner.hpp"
#include "util/files.hpp"
#include "vm/libvirt_host.hpp"

namespace krepro::bench {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::ArmName;
using model::OutcomeKind;
using util::value_or_throw;

constexpr int k_default_boots = 6;
constexpr double k_minute = 60;

struct Variant {
    int vcpus;
    int runtime_ms;  // of a period of one second
    int instances;
    int timeout_s = 3;
    int memory_mib = 1024;
};
// The first is the amplified form, the last one verbatim: what the seed's mail says.
constexpr std::array k_variants{
    Variant{2, 200, 2}, Variant{2, 300, 2}, Variant{2, 100, 2},           Variant{2, 100, 4},
    Variant{4, 100, 4}, Variant{4, 200, 4}, Variant{8, 800, 23, 20, 3072}};

model::Workload workload_of(const Variant& variant) {
    model::Workload workload;
    workload.name = fmt::format("{} vCPUs, U {:.2f}, {} instances", variant.vcpus,
                                variant.runtime_ms / 1000.0, variant.instances);
    workload.script = fmt::format(
        "#!/bin/sh\nstress-ng --sched deadline --sched-period 1000000000 --sched-runtime {}000000 "
        "--sched-deadline 1000000000 --mmapfork {} -t {}\n",
        variant.runtime_ms, variant.instances, variant.timeout_s);
    workload.vcpus = variant.vcpus;
    workload.memory_mib = variant.memory_mib;
    workload.unit = model::ExposureUnit::deadline_exits;
    workload.iteration_s = variant.timeout_s;
    if (variant.timeout_s < 20) workload.form = model::WorkloadForm::amplified;
    return workload;
}

struct Wanted {
    int boots = k_default_boots;
    bool forms = false;  // the two forms alone, on the unpatched kernel
};

class Program {
  public:
    Program(asio::io_context& io, const app::Settings& settings, const fs::path& folder)
        : host_(io, {"", folder / "vm", "krepro-sweep-"}) {
        for (const auto arm : {ArmName::unpatched, ArmName::patched}) {
            const auto copy = folder / fmt::format("vmlinux-{}", model::to_string(arm));
            fs::copy_file(built_kernel(settings.cache, arm).vmlinux, copy);
            kernels_[arm] = copy;
        }
        const auto bytes = util::read_file(settings.share / "patches/seed/mail.txt");
        const auto mail = value_or_throw(intake::read_mail(value_or_throw(bytes)));
        trials_ = std::make_unique<pipeline::SweepTrials>(
            host_, value_or_throw(image::find_parts(settings.init)), folder,
            [expected = report::parse_expected(mail.splat)](const auto& report) {
                return report::compare(expected, report).same_bug;
            });
    }

    asio::awaitable<void> run(Wanted wanted) {
        fmt::print("{:34} {:10} {:>5} {:>5} {:>7} {:>6} {:>8} {:>9} {:>10}\n", "variant", "kernel",
                   "boots", "hits", "stalls", "voids", "VM min", "hits/min", "exits/min");
        const std::vector<Variant> all(k_variants.begin(), k_variants.end());
        const std::vector<Variant> forms{k_variants.front(), k_variants.back()};
        for (const auto& variant : wanted.forms ? forms : all) {
            const auto workload = workload_of(variant);
            for (const auto arm : {ArmName::unpatched, ArmName::patched})
                if (arm == ArmName::unpatched || !wanted.forms)
                    co_await measure(workload, arm, wanted.boots);
        }
        fmt::print("{{\"best\": \"{}\", \"hits_per_minute\": {:.2f}}}\n", best_, best_rate_);
    }

  private:
    asio::awaitable<void> measure(model::Workload workload, ArmName arm, int boots) {
        pipeline::HitRate sum;
        for (int i = 0; i < boots; ++i) {
            const auto outcome = co_await boot(workload, arm);
            sum.add(outcome);
            if (outcome.kind == OutcomeKind::other || outcome.kind == OutcomeKind::none)
                fmt::print("    boot {}: {} after {:.0f} s: {}\n", starts_,
                           model::to_string(outcome.kind), outcome.wall_s, outcome.detail);
        }
        fmt::print("{:34} {:10} {:5} {:5} {:7} {:6} {:8.1f} {:9.2f} {:10.1f}\n", workload.name,
                   model::to_string(arm), sum.trials, sum.hits, sum.stalls, sum.voids,
                   sum.vm_s / k_minute, sum.hits_per_minute(), sum.exposure / sum.vm_s * k_minute);
        std::fflush(stdout);
        if (arm == ArmName::unpatched && sum.hits_per_minute() > best_rate_) {
            best_ = workload.name;
            best_rate_ = sum.hits_per_minute();
        }
    }

    asio::awaitable<model::TrialOutcome> boot(model::Workload workload, ArmName arm) {
        pipeline::SweepTrial trial;
        trial.name = fmt::format("krepro-sweep-{}", ++starts_);
        trial.kernel = kernels_.at(arm);
        trial.arm = arm;
        trial.accelerator = "tcg";
        trial.workload = std::move(workload);
        co_return co_await trials_->run(std::move(trial), nullptr);
    }

    vm::LibvirtHost host_;
    std::map<ArmName, fs::path> kernels_;
    std::unique_ptr<pipeline::SweepTrials> trials_;
    int starts_ = 0;
    std::string best_;
    double best_rate_ = 0;
};

void run(Wanted wanted) {
    const auto settings = value_or_throw(app::load_settings());
    // A short path that QEMU's user can reach.
    const auto folder = value_or_throw(util::TempDir::make("/tmp", "krepro-sweep"));
    fs::permissions(folder.path(), fs::perms(0755));
    asio::io_context io;
    Program program(io, settings, folder.path());
    std::exception_ptr failure;
    asio::co_spawn(io, program.run(wanted), [&](const std::exception_ptr& e) {
        failure = e;
        io.stop();
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace
}  // namespace krepro::bench

int main(int argc, char** argv) {
    krepro::bench::Wanted wanted;
    if (argc > 1 && std::atoi(argv[1]) > 0) wanted.boots = std::atoi(argv[1]);
    wanted.forms = argc > 2 && std::string_view(argv[2]) == "forms";
    try {
        krepro::bench::run(wanted);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
}
