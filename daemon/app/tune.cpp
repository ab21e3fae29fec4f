// SPDX-License-Identifier: Apache-2.0
#include "app/tune.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <cstdio>

#include "app/tree_program.hpp"
#include "build/local_builder.hpp"
#include "checkout/local_source.hpp"
#include "pipeline/submit.hpp"
#include "pipeline/tune.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
#include "vm/libvirt_host.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

namespace {

constexpr int k_exit_infrastructure = 2;
constexpr int k_exit_undecided = 4;
constexpr int k_exit_usage = 64;

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

// Every concrete part of a sweep, in the order in which they need each other.
class TuneProgram {
  public:
    TuneProgram(const Settings& settings, const TuneRun& run)
        : run_(run),
          settings_(settings),
          state_(settings.state / "tune"),
          lock_(lock_state(state_)),
          pool_(2),
          store_(value_or_throw(store::Store::open(settings.state / "krepro.db"))),
          prefix_("krepro-" + util::sha256_hex(state_.string()).substr(0, 8) + "-"),
          host_(io_, {settings.libvirt_uri, state_ / "vm", prefix_}),
          trees_(tree_book(settings)),
          source_(trees_, settings.cache),
          builder_(settings.share / "kernels" / "profiles", settings.cache),
          control_(std::make_shared<pipeline::JobControl>()),
          signals_(io_, SIGINT, SIGTERM) {
        services_.store = &store_;
        services_.source = &source_;
        services_.builder = &builder_;
        services_.host = &host_;
        services_.pool = &pool_;
        services_.init = settings.init;
        services_.runs = state_ / "work";
        services_.profiles = settings.share / "kernels" / "profiles";
        services_.trees = trees_;
        services_.accelerator = settings.accelerator;
        services_.vm_prefix = prefix_;
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
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (error) return;
            boost::system::error_code ignored;
            signals_.clear(ignored);  // a second signal ends the process at once
            spdlog::info("ending");
            control_->request(model::Cause::cancelled);
        });
        asio::co_spawn(io_, whole(std::move(job)),
                       asio::bind_cancellation_slot(
                           control_->signal.slot(), [this](const std::exception_ptr& failure) {
                               failure_ = failure;
                               io_.stop();  // libvirt keeps timers on the loop
                           }));
        io_.run();
        if (control_->cause())
            throw util::InfraError({util::ErrorKind::conflict, "the sweep was interrupted", "",
                                    "nothing of it is kept; start it again"});
        if (failure_) std::rethrow_exception(failure_);
        return std::move(result_);
    }

  private:
    static util::FileLock lock_state(const fs::path& state) {
        std::error_code code;
        fs::create_directories(state, code);
        auto lock = util::FileLock::take(state / "lock", util::FileLock::Wait::no);
        if (lock) return std::move(*lock);
        auto error = lock.error();
        error.hint = "another sweep uses this state folder; set KREPRO_STATE";
        throw util::InfraError(std::move(error));
    }

    asio::awaitable<void> whole(model::Job job) {
        // VMs of a sweep that was killed; the lock says that there is no other.
        value_or_throw(co_await host_.clean_up());
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
        const auto beside = settings_.state / "run";
        fs::create_directories(beside);
        keep(*value_or_throw(store::Store::open(beside / "krepro.db")));
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
    Settings settings_;
    fs::path state_;
    util::FileLock lock_;
    asio::io_context io_{1};
    asio::thread_pool pool_;
    store::AsyncStore store_;
    std::string prefix_;
    vm::LibvirtHost host_;
    checkout::TreeBook trees_;
    checkout::LocalKernelSource source_;
    build::LocalKernelBuilder builder_;
    std::shared_ptr<pipeline::JobControl> control_;  // shared with the coroutine
    asio::signal_set signals_;
    pipeline::Services services_;
    pipeline::TuneResult result_;
    std::exception_ptr failure_;
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
