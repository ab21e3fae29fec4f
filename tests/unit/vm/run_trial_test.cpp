// SPDX-License-Identifier: Apache-2.0
// The driver of a trial, with a host whose guest has written all it writes when it starts.
#include "vm/run_trial.hpp"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>

#include "splat_in_a_timer.hpp"
#include "util/files.hpp"

namespace krepro::vm {
namespace {

namespace asio = boost::asio;
using model::Cause;
using model::OutcomeKind;

constexpr const char* k_sleeping_head =
    "[   21.100000] BUG: sleeping function called from invalid context at "
    "kernel/locking/mutex.c:9\n"
    "[   21.100100] in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 7, name: repro\n"
    "[   21.100200] preempt_count: 1, expected: 0\n"
    "[   21.100300] CPU: 0 PID: 7 Comm: repro Not tainted 6.1.8-rt5 #1\n"
    "[   21.100400] Call Trace:\n"
    "[   21.100500]  <TASK>\n"
    "[   21.100600]  dump_stack_lvl+0x51/0x66\n"
    "[   21.100700]  __might_resched.cold+0x85/0xf5\n";

constexpr const char* k_sleeping_rest =
    "[   21.100800]  mutex_lock+0x25/0xe0\n"
    "[   21.100900]  repro_ioctl+0x38/0x4d0\n"
    "[   21.101000]  </TASK>\n";

constexpr const char* k_loaded =
    "{\"type\":\"ready\",\"uptime\":2.1,\"debug_locks\":1,\"dl_exits\":0}\n"
    "{\"type\":\"heartbeat\",\"uptime\":3,\"iteration\":1,\"debug_locks\":1,\"dl_exits\":0}\n"
    "{\"type\":\"heartbeat\",\"uptime\":4,\"iteration\":1,\"debug_locks\":1,\"dl_exits\":9}\n";

class SilentVm : public Vm {
  public:
    asio::awaitable<util::Result<void>> resume() override { co_return util::Result<void>{}; }
    asio::awaitable<void> destroy() override { co_return; }
};

struct Guest {
    std::string console;
    std::string harness;
    std::string console_later;  // 150 ms after the start
    std::optional<Cause> cancelled;
};

class WritingHost : public VmHost {
  public:
    explicit WritingHost(Guest guest) : guest_(std::move(guest)) {}
    asio::awaitable<util::Result<std::unique_ptr<Vm>>> start(
        BootSpec spec, std::function<void(VmEvent)>) override {
        std::ofstream(spec.console) << guest_.console;
        std::ofstream(spec.harness) << guest_.harness;
        const auto executor = co_await asio::this_coro::executor;
        asio::co_spawn(executor, write_later(spec.console, guest_.console_later),
                       [](const std::exception_ptr&) {});
        auto vm = std::make_unique<SilentVm>();
        co_return std::move(vm);
    }
    asio::awaitable<util::Result<std::vector<std::string>>> clean_up() override {
        co_return std::vector<std::string>{};
    }

  private:
    static asio::awaitable<void> write_later(std::filesystem::path file, std::string text) {
        if (text.empty()) co_return;
        asio::steady_timer timer(co_await asio::this_coro::executor,
                                 std::chrono::milliseconds(150));
        co_await timer.async_wait(asio::use_awaitable);
        std::ofstream(file, std::ios::app) << text;
    }
    Guest guest_;
};

// Runs trials whose target is the call that sleeps where it must not.
class RunTrial : public testing::Test {
  protected:
    model::TrialOutcome run(model::ArmName arm, const Guest& guest) {
        WritingHost host(guest);
        TrialRun run;
        run.boot.console = folder_.path() / "console.log";
        run.boot.harness = folder_.path() / "harness.log";
        run.limits.arm = arm;
        run.limits.boot_silence_s = 2;
        run.hooks.on_report = [this](const model::Report& report) {
            told_.push_back(report);
            return report.kind == "sleeping_in_atomic";
        };
        run.cancel = std::make_shared<TrialCancel>();
        if (guest.cancelled) run.cancel->request(*guest.cancelled);
        asio::io_context io;
        model::TrialOutcome outcome;
        asio::co_spawn(io, run_trial(host, std::move(run)),
                       [&](const std::exception_ptr& e, model::TrialOutcome ended) {
                           EXPECT_FALSE(e);
                           outcome = std::move(ended);
                           io.stop();
                       });
        io.run();
        return outcome;
    }

    util::TempDir folder_ = util::value_or_throw(
        util::TempDir::make(std::filesystem::temp_directory_path(), "krepro-run-trial"));
    std::vector<model::Report> told_;
};

TEST_F(RunTrial, what_the_console_has_is_read_before_a_cancel_is_told) {
    const std::string splat = std::string(k_sleeping_head) + k_sleeping_rest;
    for (const auto cause : {Cause::interrupted, Cause::not_needed, Cause::cancelled}) {
        const auto outcome = run(model::ArmName::patched, {splat, k_loaded, {}, cause});
        EXPECT_EQ(outcome.kind, OutcomeKind::hit) << outcome.detail;
    }
    const auto cut =
        run(model::ArmName::patched, {splat + "[   21.2", k_loaded, {}, Cause::interrupted});
    EXPECT_EQ(cut.kind, OutcomeKind::hit) << cut.detail;
    const auto silent = run(model::ArmName::patched, {{}, k_loaded, {}, Cause::interrupted});
    EXPECT_EQ(silent.cause, Cause::interrupted);
}

TEST_F(RunTrial, a_report_behind_the_end_of_a_trial_is_told_to_nobody) {
    // All in one read, and the second one complete, for a third begins.
    const std::string splats =
        std::string(k_splat_in_a_timer) + k_sleeping_head + k_sleeping_rest + k_splat_in_a_timer;
    const auto outcome = run(model::ArmName::patched, {splats, {}, {}, {}});
    EXPECT_EQ(outcome.cause, Cause::lockdep_off_early) << outcome.detail;
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_EQ(told_.front().kind, "invalid_wait_context");
}

TEST_F(RunTrial, an_end_that_no_report_explains_is_proved_by_the_last_lines) {
    const std::string console = "[    0.1] a\r\n[    0.2] b\n[    0.3] c\n[    0.4] d\n[    0.5] e";
    const auto hang = run(model::ArmName::unpatched, {console, {}, {}, {}});
    EXPECT_EQ(hang.cause, Cause::boot_hang) << hang.detail;
    EXPECT_EQ(hang.proof, (std::vector<std::string>{"[    0.2] b", "[    0.3] c", "[    0.4] d",
                                                    "[    0.5] e"}));
    const auto endless = run(model::ArmName::unpatched, {std::string(100000, 'x'), {}, {}, {}});
    ASSERT_EQ(endless.proof.size(), 1U);
    EXPECT_EQ(endless.proof.front().size(), 1024U);
    const auto silent = run(model::ArmName::unpatched, {{}, {}, {}, {}});
    EXPECT_TRUE(silent.proof.empty());
}

TEST_F(RunTrial, a_splat_whose_printing_is_held_up_is_one_report) {
    const auto outcome = run(model::ArmName::patched, {k_sleeping_head, {}, k_sleeping_rest, {}});
    EXPECT_EQ(outcome.kind, OutcomeKind::hit) << outcome.detail;
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_NE(told_.front().text.find("repro_ioctl"), std::string::npos);
}

}  // namespace
}  // namespace krepro::vm
