// SPDX-License-Identifier: Apache-2.0
// What clients that mean no good may cost.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

using namespace std::chrono_literals;
using model::Json;

double resident_mib() {
    std::ifstream file("/proc/self/statm");
    double total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1U << 20U);
}

// Files this process may open from here on.
rlim_t raise_file_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

util::Fd connect_to(unsigned short port) {
    util::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto endpoint =
        boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), port);
    if (::connect(fd.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0)
        fd.reset();
    return fd;
}

TEST_F(HttpTest, ten_thousand_connections_are_held_or_refused_in_bounded_memory) {
    constexpr std::size_t k_clients = 10'000;
    if (raise_file_limit() < k_clients + 2 * options_.limits.connections)
        GTEST_SKIP() << "this machine allows too few open files";
    start();
    add_job("x");
    const auto before = resident_mib();
    std::vector<util::Fd> clients;
    for (std::size_t i = 0; i < k_clients; ++i) {
        clients.push_back(connect_to(server_->port()));
        ASSERT_TRUE(clients.back().valid()) << i;
    }
    // Those that were refused have an answer, the others wait.
    const auto limit = options_.limits.connections;
    std::vector<pollfd> polled;
    for (const auto& client : clients) polled.push_back({client.get(), POLLIN, 0});
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::size_t refused = 0;
    while (refused < k_clients - limit && std::chrono::steady_clock::now() < deadline) {
        ::poll(polled.data(), polled.size(), 1000);
        for (auto& entry : polled) {
            if (entry.revents == 0) continue;
            char head[16]{};
            if (::recv(entry.fd, head, sizeof head, 0) >= 12 &&
                std::string_view(head, 12) == "HTTP/1.1 503")
                ++refused;
            entry = {-1, 0, 0};  // poll() passes it over
        }
    }
    std::vector<util::Fd> held;
    for (std::size_t i = 0; i < k_clients; ++i)
        if (polled[i].fd >= 0) held.push_back(std::move(clients[i]));
    EXPECT_EQ(held.size(), options_.limits.connections);
    EXPECT_EQ(refused, k_clients - held.size());
    EXPECT_LT(resident_mib() - before, 64);
    // Those who are in are served; with them gone, others are.
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ASSERT_EQ(::send(held.back().get(), request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    char head[16]{};
    ASSERT_GE(::recv(held.back().get(), head, sizeof head, 0), 12);
    EXPECT_EQ(std::string_view(head, 12), "HTTP/1.1 200");
    held.clear();
    for (int i = 0; i < 500; ++i) {
        RawClient again(server_->port());
        again.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        if (status_in(again.read_all()) == 200) return;
        std::this_thread::sleep_for(10ms);
    }
    FAIL() << "the places were not given back";
}

TEST_F(HttpTest, a_client_that_does_not_read_is_closed_and_costs_no_memory) {
    options_.limits.write_time = 300ms;
    start();
    const auto hash = *artifacts_.add_bytes(std::string(64U << 20U, 'k'));
    const auto before = resident_mib();
    std::vector<std::unique_ptr<RawClient>> slow;
    for (int i = 0; i < 20; ++i) {
        slow.push_back(std::make_unique<RawClient>(server_->port()));
        slow.back()->send("GET /api/v1/artifacts/" + hash + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    EXPECT_EQ(get("/healthz").status, 200U);
    std::this_thread::sleep_for(1s);
    EXPECT_LT(resident_mib() - before, 32);
    for (const auto& client : slow) {
        const auto got = client->read_all();
        EXPECT_EQ(status_in(got), 200U);
        EXPECT_LT(got.size(), std::size_t{64} << 20U) << "it was waited for";
    }
}

TEST_F(HttpTest, a_reader_of_events_that_does_not_read_is_closed_and_the_others_miss_nothing) {
    options_.limits.write_time = 300ms;
    start();
    const auto id = add_job("x").id;
    RawClient slow(server_->port()), quick(server_->port());
    for (auto* client : {&slow, &quick})
        client->send("GET /api/v1/jobs/1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    constexpr int k_events = 400;
    std::string text;
    std::thread reader([&] { text = quick.read_all(); });
    for (int i = 0; i < k_events; ++i) add_event(id, std::string(20'000, 'e'));
    finish(id);
    reader.join();
    SseParser parser;
    const auto messages = parser.feed(text.substr(text.find("\r\n\r\n") + 4));
    EXPECT_EQ(messages.size(), k_events + 4U);  // queued, verdict, done, end
    EXPECT_LT(slow.read_all().size(), text.size()) << "it was waited for";
}

TEST_F(HttpTest, a_bomb_of_json_is_refused_in_no_time) {
    start();
    std::string members = "{", values = "[", deep;
    for (int i = 0; i < 1'000'000; ++i) {
        members += "\"" + std::to_string(i) + "\":1,";
        values += "0,";
    }
    members.back() = '}';
    values.back() = ']';
    deep = "{\"mail\":" + std::string(1'000'000, '[');
    for (const auto& bomb : {members, values, deep, "{\"mail\":\"m\",\"x\":" + values + "}"}) {
        const auto before = std::chrono::steady_clock::now();
        const auto answer = post("/api/v1/jobs", "application/json", bomb);
        EXPECT_EQ(answer.status, 400U);
        EXPECT_LT(answer.body.size(), 1000U);
        EXPECT_EQ(Json::parse(answer.body)["where"], "request body");
        EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
    }
}

TEST_F(HttpTest, a_request_in_single_bytes_is_one_request) {
    start();
    RawClient raw(server_->port());
    for (const char c : std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                    "Connection: close\r\n\r\n"))
        raw.send({&c, 1});
    EXPECT_EQ(status_in(raw.read_all()), 200U);
}

TEST_F(HttpTest, no_text_of_a_mail_begins_a_line_of_a_header_anywhere) {
    start();
    const std::string evil = "x\r\nSet-Cookie: a=b\nBcc: all@example.org\r\n\r\n";
    const auto id = add_job(evil).id;
    in_store([&](store::Store& s) {
        auto job = *s.job(id);
        job.mail.title = job.mail.author = job.mail.message_id = evil;
        job.verdict.emplace();
        job.stage = model::JobStage::done;
        return s.update_job(job).has_value();
    });
    for (const auto* target :
         {"/api/v1/jobs/1", "/api/v1/jobs?limit=1", "/jobs/1.txt", "/jobs.txt",
          "/api/v1/jobs/1/mail", "/api/v1/jobs/1/exports/junit", "/api/v1/jobs/1/exports/sarif",
          "/api/v1/jobs/1/exports/markdown", "/api/v1/jobs/1/exports/reply"}) {
        RawClient raw(server_->port());
        raw.send(std::string("GET ") + target +
                 " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        const auto answer = raw.read_all();
        EXPECT_EQ(status_in(answer), 200U) << target;
        const auto head = answer.substr(0, answer.find("\r\n\r\n"));
        EXPECT_EQ(head.find("\nSet-Cookie"), std::string::npos) << target;
        EXPECT_EQ(head.find("\nBcc"), std::string::npos) << target;
    }
    // The reply is a mail: its own header has no line that the mail's text made.
    const auto reply = get("/api/v1/jobs/1/exports/reply").body;
    const auto head = reply.substr(0, reply.find("\n\n"));
    EXPECT_EQ(head.find("\nBcc"), std::string::npos) << head;
    EXPECT_EQ(head.find("\nSet-Cookie"), std::string::npos) << head;
}

}  // namespace
}  // namespace krepro::http
