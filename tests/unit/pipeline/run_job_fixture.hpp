// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "fakes.hpp"
#include "pipeline/submit.hpp"
#include "pipeline/worker.hpp"
#include "splat_in_a_timer.hpp"
#include "util/files.hpp"

namespace krepro::pipeline::run_job_fixture {

namespace asio = boost::asio;
using fakes::Script;
using model::Cause;
using model::OutcomeKind;
using model::VerdictKind;

inline const std::string k_splat =
    std::string(k_splat_in_a_timer) + "[   21.900000] workload goes on\n";

inline constexpr const char* k_mail =
    "sched: free tasks later\n"
    "\n"
    "The timer frees a task where it must not sleep:\n"
    "\n"
    "  Call Trace:\n"
    "   dump_stack_lvl+0x57/0x7d\n"
    "   rt_spin_lock+0x27/0xe0\n"
    "   refill_obj_stock+0x3d/0x3a0\n"
    "   kmem_cache_free+0x357/0x560\n"
    "   inactive_task_timer+0x1ad/0x340\n"
    "   __hrtimer_run_queues+0x91/0x130\n"
    "   hrtimer_interrupt+0x10f/0x220\n"
    "   asm_sysvec_apic_timer_interrupt+0x12/0x20\n"
    "\n"
    "It happens with\n"
    "\n"
    "  while true; do\n"
    "      stress-ng --sched deadline --sched-period 1000000000 --sched-runtime 800000000 "
    "--sched-deadline 1000000000 --mmapfork 23 -t 20\n"
    "  done\n"
    "\n"
    "Signed-off-by: A Developer <a@example.org>\n"
    "diff --git a/kernel/fork.c b/kernel/fork.c\n"
    "--- a/kernel/fork.c\n"
    "+++ b/kernel/fork.c\n"
    "@@ -1,3 +1,4 @@\n"
    " one\n"
    "+two\n"
    " three\n"
    " four\n";

inline std::string heartbeat(double uptime, int debug_locks, int exits) {
    return fmt::format(
        "{{\"type\":\"heartbeat\",\"uptime\":{},\"iteration\":1,\"debug_locks\":{},"
        "\"dl_tasks\":5,\"dl_exits\":{},\"mem_available_kib\":500000}}\n",
        uptime, debug_locks, exits);
}

inline std::string booted() {
    return "{\"type\":\"hello\",\"uptime\":2.0,\"release\":\"6.1.8-rt5\"}\n"
           "{\"type\":\"ready\",\"uptime\":2.1,\"debug_locks\":1,\"dl_exits\":0}\n"
           "{\"type\":\"iteration_start\",\"uptime\":2.2,\"iteration\":1}\n" +
           heartbeat(3, 1, 0);
}

// 100 exits, the splat, and the heartbeat that closes the hit's exposure.
inline Script hitting() {
    return {"[    0.1] booting\n" + std::string(k_splat),
            booted() + heartbeat(20, 1, 90) + heartbeat(22, 0, 100), false};
}

// Ever more exits with lockdep alive, and 3 s of watching after the last.
inline Script clean() {
    std::string harness = booted();
    for (int s = 4; s < 40; ++s) harness += heartbeat(s, 1, s * 50);
    return {"[    0.1] booting\n", harness, false};
}

inline util::Result<Script> fixed_by_the_patch(const std::string& arm, int) {
    return arm == "unpatched" ? hitting() : clean();
}

// Guests that run until they are ended.
inline util::Result<Script> endless(const std::string&, int) {
    return Script{"[    0.1] booting\n", booted() + heartbeat(4, 1, 50), false};
}

inline checkout::Tree named_tree(const std::string& name) {
    checkout::Tree tree;
    tree.name = name;
    return tree;
}

// A store, fakes and a loop for one job.
class RunJob : public testing::Test {
  protected:
    RunJob()
        : folder_(util::value_or_throw(
              util::TempDir::make(std::filesystem::temp_directory_path(), "krepro-run-job"))),
          builder_(folder_.path()),
          artifacts_(folder_.path() / "artifacts") {
        services_.store = &store_;
        services_.artifacts = &artifacts_;
        services_.bus = &bus_;
        services_.source = &source_;
        services_.builder = &builder_;
        services_.host = &host_;
        services_.pool = &pool_;
        services_.init = std::filesystem::path(KREPRO_BINARY_DIR) / "bin" / "krepro-init";
        services_.images = folder_.path() / "images";
        services_.runs = folder_.path() / "runs";
        services_.profiles = std::filesystem::path(KREPRO_SOURCE_DIR) / "kernels" / "profiles";
        services_.trees = checkout::TreeBook({named_tree("tree"), named_tree("other")});
        services_.accelerator = "tcg";
    }
    ~RunJob() override { pool_.join(); }

    static model::JobSpec spec() {
        model::JobSpec spec;
        spec.mail = k_mail;
        spec.tree = "tree";
        return spec;
    }

    // Runs the loop until the job is done; returns it as stored.
    model::Job run(std::int64_t id) {
        const auto worker = std::make_shared<Worker>(io_.get_executor(), services_);
        asio::co_spawn(io_, worker->run(), [this](const std::exception_ptr& e) {
            io_.stop();
            if (e) std::rethrow_exception(e);
        });
        asio::co_spawn(io_, stop_when_done(worker, id), [](const std::exception_ptr&) {});
        io_.restart();
        io_.run();
        return stored(id);
    }

    // Runs a worker until `when` holds, then does `what` with it, and returns when it has ended:
    // by itself, or when the job is done.
    void run_until(std::int64_t id, std::function<bool()> when, std::function<void(Worker&)> what) {
        const auto worker = std::make_shared<Worker>(io_.get_executor(), services_);
        bool ended = false;
        asio::co_spawn(io_, worker->run(), [&](const std::exception_ptr&) {
            ended = true;
            io_.stop();
        });
        asio::co_spawn(io_, stop_when_done(worker, id), [](const std::exception_ptr&) {});
        asio::co_spawn(io_, act(worker, std::move(when), std::move(what)),
                       [](const std::exception_ptr&) {});
        io_.restart();
        io_.run_for(std::chrono::seconds(30));
        EXPECT_TRUE(ended) << "the worker did not end";
    }
    static asio::awaitable<void> act(std::shared_ptr<Worker> worker, std::function<bool()> when,
                                     std::function<void(Worker&)> what) {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (!when()) {
            timer.expires_after(std::chrono::milliseconds(10));
            co_await timer.async_wait(asio::use_awaitable);
        }
        what(*worker);
    }

    // No VM, no compiler, no folder of a trial.
    void expect_nothing_left() {
        EXPECT_EQ(host_.running, 0);
        EXPECT_EQ(builder_.running, 0);
        EXPECT_TRUE(!std::filesystem::exists(services_.runs) ||
                    std::filesystem::is_empty(services_.runs));
    }

    asio::awaitable<void> stop_when_done(std::shared_ptr<Worker> worker, std::int64_t id) {
        while (true) {
            const auto seen = bus_.count();
            const auto read = [id](store::Store& s) { return s.job(id); };
            const auto job = co_await store_.call(read);
            if (job->stage == model::JobStage::done) break;
            co_await bus_.wait(id, seen, std::chrono::seconds(1));
        }
        worker->stop();
    }

    template <class F>
    auto query(F function) {
        std::optional<std::invoke_result_t<F&, store::Store&>> result;
        std::exception_ptr failure;
        asio::io_context io;
        asio::co_spawn(io, ask(&result, function),
                       [&failure](const std::exception_ptr& e) { failure = e; });
        io.run();  // to its end: the store's thread still has to do with it
        if (failure) std::rethrow_exception(failure);
        return *result;
    }
    template <class R, class F>
    asio::awaitable<void> ask(std::optional<R>* result, F function) {
        *result = co_await store_.call(function);
    }

    model::Job stored(std::int64_t id) {
        return *query([id](store::Store& s) { return s.job(id); });
    }
    std::vector<model::Trial> trials(std::int64_t id) {
        return query([id](store::Store& s) { return s.trials(id); });
    }
    std::int64_t add(const model::JobSpec& spec) {
        auto job = make_job(services_, spec);
        EXPECT_TRUE(job) << job.error().to_string();
        return query([job = *job](store::Store& s) { return s.add_job(job).id; });
    }

    util::TempDir folder_;
    asio::io_context io_;
    asio::thread_pool pool_{1};
    store::AsyncStore store_{util::value_or_throw(store::Store::open(":memory:"))};
    store::EventBus bus_;
    fakes::FakeSource source_;
    fakes::FakeBuilder builder_;
    store::Artifacts artifacts_;
    fakes::Scripts scripts_ = fixed_by_the_patch;
    fakes::FakeVmHost host_{
        [this](const std::string& arm, int start) { return scripts_(arm, start); }};
    Services services_;
};

}  // namespace krepro::pipeline::run_job_fixture
