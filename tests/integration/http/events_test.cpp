// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

using namespace std::chrono_literals;

std::string line_of(const SseMessage& message) {
    const auto event = model::parse_json(message.data);
    if (!event || !event->contains("data") || !(*event)["data"].contains("line")) return "";
    return (*event)["data"]["line"];
}

TEST_F(HttpTest, a_stream_gives_the_past_and_the_present_and_ends_with_the_job) {
    start();
    const auto id = add_job("x").id;
    add_event(id, "before");
    std::vector<std::string> lines, events;
    std::thread writer([&] {
        for (int i = 0; i < 250; ++i) add_event(id, std::to_string(i));
        finish(id);
    });
    const auto followed = client().follow(
        "/api/v1/jobs/1/events", 0,
        [&](const SseMessage& message) {
            events.push_back(message.event);
            if (message.event == "log") lines.push_back(line_of(message));
            return Client::Next::go_on;
        },
        2s);
    writer.join();
    EXPECT_TRUE(followed) << followed.error().to_string();
    ASSERT_EQ(lines.size(), 251U);
    for (int i = 0; i < 250; ++i)
        EXPECT_EQ(lines[static_cast<std::size_t>(i) + 1], std::to_string(i));
    EXPECT_EQ(events.front(), "stage");
    EXPECT_EQ(events.back(), "stage");
}

TEST_F(HttpTest, a_stream_that_is_resumed_loses_nothing_and_repeats_nothing) {
    start();
    const auto id = add_job("x").id;
    for (int i = 0; i < 20; ++i) add_event(id, std::to_string(i));
    std::string last = "0";
    std::vector<std::string> ids;
    // Each reader takes three messages and is gone.
    for (int reader = 0; reader < 7; ++reader) {
        RawClient raw(server_->port());
        raw.send("GET /api/v1/jobs/1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + last +
                 "\r\n\r\n");
        raw.read_until("retry: 2000\n\n");
        SseParser parser;
        for (int i = 0; i < 3; ++i) {
            const auto messages = parser.feed(raw.read_until("\n\n"));
            ASSERT_EQ(messages.size(), 1U);
            ids.push_back(messages[0].id);
            last = messages[0].id;
        }
    }
    std::vector<std::string> expected;
    for (int seq = 1; seq <= 21; ++seq) expected.push_back(std::to_string(seq));
    EXPECT_EQ(ids, expected);
}

TEST_F(HttpTest, a_done_job_has_nothing_more_to_stream) {
    start();
    const auto id = add_job("x").id;
    finish(id);
    EXPECT_EQ(get("/api/v1/jobs/1/events?after=2").status, 204U);
    RawClient raw(server_->port());
    raw.send("GET /api/v1/jobs/1/events?after=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto text = raw.read_all();
    EXPECT_NE(text.find("Content-Type: text/event-stream"), std::string::npos);
    EXPECT_NE(text.find("id: 2\nevent: stage\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("event: end\ndata: {\"job\":1}\n\n")) << text;
}

TEST_F(HttpTest, a_silent_stream_beats) {
    options_.limits.heartbeat = 50ms;
    start();
    add_job("x");
    RawClient raw(server_->port());
    raw.send("GET /api/v1/jobs/1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto text = raw.read_until(": heartbeat\n\n: heartbeat\n\n");
    EXPECT_NE(text.find(": heartbeat\n\n: heartbeat\n\n"), std::string::npos);
}

TEST_F(HttpTest, a_silent_stream_beats_while_another_job_is_busy) {
    options_.limits.heartbeat = 100ms;
    start();
    add_job("quiet");
    const auto busy = add_job("busy").id;
    RawClient raw(server_->port());
    raw.send("GET /api/v1/jobs/1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::atomic<bool> heard{false};
    std::thread noise([&] {
        for (int i = 0; i < 500 && !heard; ++i) {
            add_event(busy, "noise");
            std::this_thread::sleep_for(10ms);
        }
    });
    const auto text = raw.read_until(": heartbeat\n\n: heartbeat\n\n");
    heard = true;
    noise.join();
    EXPECT_NE(text.find(": heartbeat\n\n: heartbeat\n\n"), std::string::npos);
}

TEST_F(HttpTest, the_stream_of_all_jobs_has_the_events_of_all) {
    start();
    add_job("a");
    add_job("b");
    RawClient raw(server_->port());
    raw.send("GET /api/v1/events?after=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    raw.read_until("retry: 2000\n\n");
    add_event(1, "one");
    SseParser parser;
    const auto second = parser.feed(raw.read_until("\n\n"));
    const auto third = parser.feed(raw.read_until("\n\n"));
    EXPECT_EQ((*model::parse_json(second.at(0).data))["job"], 2);
    EXPECT_EQ(line_of(third.at(0)), "one");
}

TEST_F(HttpTest, the_stream_of_all_jobs_may_begin_with_what_comes_next) {
    start();
    const auto id = add_job("a").id;
    add_event(id, "old");
    RawClient raw(server_->port());
    raw.send("GET /api/v1/events?after=latest HTTP/1.1\r\nHost: localhost\r\n\r\n");
    raw.read_until("retry: 2000\n\n");
    add_event(id, "new");
    SseParser parser;
    const auto first = parser.feed(raw.read_until("\n\n"));
    EXPECT_EQ(line_of(first.at(0)), "new");
}

TEST_F(HttpTest, many_readers_of_one_job_all_get_every_event) {
    start();
    const auto id = add_job("x").id;
    constexpr int k_readers = 100;
    std::vector<std::unique_ptr<RawClient>> readers;
    for (int i = 0; i < k_readers; ++i) {
        readers.push_back(std::make_unique<RawClient>(server_->port()));
        readers.back()->send("GET /api/v1/jobs/1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    for (int i = 0; i < 10; ++i) add_event(id, std::to_string(i));
    finish(id);
    for (auto& reader : readers) {
        const auto text = reader->read_all();
        SseParser parser;
        const auto messages = parser.feed(text.substr(text.find("\r\n\r\n") + 4));
        EXPECT_EQ(messages.size(), 13U);  // queued, ten lines, done, end
    }
}

// A proxy that breaks the connection after each answer's first bytes would look like this.
TEST_F(HttpTest, a_client_follows_over_a_server_that_starts_again) {
    start();
    const auto id = add_job("x").id;
    add_event(id, "one");
    std::atomic<int> seen{0};
    std::vector<std::string> ids;
    const auto port = server_->port();
    const auto user = client();
    std::thread reader([&] {
        const auto followed = user.follow(
            "/api/v1/jobs/1/events", 0,
            [&](const SseMessage& message) {
                ids.push_back(message.id);
                ++seen;
                return line_of(message) == "two" ? Client::Next::stop : Client::Next::go_on;
            },
            20s);
        EXPECT_TRUE(followed);
    });
    for (int i = 0; i < 500 && seen < 2; ++i) std::this_thread::sleep_for(10ms);
    restart_on(port);
    add_event(id, "two");
    reader.join();
    EXPECT_EQ(ids, (std::vector<std::string>{"1", "2", "3"}));
}

TEST(HttpClient, a_server_that_is_not_there_is_said_so) {
    boost::asio::io_context loop;
    boost::asio::ip::tcp::acceptor taken(loop, {boost::asio::ip::make_address("127.0.0.1"), 0});
    const auto port = taken.local_endpoint().port();
    taken.close();
    const auto client = Client::make("http://127.0.0.1:" + std::to_string(port));
    const auto answer = client->json({"GET", "/healthz", "", "", ""});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, util::ErrorKind::unavailable);
    EXPECT_NE(answer.error().hint.find("krepro serve"), std::string::npos);
}

TEST(HttpClient, only_an_address_of_a_server_is_one) {
    for (const auto* url :
         {"http://127.0.0.1:8734", "http://localhost", "http://[::1]:80/", "https://a"})
        EXPECT_TRUE(Client::make(url)) << url;
    for (const auto* url : {"", "localhost:8734", "ftp://localhost", "http://", "http://a/b",
                            "http://a:port", "http://a:", "http://u@a", "http://a:1\r\nX: y"})
        EXPECT_FALSE(Client::make(url)) << url;
}

}  // namespace
}  // namespace krepro::http
