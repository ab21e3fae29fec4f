// SPDX-License-Identifier: Apache-2.0
#include "app/selftest.hpp"

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
#include "pipeline/job_control.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
#include "vm/libvirt_host.hpp"
#include "zoo/selftest.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

namespace {

constexpr int k_exit_missed = 1;
constexpr int k_exit_infrastructure = 2;
constexpr int k_exit_usage = 64;

void print_finding(const zoo::Finding& finding) {
    const char* state = finding.recognized ? "ok" : finding.raised ? "WRONG" : "NOT RAISED";
    fmt::print("{:10} {:26} {:5.1f} s  {}\n", state, finding.bug, finding.wall_s, finding.title);
    for (const auto& wrong : finding.wrong) fmt::print("{:10} - {}\n", "", wrong);
    std::fflush(stdout);
}

struct Count {
    std::size_t raised = 0;
    std::size_t recognized = 0;
};

Count count(const std::vector<zoo::Finding>& findings) {
    Count count;
    for (const auto& finding : findings) {
        count.raised += finding.raised ? 1 : 0;
        count.recognized += finding.recognized ? 1 : 0;
    }
    return count;
}

// Every concrete part of the self-test, in the order in which they need each other.
class SelftestProgram {
  public:
    SelftestProgram(const Settings& settings, const SelftestRequest& request)
        : request_(request),
          share_(settings.share / "kernels"),
          state_(settings.state / "selftest"),
          lock_(lock_state(state_)),
          pool_(2),
          prefix_("krepro-" + util::sha256_hex(state_.string()).substr(0, 8) + "-"),
          host_(io_, {settings.libvirt_uri, state_ / "vm", prefix_}),
          source_(tree_book(settings), settings.cache),
          builder_(share_ / "profiles", settings.cache),
          signals_(io_, SIGINT, SIGTERM) {
        services_.source = &source_;
        services_.builder = &builder_;
        services_.host = &host_;
        services_.pool = &pool_;
        services_.init = settings.init;
        services_.driver = share_ / "zoo" / "driver";
        services_.work = state_ / "work";
        services_.accelerator = settings.accelerator;
        services_.vm_prefix = prefix_;
        services_.begin_vm = [this] { return control_.begin_trial(); };
        services_.end_vm = [this] { control_.end_trial(); };
    }

    std::vector<zoo::Finding> run(std::vector<zoo::Bug> bugs) {
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (error) return;
            // A second signal ends the process at once, should anything hang.
            boost::system::error_code ignored;
            signals_.clear(ignored);
            spdlog::info("ending");
            control_.request(model::Cause::cancelled);
        });
        zoo::Wanted wanted{request_.tree, std::move(bugs), request_.keep};
        asio::co_spawn(io_, whole(std::move(wanted)),
                       asio::bind_cancellation_slot(
                           control_.signal.slot(), [this](const std::exception_ptr& failure) {
                               failure_ = failure;
                               io_.stop();  // libvirt keeps timers on the loop
                           }));
        io_.run();
        if (failure_) std::rethrow_exception(failure_);
        return std::move(findings_);
    }

  private:
    static util::FileLock lock_state(const fs::path& state) {
        std::error_code code;
        fs::create_directories(state, code);
        auto lock = util::FileLock::take(state / "lock", util::FileLock::Wait::no);
        if (lock) return std::move(*lock);
        auto error = lock.error();
        error.hint = "another self-test uses this state folder; set KREPRO_STATE";
        throw util::InfraError(std::move(error));
    }

    asio::awaitable<void> whole(zoo::Wanted wanted) {
        // VMs of a self-test that was killed; the lock says that there is no other.
        value_or_throw(co_await host_.clean_up());
        zoo::Teller teller;
        teller.progress = [](const std::string& text) { spdlog::info("{}", text); };
        const bool lines = !request_.json;
        teller.found = [lines](const zoo::Finding& finding) {
            if (lines)
                print_finding(finding);
            else
                spdlog::info("{}: {}", finding.bug, finding.recognized ? "ok" : "not recognized");
        };
        findings_ = co_await zoo::run_selftest(services_, std::move(wanted), std::move(teller));
    }

    SelftestRequest request_;
    fs::path share_;
    fs::path state_;
    util::FileLock lock_;
    asio::io_context io_{1};
    asio::thread_pool pool_;
    std::string prefix_;
    vm::LibvirtHost host_;
    checkout::LocalKernelSource source_;
    build::LocalKernelBuilder builder_;
    pipeline::JobControl control_;
    asio::signal_set signals_;
    zoo::Services services_;
    std::vector<zoo::Finding> findings_;
    std::exception_ptr failure_;
};

int conclude(const std::vector<zoo::Finding>& findings, const SelftestRequest& request) {
    const auto [raised, recognized] = count(findings);
    const bool all = recognized == findings.size();
    if (request.json)
        fmt::print("{}\n", model::dump_pretty({{"tree", request.tree},
                                               {"bugs", findings.size()},
                                               {"raised", raised},
                                               {"recognized", recognized},
                                               {"ok", all},
                                               {"findings", model::to_json(findings)}}));
    else
        fmt::print("{} bugs: {} raised, {} recognized\n", findings.size(), raised, recognized);
    return all ? 0 : k_exit_missed;
}

}  // namespace

int run_selftest(const Settings& settings, const SelftestRequest& request) {
    ::umask(022);  // QEMU's user reads kernels and images
    // Standard output is for the results alone.
    spdlog::set_default_logger(spdlog::stderr_color_mt("selftest"));
    const auto all = zoo::read_manifest(settings.share / "kernels" / "zoo" / "zoo.toml");
    const auto bugs = all ? zoo::choose(*all, request.families) : all;
    if (!bugs) {
        spdlog::critical("{}", bugs.error().to_string());
        return k_exit_usage;
    }
    try {
        return conclude(SelftestProgram(settings, request).run(*bugs), request);
    } catch (const std::exception& error) {
        spdlog::critical("{}", error.what());
        return k_exit_infrastructure;
    }
}

}  // namespace krepro::app
