// SPDX-License-Identifier: Apache-2.0
// What one client's long work costs the others: queue, bundles, mails that are read.
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>

#include "integration/http/http_fixture.hpp"

namespace krepro::http {

namespace asio = boost::asio;

namespace {

std::string request(const std::string& line, const std::string& body = "",
                    const std::string& headers = "") {
    return line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string answer_to(unsigned short port, const std::string& bytes) {
    RawClient raw(port);
    raw.send(bytes);
    return raw.read_all();
}

const std::string k_as_text = "Content-Type: text/plain\r\n";
const std::string k_as_json = "Content-Type: application/json\r\n";

}  // namespace

TEST_F(HttpTest, a_full_queue_takes_no_job_more_and_still_knows_those_it_has) {
    options_.limits.unfinished_jobs = 2;
    start();
    const auto submit = [&](const std::string& key) {
        return answer_to(server_->port(), request("POST /api/v1/jobs", "Subject: x\n",
                                                  k_as_text + "Idempotency-Key: " + key + "\r\n"));
    };
    EXPECT_EQ(status_in(submit("a")), 202U);
    EXPECT_EQ(status_in(submit("b")), 202U);
    const auto refused = submit("c");
    EXPECT_EQ(status_in(refused), 429U);
    EXPECT_NE(refused.find("Retry-After: 60\r\n"), std::string::npos) << refused;
    EXPECT_NE(refused.find("\"where\":\"queue\""), std::string::npos) << refused;
    EXPECT_EQ(status_in(submit("a")), 202U) << "it is there";
    EXPECT_EQ(json_of(get("/api/v1/jobs"))["jobs"].size(), 2U);
    finish(1);
    EXPECT_EQ(status_in(submit("c")), 202U);
}

TEST_F(HttpTest, bisections_have_a_limit_of_their_own) {
    options_.limits.unfinished_bisections = 1;
    start();
    const std::string body = R"({"good": "v1", "bad": "v2"})";
    const auto begin = request("POST /api/v1/bisections", body, k_as_json);
    EXPECT_EQ(status_in(answer_to(server_->port(), begin)), 202U);
    const auto refused = answer_to(server_->port(), begin);
    EXPECT_EQ(status_in(refused), 429U);
    EXPECT_NE(refused.find("Retry-After: 60\r\n"), std::string::npos) << refused;
}

TEST_F(HttpTest, who_only_asks_does_not_wait_for_a_mail_that_is_read) {
    start();
    std::promise<void> over;
    asio::post(pool_, [&] { over.get_future().wait(); });
    RawClient sender(server_->port()), previewer(server_->port());
    sender.send(request("POST /api/v1/jobs", "Subject: x\n", k_as_text));
    previewer.send(request("POST /api/v1/intake/preview", "Subject: x\n", k_as_text));
    EXPECT_EQ(get("/healthz").status, 200U);
    EXPECT_EQ(get("/api/v1/jobs").status, 200U);
    over.set_value();
    EXPECT_EQ(status_in(sender.read_all()), 202U);
    EXPECT_EQ(status_in(previewer.read_all()), 400U) << "there is no patch in it";
}

TEST_F(HttpTest, bundles_wait_in_a_short_line) {
    std::atomic<int> begun{0};
    std::atomic<bool> packed{false};
    bundle_ = [&](std::int64_t) -> asio::awaitable<util::Result<util::Fd>> {
        ++begun;
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (!packed) {
            timer.expires_after(std::chrono::milliseconds(5));
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return util::fail(util::ErrorKind::conflict, "there is nothing to pack", "job 1");
    };
    start();
    add_job("x");
    std::vector<std::unique_ptr<RawClient>> waiting;
    for (int i = 0; i < 4; ++i) {
        waiting.push_back(std::make_unique<RawClient>(server_->port()));
        waiting.back()->send(request("GET /api/v1/jobs/1/bundle"));
    }
    while (begun < 4) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto refused = answer_to(server_->port(), request("GET /api/v1/jobs/1/bundle"));
    EXPECT_EQ(status_in(refused), 503U);
    EXPECT_NE(refused.find("Retry-After: 10\r\n"), std::string::npos) << refused;
    EXPECT_EQ(begun, 4);
    packed = true;
    for (const auto& client : waiting) EXPECT_EQ(status_in(client->read_all()), 409U);
    EXPECT_EQ(get("/api/v1/jobs/1/bundle").status, 409U) << "there is room again";
}

TEST_F(HttpTest, the_hosts_queue_is_told_without_the_jobs_mails) {
    start();
    in_store([](store::Store& s) {
        model::Job job;
        job.title = "a long mail";
        job.mail.patch = std::string(100000, 'p');
        job.spec.mail = std::string(100000, 'm');
        model::Trial trial;
        trial.job = s.add_job(job).id;
        return s.add_trial(trial).id;
    });
    const auto host = json_of(get("/api/v1/host"));
    EXPECT_EQ(host["unfinished_jobs"], 1);
    EXPECT_EQ(host["queue"][0]["title"], "a long mail");
    EXPECT_EQ(host["running"][0]["job"], 1);
}

}  // namespace krepro::http
