// SPDX-License-Identifier: Apache-2.0
// Receivers that jobs name, on this machine.
#include "integration/http/webhook_fixture.hpp"

namespace krepro::http {
namespace {

using namespace std::chrono_literals;
using model::Json;

class JobWebhookTest : public WebhookTest {
  protected:
    Answer submit_with(const std::string& webhook) {
        return post("/api/v1/jobs", "application/json",
                    model::dump({{"mail", "Subject: x\n"}, {"webhook", webhook}}));
    }
    // A job that names it, taken.
    std::int64_t job_for(const std::string& webhook) {
        const auto answer = submit_with(webhook);
        EXPECT_EQ(answer.status, 202U) << answer.body;
        return json_of(answer)["id"].get<std::int64_t>();
    }
    void end_one_for(const std::string& webhook) { finish(job_for(webhook)); }
};

std::vector<std::int64_t> jobs_in(const std::vector<Receiver::Request>& requests) {
    std::vector<std::int64_t> ids;
    for (const auto& request : requests)
        ids.push_back(Json::parse(request.body())["job"]["id"].get<std::int64_t>());
    return ids;
}

TEST_F(JobWebhookTest, a_receiver_is_told_of_the_job_that_names_it_and_of_no_other) {
    Receiver of_all({200}), of_one({200});
    tell(of_all.url());
    const auto other = end_a_job("names nobody");
    const auto id = job_for(of_one.url());
    finish(id);
    EXPECT_EQ(jobs_in(of_all.wait_for(2)), (std::vector{other, id}));
    const auto requests = of_one.wait_for(1);
    ASSERT_EQ(jobs_in(requests), std::vector{id});
    const auto& request = requests[0];
    EXPECT_EQ(request.target(), "/hook?a=b");
    EXPECT_EQ(header(request, "X-Krepro-Event"), "job.done");
    EXPECT_EQ(header(request, "X-Krepro-Signature"), signature_of(request.body()));
    EXPECT_EQ(header(request, "X-Krepro-Delivery"),
              Json::parse(request.body())["delivery"].get<std::string>());
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(of_one.connections(), 1U);
}

TEST_F(JobWebhookTest, a_daemon_with_a_secret_and_no_receiver_of_its_own_tells_the_jobs) {
    Receiver receiver({200});
    tell("");
    const auto id = job_for(receiver.url());
    finish(id);
    EXPECT_EQ(jobs_in(receiver.wait_for(1)), std::vector{id});
}

TEST_F(JobWebhookTest, receivers_that_are_silent_hold_up_nobody) {
    Receiver silent({0}), other({200});
    tell("");
    for (int i = 0; i < 3; ++i) end_one_for(silent.url());
    silent.wait_for(1);
    const auto id = job_for(other.url());
    finish(id);
    EXPECT_EQ(jobs_in(other.wait_for(1)), std::vector{id});
}

TEST_F(JobWebhookTest, tries_are_bounded_and_no_redirect_is_followed) {
    hook_.tries = 3;
    Receiver elsewhere({200}), failing({500}), moved({307}, elsewhere.url());
    tell("");
    end_one_for(failing.url());
    end_one_for(moved.url());
    EXPECT_EQ(failing.wait_for(3).size(), 3U);
    EXPECT_EQ(moved.wait_for(1).size(), 1U);
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(failing.connections(), 3U);
    EXPECT_EQ(moved.connections(), 1U);
    EXPECT_EQ(elsewhere.connections(), 0U);
}

TEST_F(JobWebhookTest, what_a_stop_cut_off_is_told_by_the_next_start_though_a_later_one_was_told) {
    Receiver first({0, 200}), second({200});
    tell("");
    const auto cut_off = job_for(first.url());
    finish(cut_off);
    first.wait_for(1);
    end_one_for(second.url());
    second.wait_for(1);
    std::this_thread::sleep_for(300ms);  // the second is noted
    stop_telling();
    const auto missed = job_for(second.url());
    finish(missed);
    tell("");
    EXPECT_EQ(jobs_in(first.wait_for(2)), (std::vector{cut_off, cut_off}));
    const auto told = jobs_in(second.wait_for(3));
    EXPECT_EQ(told.back(), missed);
}

TEST_F(JobWebhookTest, where_private_addresses_are_not_allowed_none_is_connected_to) {
    hook_.allow_private = false;
    Receiver receiver({200});
    auto named = receiver.url();
    named.replace(named.find("127.0.0.1"), 9, "localhost");
    tell("");
    // Taken while they were allowed.
    for (const auto& url : {receiver.url(), named, "https" + named.substr(4)}) end_one_for(url);
    std::this_thread::sleep_for(500ms);
    EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(JobWebhookTest, a_receivers_path_is_shown_to_nobody_and_a_retry_keeps_it) {
    Receiver receiver({200});
    tell("");
    const auto id = job_for(receiver.url());
    finish(id);
    receiver.wait_for(1);
    const auto shown = receiver.url().substr(0, receiver.url().find("/hook")) + "/...";
    EXPECT_EQ(json_of(get("/api/v1/jobs/1"))["spec"]["webhook"], shown);
    EXPECT_EQ(json_of(get("/api/v1/jobs"))["jobs"][0]["spec"]["webhook"], shown);
    EXPECT_EQ(Json::parse(receiver.wait_for(1)[0].body())["job"]["spec"]["webhook"], shown);
    const auto retried = json_of(post("/api/v1/jobs/1/retry", "", ""))["id"].get<std::int64_t>();
    finish(retried);
    EXPECT_EQ(jobs_in(receiver.wait_for(2)), (std::vector{id, retried}));
}

struct Named {
    JobReceivers allowed;
    const char* webhook;
};

class RefusedWebhook : public HttpTest, public ::testing::WithParamInterface<Named> {};

TEST_P(RefusedWebhook, an_address_that_is_not_allowed_is_a_problem_of_its_field) {
    job_receivers_ = GetParam().allowed;
    start();
    const auto answer =
        post("/api/v1/jobs", "application/json",
             model::dump({{"mail", "Subject: x\n"}, {"webhook", GetParam().webhook}}));
    EXPECT_EQ(answer.status, 400U);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    EXPECT_EQ(json_of(answer)["where"], "field webhook") << answer.body;
    EXPECT_NE(json_of(answer)["hint"], "");
    EXPECT_TRUE(json_of(get("/api/v1/jobs"))["jobs"].empty());
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, RefusedWebhook,
    ::testing::Values(Named{JobReceivers::none, "https://ci.example.org/krepro"},
                      Named{JobReceivers::public_https, "http://ci.example.org/krepro"},
                      Named{JobReceivers::public_https, "https://10.0.0.1/"},
                      Named{JobReceivers::any, "ftp://ci.example.org/"},
                      Named{JobReceivers::any, "https://ci.example.org/\r\nX: y"}));

TEST_F(HttpTest, a_retry_asks_again_whether_the_webhook_is_allowed) {
    start();
    const auto id = in_store([](store::Store& s) {
        model::Job job;
        job.spec.mail = "Subject: x\n";
        job.spec.webhook = "https://ci.example.org/krepro";
        return s.add_job(job).id;
    });
    finish(id);
    const auto answer = post("/api/v1/jobs/1/retry", "", "");
    EXPECT_EQ(answer.status, 400U);
    EXPECT_EQ(json_of(answer)["where"], "field webhook");
}

}  // namespace
}  // namespace krepro::http
