// SPDX-License-Identifier: Apache-2.0
// What the API's documents have in common, and the routes over what jobs used.
#include "http/answer.hpp"
#include "http/openapi_document.hpp"
#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

std::string ask(unsigned short port, const std::string& line, const std::string& headers = "",
                const std::string& body = "") {
    RawClient raw(port);
    raw.send(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers +
             (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
             "\r\n" + body);
    return raw.read_all();
}

std::string header_of(const std::string& answer, const std::string& name) {
    const auto at = answer.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const auto begin = at + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

TEST_F(HttpTest, a_document_that_the_client_has_is_not_sent_again) {
    start();
    add_job("x");
    const auto first = ask(server_->port(), "GET /api/v1/jobs/1");
    const auto etag = header_of(first, "ETag");
    ASSERT_FALSE(etag.empty()) << first;
    const auto again =
        ask(server_->port(), "GET /api/v1/jobs/1", "If-None-Match: \"x\", " + etag + "\r\n");
    EXPECT_EQ(status_in(again), 304U);
    EXPECT_TRUE(again.ends_with("\r\n\r\n")) << again;
    EXPECT_EQ(header_of(again, "ETag"), etag);
    finish(1);
    const auto changed =
        ask(server_->port(), "GET /api/v1/jobs/1", "If-None-Match: " + etag + "\r\n");
    EXPECT_EQ(status_in(changed), 200U);
    EXPECT_NE(header_of(changed, "ETag"), etag);
}

TEST_F(HttpTest, a_large_document_is_packed_for_those_who_take_it) {
    start();
    for (int i = 0; i < 20; ++i) add_job("a job");
    const auto plain = ask(server_->port(), "GET /api/v1/jobs");
    const auto packed = ask(server_->port(), "GET /api/v1/jobs", "Accept-Encoding: br, gzip\r\n");
    const auto refused = ask(server_->port(), "GET /api/v1/jobs", "Accept-Encoding: gzip;q=0\r\n");
    EXPECT_EQ(header_of(packed, "Content-Encoding"), "gzip");
    EXPECT_LT(packed.size(), plain.size() / 2);
    EXPECT_EQ(packed.substr(packed.find("\r\n\r\n") + 4, 2), "\x1f\x8b");
    EXPECT_EQ(header_of(plain, "Content-Encoding"), "");
    EXPECT_EQ(header_of(refused, "Content-Encoding"), "");
    EXPECT_EQ(header_of(plain, "Vary"), "Accept-Encoding");
}

TEST_F(HttpTest, a_request_that_comes_twice_makes_one_job) {
    start();
    const std::string key = "Idempotency-Key: 4711\r\nContent-Type: text/plain\r\n";
    const auto post = [&](const std::string& headers, const std::string& body) {
        return ask(server_->port(), "POST /api/v1/jobs", headers, body);
    };
    const auto first = post(key, "Subject: one\n");
    const auto again = post(key, "Subject: one\n");
    const auto other = post(key, "Subject: two\n");
    const auto without = post("Content-Type: text/plain\r\n", "Subject: one\n");
    EXPECT_EQ(status_in(first), 202U);
    EXPECT_EQ(header_of(first, "Location"), "/api/v1/jobs/1");
    EXPECT_EQ(status_in(again), 202U);
    EXPECT_EQ(header_of(again, "Location"), "/api/v1/jobs/1");
    EXPECT_EQ(status_in(other), 409U);
    EXPECT_NE(other.find("header Idempotency-Key"), std::string::npos) << other;
    EXPECT_EQ(header_of(without, "Location"), "/api/v1/jobs/2");
    EXPECT_EQ(status_in(post("Idempotency-Key: " + std::string(129, 'k') + "\r\n", "x")), 400U);
}

TEST_F(HttpTest, a_done_job_can_be_tried_again_and_deleted) {
    start();
    add_job("x");
    EXPECT_EQ(post("/api/v1/jobs/1/retry", "", "").status, 409U);
    EXPECT_EQ(status_in(ask(server_->port(), "DELETE /api/v1/jobs/1")), 409U);
    const auto hash = *artifacts_.add_bytes("console");
    in_store([&](store::Store& s) {
        model::Trial trial;
        trial.job = 1;
        trial = s.add_trial(trial);
        trial.console = hash;
        trial.outcome.emplace();
        return s.close_trial(trial).has_value();
    });
    finish(1);
    const auto retried = post("/api/v1/jobs/1/retry", "", "");
    EXPECT_EQ(retried.status, 202U);
    EXPECT_EQ(retried.location, "/api/v1/jobs/2");
    EXPECT_TRUE(artifacts_.path(hash));
    const auto gone = ask(server_->port(), "DELETE /api/v1/jobs/1");
    EXPECT_EQ(status_in(gone), 204U) << gone;
    EXPECT_EQ(get("/api/v1/jobs/1").status, 404U);
    EXPECT_EQ(get("/api/v1/trials/1").status, 404U);
    EXPECT_FALSE(artifacts_.path(hash));
    EXPECT_EQ(status_in(ask(server_->port(), "DELETE /api/v1/jobs/1")), 404U);
    EXPECT_EQ(get("/api/v1/jobs/2").status, 200U);
}

TEST_F(HttpTest, the_console_that_two_jobs_share_outlives_the_first) {
    start();
    const auto hash = *artifacts_.add_bytes("the same console");
    for (int job = 1; job <= 2; ++job) {
        add_job("x");
        in_store([&](store::Store& s) {
            model::Trial trial;
            trial.job = job;
            trial = s.add_trial(trial);
            trial.console = hash;
            trial.outcome.emplace();
            return s.close_trial(trial).has_value();
        });
        finish(job);
    }
    EXPECT_EQ(status_in(ask(server_->port(), "DELETE /api/v1/jobs/1")), 204U);
    EXPECT_TRUE(artifacts_.path(hash));
    EXPECT_EQ(status_in(ask(server_->port(), "DELETE /api/v1/jobs/2")), 204U);
    EXPECT_FALSE(artifacts_.path(hash));
}

TEST_F(HttpTest, a_kernel_is_listed_once_with_the_jobs_that_used_it) {
    start();
    for (int i = 1; i <= 3; ++i) {
        auto job = add_job("x");
        job.unpatched_build.emplace();
        job.unpatched_build->key = i == 3 ? "other" : "same";
        job.unpatched_build->tree = "a-tree";
        in_store([&](store::Store& s) { return s.update_job(job).has_value(); });
    }
    const auto list = model::Json::parse(get("/api/v1/builds?tree=a-tree").body);
    ASSERT_EQ(list["builds"].size(), 2U) << list;
    EXPECT_EQ(list["builds"][1]["key"], "same");
    EXPECT_EQ(list["builds"][1]["first_job"], 1);
    EXPECT_EQ(list["builds"][1]["last_job"], 2);
    EXPECT_EQ(get("/api/v1/builds/same").status, 200U);
    EXPECT_EQ(get("/api/v1/builds/none").status, 404U);
    const auto page = model::Json::parse(get("/api/v1/builds?limit=1").body);
    EXPECT_EQ(page["next"], "/api/v1/builds?before=" + list["builds"][0]["id"].dump() + "&limit=1");
    EXPECT_EQ(get("/api/v1/builds?limit=501").status, 400U);
    EXPECT_EQ(get("/api/v1/builds?colour=red").status, 400U);
}

TEST_F(HttpTest, a_job_is_shown_in_parts_too) {
    start();
    add_job("x");
    EXPECT_EQ(get("/api/v1/jobs/1/arms/patched").status, 200U);
    EXPECT_EQ(get("/api/v1/jobs/1/arms/both").status, 404U);
    EXPECT_EQ(get("/api/v1/jobs/9/arms/patched").status, 404U);
    EXPECT_EQ(get("/api/v1/jobs/1/artifacts").status, 200U);
    EXPECT_EQ(get("/api/v1/profiles/a-profile").status, 200U);
    EXPECT_EQ(get("/api/v1/profiles/..%2fx").status, 404U);
    EXPECT_EQ(get("/api/v1/workloads").status, 200U);
    const auto hosts = model::Json::parse(get("/api/v1/hosts").body);
    EXPECT_EQ(hosts["hosts"][0]["name"], "local");
}

TEST_F(HttpTest, the_server_says_what_it_is_and_how_it_does) {
    start();
    add_job("x");
    EXPECT_EQ(get("/readyz").status, 200U);
    EXPECT_EQ(get("/openapi.json").body, std::string(openapi_document()));
    const auto figures = get("/metrics").body;
    EXPECT_NE(figures.find("krepro_jobs{stage=\"queued\"} 1\n"), std::string::npos) << figures;
    EXPECT_NE(figures.find("krepro_http_answers_total{class=\"2xx\"} 2\n"), std::string::npos)
        << figures;
}

TEST_F(HttpTest, answers_that_refuse_are_counted_wherever_they_come_from) {
    start();
    get("/api/v1/no/such/path");                                  // the plan
    ask(server_->port(), "GET /api/v1/jobs?token=x");             // before it
    get("/api/v1/jobs/9");                                        // a handler
    post("/api/v1/jobs/1/cancel", "", std::string(100000, 'x'));  // the body
    RawClient raw(server_->port());
    raw.send("no HTTP at all\r\n\r\n");
    raw.read_all();
    const auto figures = get("/metrics").body;
    EXPECT_NE(figures.find("krepro_http_answers_total{class=\"4xx\"} 5\n"), std::string::npos)
        << figures;
}

TEST_F(HttpTest, an_artifact_that_the_client_has_is_not_sent_again) {
    start();
    const auto path = "/api/v1/artifacts/" + *artifacts_.add_bytes("console");
    const auto first = ask(server_->port(), "GET " + path);
    EXPECT_EQ(status_in(first), 200U);
    const auto tag = header_of(first, "ETag");
    ASSERT_FALSE(tag.empty()) << first;
    for (const auto* more : {"", "Range: bytes=0-2\r\n"}) {
        const auto again =
            ask(server_->port(), "GET " + path, "If-None-Match: " + tag + "\r\n" + more);
        EXPECT_EQ(status_in(again), 304U) << again;
        EXPECT_TRUE(again.ends_with("\r\n\r\n")) << again;
    }
    EXPECT_EQ(status_in(ask(server_->port(), "GET " + path, "If-None-Match: \"x\"\r\n")), 200U);
}

TEST(HttpAnswer, what_a_client_takes_is_read_as_rfc_9110_says) {
    for (const auto* yes : {"gzip", "br, gzip", "*", "gzip;q=0.5", " x-gzip "})
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    for (const auto* no : {"", "br", "gzip;q=0", "gzip; q=0.000", "gzipped", "*;q=0"})
        EXPECT_FALSE(accepts_gzip(no)) << no;
    for (const auto* yes : {"\"a\"", "W/\"a\"", "*", "\"b\" , W/\"a\""})
        EXPECT_TRUE(none_match_names(yes, "W/\"a\"")) << yes;
    for (const auto* no : {"", "a", "\"b\"", "\"aa\""})
        EXPECT_FALSE(none_match_names(no, "W/\"a\"")) << no;
}

}  // namespace
}  // namespace krepro::http
