// SPDX-License-Identifier: Apache-2.0
#include "app/tune.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cstdio>

#include "app/boot_program.hpp"
#include "app/exit_status.hpp"
#include "app/job_stores.hpp"
#include "app/rooms.hpp"
#include "pipeline/submit.hpp"
#include "pipeline/tune.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

namespace {

// The last line of the script: the command, in the workloads that have variants.
std::string command_of(const model::Workload& workload) {
    std::string_view script = workload.script;
    while (script.ends_with('\n')) script.remove_suffix(1);
    return std::string(script.substr(script.rfind('\n') + 1));
}

std::string rate_words(const pipeline::HitRate& rate) {
    return fmt::format("{} of {} boots hit, {:.2f} a VM-minute", rate.hits, rate.trials,
                       rate.hits_per_minute());
}

class TuneProgram : private BootProgram {
  public:
    TuneProgram(const Settings& settings, const TuneRun& run)
        : BootProgram(settings, "tune", "sweep"),
          run_(run),
          beside_(settings.state / k_state_of_runs),
          store_(value_or_throw(store::Store::open(settings.state / "krepro.db"))) {
        wire(services_, settings);
        services_.store = &store_;
        services_.runs = state_ / "work";
        services_.profiles = settings.share / "kernels" / "profiles";
        services_.trees = trees_;
    }
    ~TuneProgram() {
        std::error_code ignored;
        fs::remove_all(state_ / "work", ignored);
    }
    TuneProgram(const TuneProgram&) = delete;
    TuneProgram& operator=(const TuneProgram&) = delete;

    [[nodiscard]] util::Result<model::Job> job() const {
        return pipeline::make_job(services_, run_.spec);
    }

    pipeline::TuneResult run(model::Job job) {
        const auto failure = run_to_the_end(whole(std::move(job)));
        if (control_->cause())
            throw util::InfraError({util::ErrorKind::conflict, "the sweep was interrupted", "",
                                    "nothing of it is kept; start it again"});
        if (failure) std::rethrow_exception(failure);
        return std::move(result_);
    }

  private:
    asio::awaitable<void> whole(model::Job job) {
        pipeline::TuneRequest request;
        request.job = std::move(job);
        request.wall_s = 60 * run_.minutes;
        request.folder = state_ / "work";
        value_or_throw(util::make_fresh_folder(request.folder));
        result_ = co_await pipeline::tune(services_, std::move(request), control_, teller());
        if (!result_.tuned) co_return;
        const auto keep = [key = result_.key, fact = model::to_json(*result_.tuned)](
                              store::Store& s) { s.put_fact(key, fact); };
        co_await store_.call(keep);
        // `krepro run` has a state folder, and so a store, of its own.
        fs::create_directories(beside_);
        keep(*value_or_throw(store::Store::open(beside_ / "krepro.db")));
    }

    static pipeline::TuneTeller teller() {
        pipeline::TuneTeller teller;
        teller.progress = [](const std::string& text) { spdlog::info("{}", text); };
        teller.trial = [](const pipeline::TuneRow& row, const model::TrialOutcome& outcome) {
            const auto& workload = row.workload;
            spdlog::info(
                "{} vCPUs, {} MiB, {}: {}{} after {:.0f} s; {}", workload.vcpus,
                workload.memory_mib, command_of(workload), model::to_string(outcome.kind),
                outcome.cause ? fmt::format(" ({})", model::to_string(*outcome.cause)) : "",
                outcome.wall_s, rate_words(row.rate));
        };
        return teller;
    }

    TuneRun run_;
    fs::path beside_;  // the state folder of `krepro run`
    store::AsyncStore store_;
    pipeline::Services services_;
    pipeline::TuneResult result_;
};

void print(const pipeline::TuneResult& result) {
    fmt::print("{:>5} {:>5} {:>5} {:>5} {:>6} {:>5} {:>8} {:>11}  command\n", "vCPUs", "MiB",
               "boots", "hits", "stalls", "voids", "VM min", "hits/VM-min");
    for (const auto& row : result.rows)
        fmt::print("{:5} {:5} {:5} {:5} {:6} {:5} {:8.1f} {:11.2f}  {}\n", row.workload.vcpus,
                   row.workload.memory_mib, row.rate.trials, row.rate.hits, row.rate.stalls,
                   row.rate.voids, row.rate.vm_s / 60, row.rate.hits_per_minute(),
                   command_of(row.workload));
    if (!result.tuned) {
        fmt::print("too few hits to choose by: nothing is kept, and jobs amplify by the rule\n");
        return;
    }
    const auto& best = *result.tuned;
    fmt::print("best: {} vCPUs, {} MiB, {} ({})\n", best.workload.vcpus, best.workload.memory_mib,
               command_of(best.workload), rate_words(best.rate));
    fmt::print("the rule's own: {}\nkept for later jobs about this bug on this host\n",
               rate_words(best.rule_rate));
}

int conclude(const pipeline::TuneResult& result, const TuneRun& run) {
    if (run.json)
        fmt::print("{}\n", model::dump_pretty({{"tree", run.spec.tree},
                                               {"accelerator", result.accelerator},
                                               {"kept", result.tuned.has_value()},
                                               {"tuned", model::to_json(result.tuned)},
                                               {"workloads", model::to_json(result.rows)}}));
    else
        print(result);
    return result.tuned ? 0 : k_exit_undecided;
}

bool is_usage(const util::Error& error) {
    return error.kind == util::ErrorKind::invalid_input;
}

}  // namespace

int run_tune(const Settings& settings, const TuneRun& run) {
    ::umask(022);  // QEMU's user reads kernels and images
    // Standard output is for the results alone.
    spdlog::set_default_logger(spdlog::stderr_color_mt("tune"));
    settle_sandboxing(settings);
    try {
        TuneProgram program(settings, run);
        auto job = program.job();
        if (!job) {
            spdlog::critical("{}", job.error().to_string());
            return is_usage(job.error()) ? k_exit_usage : k_exit_infrastructure;
        }
        return conclude(program.run(std::move(*job)), run);
    } catch (const util::InfraError& error) {
        spdlog::critical("{}", error.what());
        return is_usage(error.error()) ? k_exit_usage : k_exit_infrastructure;
    } catch (const std::exception& error) {
        spdlog::critical("{}", error.what());
        return k_exit_infrastructure;
    }
}

}  // namespace krepro::app
