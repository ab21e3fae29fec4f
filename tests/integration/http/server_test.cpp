// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <fstream>

#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

using model::Json;
using namespace std::chrono_literals;

Json json_of(const Answer& answer) {
    auto json = model::parse_json(answer.body);
    EXPECT_TRUE(json) << answer.body;
    return json.value_or(Json::object());
}

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

TEST_F(HttpTest, what_is_not_http_is_answered_and_closed) {
    start();
    struct Case {
        std::string bytes;
        unsigned status;
    };
    const std::vector<Case> cases{
        {"GET / HTTP/9.9\r\n\r\n", 400},
        {"nonsense\r\n\r\n", 400},
        {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), 400},
        {"GET /healthz HTTP/1.1\r\n\r\n", 400},  // no Host
        {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n", 400},
        {"GET noslash HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
        {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20000, 'x') + "\r\n\r\n",
         431},
        {"GET /" + std::string(20000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431},
        {"GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 403},
        {"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
         "Content-Length: 1\r\n\r\nm",
         403},
        {"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
         "Content-Length: 3\r\n\r\nmmm",
         400},
        {"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
         "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
         400},
        {"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
         "Content-Length: 99999999\r\n\r\n",
         413},
    };
    for (const auto& c : cases) {
        RawClient raw(server_->port());
        raw.send(c.bytes);
        const auto answer = raw.read_all();
        EXPECT_EQ(status_in(answer), c.status) << c.bytes.substr(0, 100) << "\n" << answer;
        EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << answer;
    }
    EXPECT_EQ(get("/healthz").status, 200U);
}

TEST_F(HttpTest, a_chunked_flood_ends_at_the_limit) {
    options_.limits.body_bytes = 1U << 20U;
    start();
    RawClient raw(server_->port());
    raw.send(
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(65536, '\0') + "\r\n";
    for (int i = 0; i < 20; ++i)
        if (!raw.send(chunk)) break;
    EXPECT_EQ(status_in(raw.read_all()), 413U);
}

TEST_F(HttpTest, curls_expectation_is_met_before_a_large_body) {
    start();
    RawClient raw(server_->port());
    raw.send(
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Length: 4\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(raw.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    raw.send("mail");
    EXPECT_EQ(status_in(raw.read_all()), 202U);
}

TEST_F(HttpTest, requests_of_one_connection_are_answered_in_order) {
    start();
    RawClient raw(server_->port());
    raw.send(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "GET /api/v1/none HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "HEAD /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "OPTIONS /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const auto answers = raw.read_all();
    std::vector<unsigned> statuses;
    for (auto at = answers.find("HTTP/1.1 "); at != std::string::npos;
         at = answers.find("HTTP/1.1 ", at + 1))
        statuses.push_back(status_in(std::string_view(answers).substr(at)));
    EXPECT_EQ(statuses, (std::vector<unsigned>{200, 404, 200, 204}));
    EXPECT_EQ(answers.find("\"version\""), std::string::npos) << "HEAD has no body";
    EXPECT_NE(answers.find("Allow: POST, GET, HEAD, OPTIONS"), std::string::npos);
}

TEST_F(HttpTest, a_method_that_is_wrong_is_told_the_right_ones) {
    start();
    RawClient raw(server_->port());
    raw.send("DELETE /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const auto answer = raw.read_all();
    EXPECT_EQ(status_in(answer), 405U);
    EXPECT_NE(answer.find("\r\nAllow: POST, GET, HEAD, OPTIONS\r\n"), std::string::npos) << answer;
}

TEST_F(HttpTest, a_slow_client_is_closed_and_holds_up_nobody) {
    options_.limits.header_time = 200ms;
    options_.limits.body_time = 200ms;
    options_.limits.idle_time = 200ms;
    start();
    RawClient idle(server_->port()), header(server_->port()), body(server_->port());
    header.send("GET /healthz HT");
    body.send("POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx");
    EXPECT_EQ(get("/healthz").status, 200U);
    for (auto* slow : {&idle, &header, &body}) EXPECT_EQ(slow->read_all(), "");
    EXPECT_EQ(json_of(get("/api/v1/jobs"))["jobs"].size(), 0U);
}

TEST_F(HttpTest, a_client_gone_in_the_middle_of_its_upload_queues_nothing) {
    options_.limits.bodies_bytes = 4U << 20U;
    start();
    for (int i = 0; i < 20; ++i) {
        RawClient raw(server_->port());
        raw.send(
            "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n");
        raw.send(std::string(100000, 'x'));
        raw.close();
    }
    // Their shares of the budget must come back, or this upload would be refused.
    const auto answer =
        post("/api/v1/jobs", "text/plain", "Subject: x\n" + std::string(2000000, 'x'));
    EXPECT_TRUE(answer.status == 202 || answer.status == 503) << answer.body;
    for (int i = 0; i < 100 && post("/api/v1/jobs", "text/plain", "m").status != 202; ++i)
        std::this_thread::sleep_for(50ms);
    EXPECT_EQ(post("/api/v1/jobs", "text/plain", "Subject: x\n" + std::string(2000000, 'x')).status,
              202U);
}

TEST_F(HttpTest, uploads_over_the_common_budget_are_asked_to_come_again) {
    options_.limits.bodies_bytes = 1000;
    start();
    RawClient first(server_->port());
    first.send("POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nx");
    Answer answer;
    for (int i = 0; i < 100 && answer.status != 503; ++i)
        answer = post("/api/v1/jobs", "text/plain", std::string(900, 'x'));
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(get("/healthz").status, 200U);
}

TEST_F(HttpTest, more_connections_than_allowed_are_refused_at_once) {
    options_.limits.connections = 3;
    start();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(std::make_unique<RawClient>(server_->port()));
    clients.back()->send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    clients.back()->read_until("}\n");
    RawClient refused(server_->port());
    EXPECT_EQ(status_in(refused.read_all()), 503U);
    clients.clear();
    for (int i = 0; i < 100; ++i) {
        RawClient again(server_->port());
        again.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        if (status_in(again.read_all()) == 200) return;
        std::this_thread::sleep_for(10ms);
    }
    FAIL() << "the places were not given back";
}

TEST_F(HttpTest, no_text_of_a_mail_reaches_a_header) {
    start();
    const std::string title = "x\r\nSet-Cookie: a=b\r\n\r\n<script>";
    const auto id = add_job(title).id;
    RawClient raw(server_->port());
    raw.send("GET /api/v1/jobs/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const auto answer = raw.read_all();
    EXPECT_EQ(answer.find("\nSet-Cookie"), std::string::npos);
    EXPECT_NE(answer.find("X-Content-Type-Options: nosniff"), std::string::npos);
    EXPECT_EQ(json_of(get("/api/v1/jobs/" + std::to_string(id)))["title"], title);
    RawClient second(server_->port());
    second.send(
        "GET /api/v1/jobs/x%0d%0aSet-Cookie:%20a HTTP/1.1\r\nHost: localhost\r\n"
        "Connection: close\r\n\r\n");
    EXPECT_EQ(second.read_all().find("\nSet-Cookie"), std::string::npos);
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

class WebTest : public HttpTest {
  protected:
    WebTest() {
        options_.web_root = folder_.path() / "web";
        std::filesystem::create_directories(options_.web_root / "assets");
        write("web/index.html", "<!doctype html>index");
        write("web/assets/app-1.js", "js");
        write("web/.secret", "secret");
        write("outside.txt", "out of reach");
        std::filesystem::create_symlink("../outside.txt", options_.web_root / "link.txt");
        start();
    }
    void write(const std::string& name, const std::string& text) const {
        ASSERT_TRUE(util::write_file_atomic(folder_.path() / name, text));
    }
};

TEST_F(WebTest, pages_and_assets_are_served_and_nothing_else) {
    struct Case {
        std::string target;
        unsigned status;
        std::string content_type;
    };
    const std::vector<Case> cases{
        {"/", 200, "text/html; charset=utf-8"},
        {"/jobs/7", 200, "text/html; charset=utf-8"},
        {"/assets/app-1.js", 200, "text/javascript; charset=utf-8"},
        {"/assets/app-2.js", 404, "application/problem+json"},
        {"/.secret", 404, "application/problem+json"},
        {"/link.txt", 404, "application/problem+json"},
        {"/../outside.txt", 404, "application/problem+json"},
        {"/..%2foutside.txt", 404, "application/problem+json"},
        {"/%2e%2e/outside.txt", 404, "application/problem+json"},
        {"//etc/passwd", 404, "application/problem+json"},
        {"/assets", 200, "text/html; charset=utf-8"},
        {"/api/none", 404, "application/problem+json"},
    };
    for (const auto& c : cases) {
        const auto answer = get(c.target);
        EXPECT_EQ(answer.status, c.status) << c.target;
        EXPECT_EQ(answer.content_type, c.content_type) << c.target;
        EXPECT_EQ(answer.body.find("out of reach"), std::string::npos) << c.target;
    }
    EXPECT_EQ(get("/").body, "<!doctype html>index");
}

TEST_F(WebTest, pages_come_with_a_strict_policy) {
    RawClient raw(server_->port());
    raw.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const auto answer = raw.read_all();
    EXPECT_NE(answer.find("Content-Security-Policy: default-src 'self';"), std::string::npos);
    EXPECT_EQ(answer.find("unsafe"), std::string::npos);
}

TEST_F(HttpTest, without_a_dashboard_the_api_says_so) {
    start();
    const auto answer = get("/");
    EXPECT_EQ(answer.status, 404U);
    EXPECT_EQ(json_of(answer)["detail"], "the dashboard is not installed");
}

TEST_F(HttpTest, a_port_that_is_taken_is_an_error_that_names_it) {
    start();
    auto taken = options_;
    taken.port = server_->port();
    Services services;
    services.bus = bus_.get();
    try {
        const Server second(loop_.get_executor(), taken, services);
        FAIL() << "two servers on one port";
    } catch (const util::InfraError& error) {
        EXPECT_EQ(error.error().where, "127.0.0.1:" + std::to_string(taken.port));
    }
}

TEST_F(HttpTest, a_stop_lets_an_answer_finish_and_ends_the_rest) {
    start();
    add_job("x");
    RawClient idle(server_->port()), stream(server_->port()), stuck(server_->port());
    stream.send("GET /api/v1/jobs/1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_NE(stream.read_until("\"queued\"}}\n\n"), "");
    stuck.send("POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx");
    EXPECT_EQ(get("/healthz").status, 200U);
    const auto before = std::chrono::steady_clock::now();
    stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
    for (auto* client : {&idle, &stream, &stuck}) EXPECT_EQ(client->read_all(), "");
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

TEST_F(HttpTest, every_page_has_its_twins) {
    start();
    const auto job = add_job("a title");
    in_store([&](store::Store& s) {
        model::StoredReport report;
        report.job = job.id;
        report.report.title = "a splat";
        return s.add_report(report);
    });
    for (const auto* path : {"/jobs", "/jobs/1", "/reports/1", "/host", "/submit"}) {
        const auto json = get(std::string(path) + ".json");
        EXPECT_EQ(json.status, 200U) << path;
        EXPECT_TRUE(model::parse_json(json.body)) << path;
        const auto text = get(std::string(path) + ".txt");
        EXPECT_EQ(text.status, 200U) << path;
        EXPECT_FALSE(text.body.empty()) << path;
    }
    EXPECT_EQ(get("/jobs/1.json").body, get("/api/v1/jobs/1").body);
    EXPECT_NE(get("/jobs/1.txt").body.find("a title"), std::string::npos);
    EXPECT_NE(get("/reports/1.txt").body.find("a splat"), std::string::npos);
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
