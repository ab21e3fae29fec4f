// SPDX-License-Identifier: Apache-2.0
// What the routes of jobs, trials, reports and the host answer.
#include <fstream>

#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

using model::Json;

TEST_F(HttpTest, a_mail_becomes_a_job_with_a_location) {
    start();
    const auto answer = post("/api/v1/jobs?confidence=0.99", "text/plain", "Subject: x\n\nbody\n");
    EXPECT_EQ(answer.status, 202U);
    EXPECT_EQ(answer.location, "/api/v1/jobs/1");
    const auto job = json_of(get(answer.location));
    EXPECT_EQ(job["title"], "Subject: x");
    EXPECT_EQ(job["spec"]["confidence"], 0.99);
    EXPECT_EQ(job["spec"]["mail"], "Subject: x\n\nbody\n");
    EXPECT_EQ(job["arms"]["patched"]["counts"]["hits"], 0);
    EXPECT_EQ(get("/api/v1/jobs/1/mail").body, "Subject: x\n\nbody\n");
}

TEST_F(HttpTest, every_error_is_a_problem_that_says_what_and_where) {
    start();
    finish(add_job("done").id);
    struct Case {
        std::string method, target, type, body;
        unsigned status;
        std::string where;
    };
    const std::vector<Case> cases{
        {"POST", "/api/v1/jobs", "text/plain", "", 400, "field mail"},
        {"POST", "/api/v1/jobs?tree=none", "text/plain", "m", 400, "field tree"},
        {"POST", "/api/v1/jobs?confidence=2", "text/plain", "m", 400, "field confidence"},
        {"POST", "/api/v1/jobs?speed=2", "text/plain", "m", 400, "parameter speed"},
        {"POST", "/api/v1/jobs", "application/json", "{\"mail\":", 400, "request body"},
        {"POST", "/api/v1/jobs", "application/json", std::string(100000, '['), 400, "request body"},
        {"POST", "/api/v1/jobs", "application/json", "{\"mail\":\"m\",\"x\":1}", 400, "field x"},
        {"POST", "/api/v1/jobs", "text/html", "m", 415, "header Content-Type"},
        {"POST", "/api/v1/jobs", "multipart/form-data", "m", 415, "header Content-Type"},
        {"POST", "/api/v1/jobs", "text/plain", std::string(11U << 20U, 'x'), 413, "field mail"},
        {"POST", "/api/v1/jobs", "text/plain", std::string(20U << 20U, '\0'), 413, "body"},
        {"POST", "/api/v1/jobs/1/cancel", "", "", 409, "job 1"},
        {"POST", "/api/v1/jobs/9/cancel", "", "", 404, "job"},
        {"POST", "/api/v1/jobs/1/cancel", "", std::string(100000, 'x'), 413, "body"},
        {"PUT", "/api/v1/jobs", "", "", 405, "method"},
        {"PATCH", "/api/v1/jobs/1", "", "", 405, "method"},
        {"POST", "/healthz", "", "", 405, "method"},
        {"POST", "/page", "", "", 405, "method"},
        {"GET", "/api/v1/none", "", "", 404, "path"},
        {"GET", "/api/v1/jobs/9", "", "", 404, "job"},
        {"GET", "/api/v1/jobs/abc", "", "", 404, "job"},
        {"GET", "/api/v1/jobs/99999999999999999999", "", "", 404, "job"},
        {"GET", "/api/v1/jobs/9/events", "", "", 404, "job"},
        {"GET", "/api/v1/jobs/1/events?after=x", "", "", 400, "parameter after"},
        {"GET", "/api/v1/jobs/9/reports", "", "", 404, "job"},
        {"GET", "/api/v1/jobs/9/trials", "", "", 404, "job"},
        {"GET", "/api/v1/reports/9", "", "", 404, "report"},
        {"GET", "/api/v1/trials/9", "", "", 404, "trial"},
        {"GET", "/api/v1/trials/9/console", "", "", 404, "trial"},
        {"GET", "/api/v1/artifacts/..%2f..%2fetc%2fpasswd", "", "", 400, "artifact"},
        {"GET", "/api/v1/artifacts/" + std::string(64, 'a'), "", "", 404,
         "artifact " + std::string(64, 'a')},
        {"GET", "/api/v1/jobs?stage=later", "", "", 400, "parameter stage"},
        {"GET", "/api/v1/reports?limit=0", "", "", 400, "parameter limit"},
        {"GET", "/api/v1/reports?signature=x&limit=0", "", "", 400, "parameter limit"},
        {"GET", "/jobs/9.json", "", "", 404, "job"},
        {"GET", "/jobs/9.txt", "", "", 404, "job"},
        {"GET", "/jobs.txt?stage=later", "", "", 400, "parameter stage"},
        {"GET", "/reports/9.txt", "", "", 404, "report"},
        {"GET", "/trials/9/console.txt", "", "", 404, "trial"},
        {"POST", "/api/v1/intake/preview", "text/plain", "", 400, "field mail"},
        {"POST", "/api/v1/intake/preview", "text/html", "m", 415, "header Content-Type"},
        {"GET", "/api/v1/jobs?limit=501", "", "", 400, "parameter limit"},
        {"GET", "/api/v1/jobs?before=-1", "", "", 400, "parameter before"},
        {"GET", "/api/v1/jobs?colour=red", "", "", 400, "parameter colour"},
        {"GET", "/api/v1/jobs?q=%zz", "", "", 400, "target"},
    };
    for (const auto& c : cases) {
        const auto answer = client().send({c.method, c.target, c.type, "", c.body});
        ASSERT_TRUE(answer) << c.target << answer.error().to_string();
        EXPECT_EQ(answer->status, c.status) << c.method << " " << c.target;
        EXPECT_EQ(answer->content_type, "application/problem+json") << c.target;
        const auto problem = json_of(*answer);
        EXPECT_EQ(problem["status"], c.status) << c.target;
        EXPECT_EQ(problem["where"], c.where) << c.method << " " << c.target;
        EXPECT_NE(problem["detail"], "") << c.target;
        EXPECT_EQ(problem["instance"], c.target.substr(0, c.target.find('?')));
    }
    EXPECT_EQ(json_of(get("/api/v1/jobs"))["jobs"].size(), 1U) << "nothing was queued";
}

TEST_F(HttpTest, a_listing_pages_through_what_its_filters_leave) {
    for (int i = 0; i < 5; ++i) {
        if (server_ == nullptr) start();
        add_job(i % 2 == 0 ? "even & odd" : "odd");
    }
    auto page = json_of(get("/api/v1/jobs?q=EVEN%20%26&limit=2"));
    ASSERT_EQ(page["jobs"].size(), 2U);
    EXPECT_EQ(page["jobs"][0]["id"], 5);
    EXPECT_EQ(page["jobs"][1]["id"], 3);
    EXPECT_FALSE(page["jobs"][0]["mail"].contains("patch"));
    page = json_of(get(page["next"]));
    ASSERT_EQ(page["jobs"].size(), 1U);
    EXPECT_EQ(page["jobs"][0]["id"], 1);
    EXPECT_TRUE(page["next"].is_null());
    EXPECT_EQ(json_of(get("/api/v1/jobs?stage=done"))["jobs"].size(), 0U);
    EXPECT_EQ(json_of(get("/api/v1/jobs?text=odd"))["jobs"].size(), 5U);
}

TEST_F(HttpTest, a_cancel_is_noted_and_passed_on) {
    start();
    const auto id = add_job("x").id;
    const auto answer = post("/api/v1/jobs/1/cancel", "application/json", "{}");
    EXPECT_EQ(answer.status, 202U);
    EXPECT_TRUE(json_of(answer)["cancel_requested"]);
    EXPECT_EQ(cancelled_, std::vector<std::int64_t>{id});
}

TEST_F(HttpTest, a_report_shows_what_was_parsed) {
    start();
    model::StoredReport report;
    report.job = add_job("x").id;
    report.trial = 1;
    report.matches_expected = true;
    report.report.kind = "invalid_wait_context";
    report.report.title = "t";
    report.report.text = "line\n";
    auto& lock = report.report.locks.emplace_back();
    lock.name = "stock_lock";
    lock.wait_inner = model::WaitType{3, "config"};
    report.report.frames.emplace_back().function = "rt_spin_lock";
    report.report.context.wait_inner = model::WaitType{2, "spin"};
    in_store([&](store::Store& s) { return s.add_report(report); });
    const auto list = json_of(get("/api/v1/jobs/1/reports"))["reports"];
    ASSERT_EQ(list.size(), 1U);
    const auto one = json_of(get("/api/v1/reports/1"));
    EXPECT_EQ(one, list[0]);
    EXPECT_TRUE(one["matches_expected"]);
    EXPECT_EQ(one["report"]["kind"], "invalid_wait_context");
    EXPECT_EQ(one["report"]["locks"][0]["name"], "stock_lock");
    EXPECT_EQ(one["report"]["locks"][0]["wait_inner"]["value"], 3);
    EXPECT_EQ(one["report"]["context"]["wait_inner"]["value"], 2);
    EXPECT_EQ(one["report"]["frames"][0]["function"], "rt_spin_lock");
    EXPECT_EQ(get("/api/v1/reports/1/text").body, "line\n");
    EXPECT_EQ(json_of(get("/api/v1/jobs/1"))["reports"][0]["title"], "t");
}

TEST_F(HttpTest, the_console_of_a_running_trial_grows_under_its_reader) {
    start();
    model::Trial trial;
    trial.job = add_job("x").id;
    trial = in_store([&](store::Store& s) { return s.add_trial(trial); });
    EXPECT_EQ(get("/api/v1/trials/1/console").status, 404U);
    const auto file = folder_.path() / "console";
    std::ofstream(file) << "0123456789";
    on_loop([&] { live_[trial.id] = file; });
    EXPECT_EQ(get("/api/v1/trials/1/console").body, "0123456789");
    EXPECT_EQ(get("/api/v1/trials/1/console", "bytes=10-").status, 416U);
    EXPECT_EQ(get("/api/v1/trials/1/console", "bytes=10-").content_range, "bytes */10");
    std::ofstream(file, std::ios::app) << "abc";
    const auto part = get("/api/v1/trials/1/console", "bytes=10-");
    EXPECT_EQ(part.status, 206U);
    EXPECT_EQ(part.body, "abc");
    EXPECT_EQ(part.content_range, "bytes 10-12/13");
    EXPECT_EQ(part.content_type, "text/plain; charset=utf-8");
}

TEST_F(HttpTest, a_closed_trials_console_is_its_artifact) {
    start();
    const std::string console(3U << 20U, 'k');
    model::Trial trial;
    trial.job = add_job("x").id;
    const auto hash = *artifacts_.add_bytes(console);
    in_store([&](store::Store& s) {
        trial = s.add_trial(trial);
        trial.outcome.emplace();
        trial.console = hash;
        return s.close_trial(trial);
    });
    EXPECT_EQ(get("/api/v1/trials/1/console").body, console);
    EXPECT_EQ(get("/api/v1/trials/1/console", "bytes=-5").body, "kkkkk");
    EXPECT_EQ(get("/api/v1/artifacts/" + hash).body.size(), console.size());
    EXPECT_EQ(get("/api/v1/trials/1/harness").status, 404U);
    EXPECT_FALSE(json_of(get("/api/v1/trials/1"))["running"]);
}

constexpr const char* k_mail = R"(Subject: [PATCH] fork: mend it

A trace:

  Call Trace:
   dump_stack_lvl+0x57/0x7d
   refill_obj_stock+0x3d/0x3a0

  while true; do
      stress-ng --sched deadline --sched-period 1000000000 \
              --sched-runtime 800000000 --sched-deadline 1000000000 --mmapfork 23 -t 20
  done

Signed-off-by: A <a@example.org>
---
diff --git a/kernel/fork.c b/kernel/fork.c
--- a/kernel/fork.c
+++ b/kernel/fork.c
@@ -1,3 +1,3 @@
 a
-b
+c
 d
)";

TEST_F(HttpTest, a_preview_says_what_intake_understands_and_queues_nothing) {
    start();
    const auto answer = post("/api/v1/intake/preview", "text/plain", k_mail);
    ASSERT_EQ(answer.status, 200U) << answer.body;
    const auto preview = json_of(answer);
    EXPECT_EQ(preview["title"], "fork: mend it");
    EXPECT_EQ(preview["files"][0]["new_path"], "kernel/fork.c");
    EXPECT_EQ(preview["expected"]["frames"][1]["function"], "refill_obj_stock");
    EXPECT_EQ(preview["reproducer"]["loop"], true);
    EXPECT_NE(preview["workload"]["verbatim"]["script"],
              preview["workload"]["amplified"]["script"]);
    EXPECT_FALSE(preview["workload"]["amplified"]["changes"].empty());
    EXPECT_TRUE(preview["workload"]["problem"].is_null());
    EXPECT_TRUE(json_of(get("/api/v1/jobs"))["jobs"].empty());
}

TEST_F(HttpTest, a_preview_without_reproducer_says_why_there_is_no_workload) {
    start();
    const std::string patch = std::string(k_mail).substr(std::string(k_mail).find("diff --git"));
    const auto preview = json_of(post("/api/v1/intake/preview", "text/plain", patch));
    EXPECT_TRUE(preview["expected"].is_null());
    EXPECT_TRUE(preview["workload"]["amplified"].is_null());
    EXPECT_NE(preview["workload"]["problem"].get<std::string>().find("no reproducer"),
              std::string::npos);
}

TEST_F(HttpTest, reports_of_the_same_bug_are_found_in_other_jobs) {
    start();
    const auto job = add_job("the other");
    in_store([&](store::Store& s) {
        model::StoredReport report;
        report.job = job.id;
        report.report.signature = "circular_locking|a & b|f";
        return s.add_report(report);
    });
    const auto found =
        json_of(get("/api/v1/reports?signature=circular_locking%7Ca%20%26%20b%7Cf"))["reports"];
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0]["job"], job.id);
    EXPECT_EQ(found[0]["job_title"], "the other");
    EXPECT_TRUE(json_of(get("/api/v1/reports?signature=else"))["reports"].empty());
}

TEST_F(HttpTest, the_host_is_told_with_what_waits) {
    start();
    add_job("waits");
    finish(add_job("done").id);
    const auto host = json_of(get("/api/v1/host"));
    EXPECT_EQ(host["accelerator"], "tcg");
    EXPECT_EQ(host["findings"][0]["health"], "warning");
    EXPECT_EQ(host["unfinished_jobs"], 1);
    EXPECT_EQ(host["queue"][0]["title"], "waits");
    EXPECT_EQ(json_of(get("/api/v1/trees"))["trees"][0]["name"], "a-tree");
    EXPECT_EQ(json_of(get("/api/v1/profiles"))["profiles"][0]["guarantees"][0], "LOCKDEP=y");
    EXPECT_NE(get("/host.txt").body.find("what to do about it"), std::string::npos);
}

}  // namespace
}  // namespace krepro::http
