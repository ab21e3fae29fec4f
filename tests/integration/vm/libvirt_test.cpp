// SPDX-License-Identifier: Apache-2.0
// Real libvirt and real QEMU, with guests of a few hundred bytes (guest.S).
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <fstream>

#include "util/files.hpp"
#include "vm/event_queue.hpp"
#include "vm/libvirt_host.hpp"
#include "vm/run_trial.hpp"

namespace krepro::vm {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::Cause;
using model::OutcomeKind;

class Libvirt : public testing::Test {
  protected:
    // QEMU may run as another user, who must reach the consoles; and sockets want short paths.
    Libvirt() : folder_(util::value_or_throw(util::TempDir::make("/tmp", "krepro-vm"))) {
        fs::permissions(folder_.path(), fs::perms(0755));
        fs::create_directories(folder_.path() / "run");
        std::ofstream(folder_.path() / "initramfs") << std::string(512, '\0');
    }

    BootSpec boot(int guest) const {
        BootSpec spec;
        spec.name = "krepro-test-" + std::to_string(guest);
        spec.kernel = fs::path(KREPRO_BINARY_DIR) / "tests" / ("guest" + std::to_string(guest));
        // The build folder need not be open to QEMU's user.
        const auto copy = folder_.path() / spec.kernel.filename();
        fs::copy_file(spec.kernel, copy, fs::copy_options::overwrite_existing);
        spec.kernel = copy;
        spec.initramfs = folder_.path() / "initramfs";
        spec.vcpus = 1;
        spec.memory_mib = 64;
        spec.console = folder_.path() / "run" / "console.log";
        spec.harness = folder_.path() / "run" / "harness.log";
        return spec;
    }

    [[nodiscard]] LibvirtOptions options() const {
        return {"", folder_.path() / "vm", "krepro-test-"};
    }

    model::TrialOutcome trial(int guest, const TrialLimits& limits) {
        model::TrialOutcome outcome;
        with_host([&](LibvirtHost& host) { return watch(&host, guest, limits, &outcome); });
        return outcome;
    }

    asio::awaitable<void> watch(LibvirtHost* host, int guest, TrialLimits limits,
                                model::TrialOutcome* outcome) {
        TrialRun run;
        run.boot = boot(guest);
        run.limits = limits;
        run.cancel = cancel_;
        *outcome = co_await run_trial(*host, std::move(run));
    }

    asio::awaitable<void> start_and_die(LibvirtHost* host) {
        const std::function<void(VmEvent)> ignore = [](const VmEvent&) {};
        const auto spec = boot(4);
        const auto vm = co_await host->start(spec, ignore);
        if (!vm) co_return;
        // libvirt itself ends a domain that was not quite started; this one is.
        EventQueue<int> never(co_await asio::this_coro::executor);
        co_await never.wait(std::chrono::milliseconds(1000));
        ::kill(::getpid(), SIGKILL);
    }

    // libvirt ends a domain itself when it cannot take it up again; either way none may be left.
    static asio::awaitable<void> clean(LibvirtHost* host) {
        util::value_or_throw(co_await host->clean_up());
    }

    // Whether a QEMU works below this test's folder.
    [[nodiscard]] bool qemu_runs() const {
        for (const auto& process : fs::directory_iterator("/proc")) {
            const auto line = util::read_file(process.path() / "cmdline", 1U << 20U);
            if (line && line->starts_with("/usr/bin/qemu-system") &&
                line->find(folder_.path().string()) != std::string::npos)
                return true;
        }
        return false;
    }

    static asio::awaitable<void> ask_versions(LibvirtHost* host, std::string* what) {
        const auto versions = co_await host->versions();
        *what = versions ? *versions : versions.error().to_string();
    }

    // Runs a coroutine to its end on a loop with an open host.
    template <class F>
    void with_host(F function) {
        asio::io_context& io = io_;
        LibvirtHost host(io, options());
        std::exception_ptr failure;
        asio::co_spawn(io, function(host), [&](const std::exception_ptr& e) {
            failure = e;
            io.stop();
        });
        io.run();
        if (failure) std::rethrow_exception(failure);
    }

    util::TempDir folder_;
    asio::io_context io_;
    std::shared_ptr<TrialCancel> cancel_ = std::make_shared<TrialCancel>();
};

TEST_F(Libvirt, a_guest_that_reaches_the_exposure_goal_is_clean) {
    TrialLimits limits;
    limits.exposure_goal = 50;
    const auto outcome = trial(1, limits);
    EXPECT_EQ(outcome.kind, OutcomeKind::clean) << outcome.detail;
    EXPECT_GE(outcome.exposure, 50);
    EXPECT_TRUE(outcome.ready_s.has_value());
    EXPECT_NE(util::read_file(folder_.path() / "run/console.log")->find("0.0-guest"),
              std::string::npos);
}

TEST_F(Libvirt, a_guest_that_says_nothing_is_a_boot_hang_and_is_ended) {
    TrialLimits limits;
    limits.boot_silence_s = 2;
    const auto outcome = trial(2, limits);
    EXPECT_EQ(outcome.kind, OutcomeKind::none);
    EXPECT_EQ(outcome.cause, Cause::boot_hang) << outcome.detail;
    EXPECT_LT(outcome.wall_s, 20);
}

TEST_F(Libvirt, a_boot_that_hangs_after_its_first_words_is_ended_by_its_silence) {
    const auto outcome = trial(5, {});
    EXPECT_EQ(outcome.cause, Cause::boot_hang) << outcome.detail;
    EXPECT_NE(util::read_file(folder_.path() / "run/console.log")->find("0.0-guest"),
              std::string::npos);
    EXPECT_FALSE(outcome.ready_s);
    EXPECT_LE(outcome.wall_s, 20) << "what a boot that hangs may cost";
    fmt::print("a boot that hangs cost {:.1f} s\n", outcome.wall_s);
}

TEST_F(Libvirt, a_panic_is_resumed_so_that_all_of_it_is_printed) {
    const auto outcome = trial(3, {});
    EXPECT_EQ(outcome.cause, Cause::panic) << outcome.detail;
    EXPECT_NE(util::read_file(folder_.path() / "run/console.log")->find("end Kernel panic"),
              std::string::npos);
}

TEST_F(Libvirt, a_guest_that_falls_silent_under_load_is_noticed) {
    TrialLimits limits;
    limits.heartbeat_s = 2;
    const auto outcome = trial(4, limits);
    EXPECT_EQ(outcome.cause, Cause::heartbeat_stale) << outcome.detail;
}

TEST_F(Libvirt, a_cancelled_trial_ends_its_vm) {
    asio::steady_timer timer(io_, std::chrono::seconds(1));
    timer.async_wait([this](const auto&) { cancel_->request(Cause::cancelled); });
    const auto outcome = trial(4, {});
    EXPECT_EQ(outcome.cause, Cause::cancelled) << outcome.detail;
    EXPECT_LT(outcome.wall_s, 15);
}

TEST_F(Libvirt, a_vm_left_by_a_process_that_died_is_found_and_ended) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        // Starts the VM and dies without a word.
        asio::io_context io;
        LibvirtHost host(io, options());
        asio::co_spawn(io, start_and_die(&host), [](const std::exception_ptr&) { ::_exit(3); });
        io.run();
        ::_exit(4);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_TRUE(qemu_runs()) << "the VM died with its process: nothing is tested here";
    with_host([](LibvirtHost& host) { return clean(&host); });
    EXPECT_FALSE(qemu_runs());
}

TEST_F(Libvirt, a_root_that_is_too_long_for_sockets_is_refused_with_the_reason) {
    auto wrong = options();
    wrong.root = folder_.path() / std::string(80, 'x');
    LibvirtHost host(io_, wrong);
    std::string what;
    asio::co_spawn(io_, ask_versions(&host, &what),
                   [this](const std::exception_ptr&) { io_.stop(); });
    io_.run();
    EXPECT_NE(what.find("unix sockets"), std::string::npos) << what;
}

}  // namespace
}  // namespace krepro::vm
