// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run_job.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "fakes.hpp"
#include "pipeline/submit.hpp"
#include "pipeline/worker.hpp"
#include "util/files.hpp"

namespace krepro::pipeline {
namespace {

namespace asio = boost::asio;
using fakes::Script;
using model::Cause;
using model::OutcomeKind;
using model::VerdictKind;

// As lockdep prints it when a deadline timer frees a task in hard interrupt context.
constexpr const char* k_splat =
    "[   21.000100] =============================\n"
    "[   21.000200] [ BUG: Invalid wait context ]\n"
    "[   21.000300] 6.1.8-rt5 #1 Not tainted\n"
    "[   21.000400] -----------------------------\n"
    "[   21.000500] swapper/5/0 is trying to lock:\n"
    "[   21.000600] ffff8880bcd682b8 ((stock_lock)){+.+.}-{3:3}, at: refill_obj_stock+0x38/0x4d0\n"
    "[   21.000700] other info that might help us debug this:\n"
    "[   21.000800] context-{2:2}\n"
    "[   21.000900] no locks held by swapper/5/0.\n"
    "[   21.001000] stack backtrace:\n"
    "[   21.001100] CPU: 5 PID: 0 Comm: swapper/5 Not tainted 6.1.8-rt5 #1\n"
    "[   21.001200] Call Trace:\n"
    "[   21.001300]  <IRQ>\n"
    "[   21.001400]  dump_stack_lvl+0x51/0x66\n"
    "[   21.001500]  __lock_acquire.cold+0x185/0x2f5\n"
    "[   21.001600]  lock_acquire+0xbf/0x300\n"
    "[   21.001700]  rt_spin_lock+0x25/0xe0\n"
    "[   21.001800]  refill_obj_stock+0x38/0x4d0\n"
    "[   21.001900]  kmem_cache_free+0x18b/0x560\n"
    "[   21.002000]  __put_task_struct+0xa0/0x110\n"
    "[   21.002100]  inactive_task_timer+0x1ca/0x3f0\n"
    "[   21.002200]  __hrtimer_run_queues+0x1b6/0x4b0\n"
    "[   21.002300]  hrtimer_interrupt+0xff/0x210\n"
    "[   21.002400]  __sysvec_apic_timer_interrupt+0x8f/0x330\n"
    "[   21.002500]  sysvec_apic_timer_interrupt+0x8f/0xc0\n"
    "[   21.002600]  </IRQ>\n"
    "[   21.002700]  <TASK>\n"
    "[   21.002800]  asm_sysvec_apic_timer_interrupt+0x1b/0x20\n"
    "[   21.002900]  </TASK>\n"
    "[   21.900000] workload goes on\n";

constexpr const char* k_mail =
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

std::string heartbeat(double uptime, int debug_locks, int exits) {
    return fmt::format(
        "{{\"type\":\"heartbeat\",\"uptime\":{},\"iteration\":1,\"debug_locks\":{},"
        "\"dl_tasks\":5,\"dl_exits\":{},\"mem_available_kib\":500000}}\n",
        uptime, debug_locks, exits);
}

std::string booted() {
    return "{\"type\":\"hello\",\"uptime\":2.0,\"release\":\"6.1.8-rt5\"}\n"
           "{\"type\":\"ready\",\"uptime\":2.1,\"debug_locks\":1,\"dl_exits\":0}\n"
           "{\"type\":\"iteration_start\",\"uptime\":2.2,\"iteration\":1}\n" +
           heartbeat(3, 1, 0);
}

// 100 exits, the splat, and the heartbeat that closes the hit's exposure.
Script hitting() {
    return {"[    0.1] booting\n" + std::string(k_splat),
            booted() + heartbeat(20, 1, 90) + heartbeat(22, 0, 100), false};
}

// Ever more exits with lockdep alive, and 3 s of watching after the last.
Script clean() {
    std::string harness = booted();
    for (int s = 4; s < 40; ++s) harness += heartbeat(s, 1, s * 50);
    return {"[    0.1] booting\n", harness, false};
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
        services_.trees = {"tree"};
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
        Worker worker(io_.get_executor(), services_);
        asio::co_spawn(io_, worker.run(), [this](const std::exception_ptr& e) {
            io_.stop();
            if (e) std::rethrow_exception(e);
        });
        asio::co_spawn(io_, stop_when_done(&worker, id), [](const std::exception_ptr&) {});
        io_.restart();
        io_.run();
        return stored(id);
    }

    asio::awaitable<void> stop_when_done(Worker* worker, std::int64_t id) {
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
        asio::io_context io;
        asio::co_spawn(io, ask(&result, function), [](const std::exception_ptr& e) {
            if (e) std::rethrow_exception(e);
        });
        io.run();
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
    fakes::Scripts scripts_;
    fakes::FakeVmHost host_{
        [this](const std::string& arm, int start) { return scripts_(arm, start); }};
    Services services_;
};

TEST_F(RunJob, a_fix_that_works_is_proved_from_three_hits_and_enough_clean_exposure) {
    scripts_ = [](const std::string& arm, int) -> util::Result<Script> {
        return arm == "unpatched" ? hitting() : clean();
    };
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    EXPECT_GE(job.verdict->unpatched.hits, 3);
    EXPECT_EQ(job.verdict->patched.hits, 0);
    EXPECT_GE(job.verdict->patched.exposure, *job.verdict->exposure_needed);
    EXPECT_EQ(builder_.built, 2);
    const auto reports = query([id = job.id](store::Store& s) { return s.reports(id); });
    ASSERT_FALSE(reports.empty());
    EXPECT_TRUE(reports[0].target);
    EXPECT_TRUE(reports[0].matches_expected);
    EXPECT_EQ(reports[0].report.kind, "invalid_wait_context");
}

TEST_F(RunJob, a_hit_on_the_patched_arm_is_not_fixed_at_once) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::not_fixed);
    EXPECT_EQ(job.verdict->patched.hits, 1);
}

TEST_F(RunJob, a_job_whose_tree_cannot_be_had_ends_as_an_error_with_the_cause) {
    source_.failure =
        util::Error{util::ErrorKind::unavailable, "the tree cannot be had", "tree", "try another"};
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict && job.problem);
    EXPECT_EQ(job.verdict->kind, VerdictKind::error);
    EXPECT_EQ(job.problem->what, "the tree cannot be had");
    EXPECT_EQ(job.problem->stage, "checking_out");
    EXPECT_EQ(host_.starts, 0);
}

TEST_F(RunJob, a_vm_that_cannot_be_started_is_void_and_tried_again) {
    scripts_ = [](const std::string& arm, int start) -> util::Result<Script> {
        if (start == 2) return util::fail(util::ErrorKind::unavailable, "libvirt is down");
        return arm == "unpatched" ? hitting() : clean();
    };
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    const auto all = trials(job.id);
    ASSERT_GE(all.size(), 2U);
    EXPECT_EQ(all[1].outcome->kind, OutcomeKind::none);
    EXPECT_EQ(all[1].outcome->cause, Cause::infrastructure);
}

TEST_F(RunJob, a_host_that_cannot_run_vms_ends_the_job_as_an_error_with_the_cause) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> {
        return util::fail(util::ErrorKind::unavailable, "libvirt is not there");
    };
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict && job.problem);
    EXPECT_EQ(job.verdict->kind, VerdictKind::error);
    EXPECT_NE(job.problem->what.find("libvirt is not there"), std::string::npos);
    EXPECT_EQ(job.problem->stage, "running");
    EXPECT_EQ(trials(job.id).size(), 3U);
}

TEST_F(RunJob, trials_of_another_kernel_are_not_added_up) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    const auto id = add(spec());
    query([id](store::Store& s) {
        auto job = *s.job(id);
        job.stage = model::JobStage::running;
        job.unpatched_build = model::Build{};
        job.unpatched_build->key = "of an older compiler";
        util::value_or_throw(s.update_job(job));
        return true;
    });
    const auto job = run(id);
    ASSERT_TRUE(job.problem);
    EXPECT_NE(job.problem->what.find("has changed since"), std::string::npos);
    EXPECT_EQ(host_.starts, 0);
}

TEST_F(RunJob, each_stage_is_an_event_once_and_in_order) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    const auto job = run(add(spec()));
    std::vector<std::string> stages;
    for (const auto& event :
         query([id = job.id](store::Store& s) { return s.events_after(id, 0, 1000); }))
        if (event.type == "stage") stages.push_back(event.data["stage"]);
    EXPECT_EQ(stages,
              (std::vector<std::string>{"queued", "checking_out", "building", "running", "done"}));
}

TEST_F(RunJob, a_job_taken_up_again_counts_the_trials_on_record_and_voids_the_open_one) {
    scripts_ = [](const std::string& arm, int) -> util::Result<Script> {
        return arm == "unpatched" ? hitting() : clean();
    };
    const auto id = add(spec());
    // What a process that was killed in its third trial has left behind.
    query([id](store::Store& s) {
        auto job = *s.job(id);
        job.stage = model::JobStage::running;
        util::value_or_throw(s.update_job(job));
        for (int i = 0; i < 3; ++i) {
            model::Trial trial;
            trial.job = id;
            trial.form = model::WorkloadForm::amplified;
            trial = s.add_trial(trial);
            if (i == 2) break;
            trial.outcome.emplace();
            trial.outcome->kind = OutcomeKind::hit;
            trial.outcome->exposure = 100;
            trial.outcome->unit = model::ExposureUnit::deadline_exits;
            util::value_or_throw(s.close_trial(trial));
        }
        return true;
    });
    const auto job = run(id);
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    const auto all = trials(id);
    EXPECT_EQ(all[2].outcome->cause, Cause::interrupted);
    int fresh_hits = 0;
    for (std::size_t i = 3; i < all.size(); ++i)
        fresh_hits += all[i].outcome->kind == OutcomeKind::hit ? 1 : 0;
    EXPECT_LE(fresh_hits, 2);  // the third hit, and the one that confirms the assay
}

TEST_F(RunJob, a_cancelled_job_ends_without_a_vm) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    const auto id = add(spec());
    query([id](store::Store& s) {
        util::value_or_throw(s.request_cancel(id));
        return true;
    });
    const auto job = run(id);
    ASSERT_TRUE(job.problem);
    EXPECT_EQ(job.problem->what, "the job was cancelled");
    EXPECT_EQ(host_.starts, 0);
}

TEST_F(RunJob, bad_submissions_are_refused_with_the_field_that_is_wrong) {
    const auto where = [this](const auto& change) {
        auto wrong = spec();
        change(wrong);
        const auto job = make_job(services_, wrong);
        return job ? std::string("accepted") : job.error().where;
    };
    EXPECT_EQ(where([](auto& s) { s.tree = "no-such-tree"; }), "field tree");
    EXPECT_EQ(where([](auto& s) { s.tree = "/no/such/path"; }), "field tree");
    EXPECT_EQ(where([](auto& s) { s.profile = "../../etc/passwd"; }), "field profile");
    EXPECT_EQ(where([](auto& s) { s.confidence = 0.99999; }), "field confidence");
    EXPECT_EQ(where([](auto& s) { s.mail.clear(); }), "field mail");
    EXPECT_EQ(where([](auto&) {}), "accepted");
}

}  // namespace
}  // namespace krepro::pipeline
