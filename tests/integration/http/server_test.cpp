// SPDX-License-Identifier: Apache-2.0
// Connections and what is sent over them, whatever it asks for.
#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

using namespace std::chrono_literals;

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

TEST_F(HttpTest, a_header_that_comes_field_by_field_has_the_same_limit) {
    start();
    RawClient raw(server_->port());
    // Each piece ends behind the first letter of a field: the one before it is known to be whole.
    raw.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX");
    const std::string field = ": " + std::string(500, 'x') + "\r\nX";
    for (std::size_t sent = 0; sent < options_.limits.header_bytes; sent += field.size()) {
        raw.send(field);
        std::this_thread::sleep_for(1ms);  // a piece of its own
    }
    EXPECT_EQ(status_in(raw.read_all()), 431U);
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

}  // namespace
}  // namespace krepro::http
