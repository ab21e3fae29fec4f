// SPDX-License-Identifier: Apache-2.0
// The ends of jobs, told to a real server on this machine.
#include <fstream>
#include <set>

#include "integration/http/webhook_fixture.hpp"

namespace krepro::http {
namespace {

using namespace std::chrono_literals;
using model::Json;

std::set<std::string> names(const Json& object) {
    std::set<std::string> all;
    for (const auto& [name, value] : object.items()) all.insert(name);
    return all;
}

TEST_F(WebhookTest, the_end_of_a_job_is_told_once_and_signed) {
    Receiver receiver({204});
    end_a_job("before");
    tell(receiver.url());
    add_job("still waits");
    const auto id = end_a_job("mend it\r\nX-Evil: 1");
    auto requests = receiver.wait_for(1);
    ASSERT_EQ(requests.size(), 1U);
    const auto& request = requests[0];
    EXPECT_EQ(request.method_string(), "POST");
    EXPECT_EQ(request.target(), "/hook?a=b");
    EXPECT_EQ(header(request, "Content-Type"), "application/json");
    EXPECT_EQ(header(request, "X-Krepro-Event"), "job.done");
    EXPECT_EQ(header(request, "X-Krepro-Signature"), signature_of(request.body()));
    EXPECT_EQ(header(request, "X-Evil"), "");
    const auto body = Json::parse(request.body());
    EXPECT_EQ(body["event"], "job.done");
    EXPECT_EQ(body["delivery"], header(request, "X-Krepro-Delivery"));
    EXPECT_EQ(body["job"]["id"], id);
    EXPECT_EQ(body["job"]["title"], "mend it\r\nX-Evil: 1");
    EXPECT_EQ(body["job"]["stage"], "done");
    EXPECT_FALSE(body["job"]["verdict"].is_null());
    add_event(id, "more of a job that was told");
    end_a_job("the next");
    requests = receiver.wait_for(2);
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(receiver.connections(), 2U) << "something was told twice";
}

TEST_F(WebhookTest, a_receiver_that_fails_is_asked_again_with_the_same_delivery) {
    Receiver receiver({503, 429, 200});
    tell(receiver.url());
    end_a_job("x");
    const auto requests = receiver.wait_for(3);
    ASSERT_EQ(requests.size(), 3U);
    for (const auto& request : requests) {
        EXPECT_EQ(header(request, "X-Krepro-Delivery"), header(requests[0], "X-Krepro-Delivery"));
        EXPECT_EQ(request.body(), requests[0].body());
    }
}

TEST_F(WebhookTest, tries_are_bounded_and_the_next_job_is_told) {
    hook_.tries = 3;
    Receiver receiver({500, 500, 500, 200});
    tell(receiver.url());
    end_a_job("given up");
    const auto second = end_a_job("told");
    const auto requests = receiver.wait_for(4);
    ASSERT_EQ(requests.size(), 4U);
    EXPECT_EQ(Json::parse(requests[3].body())["job"]["id"], second);
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(receiver.connections(), 4U);
}

TEST_F(WebhookTest, what_a_receiver_refuses_is_not_sent_again_and_no_redirect_is_followed) {
    Receiver other({200});
    for (const unsigned status : {301U, 302U, 307U, 308U, 400U, 401U, 404U, 410U}) {
        Receiver receiver({status}, other.url());
        tell(receiver.url());
        end_a_job("x");
        EXPECT_EQ(receiver.wait_for(1).size(), 1U) << status;
        std::this_thread::sleep_for(100ms);
        stop_telling();
        EXPECT_EQ(receiver.connections(), 1U) << status;
    }
    EXPECT_EQ(other.connections(), 0U);
}

TEST_F(WebhookTest, a_private_address_is_not_connected_to_unless_that_is_allowed) {
    hook_.allow_private = false;
    Receiver receiver({200});
    tell(receiver.url());
    end_a_job("x");
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(receiver.connections(), 0U);
    stop_telling();
    // By a name that leads there.
    auto named = receiver.url();
    named.replace(named.find("127.0.0.1"), 9, "localhost");
    tell(named);
    end_a_job("y");
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(WebhookTest, an_end_that_came_while_nobody_told_is_told_at_the_next_start) {
    Receiver receiver({200});
    tell(receiver.url());
    end_a_job("first");
    receiver.wait_for(1);
    // It is noted that it was told, or it would be told again.
    std::this_thread::sleep_for(300ms);
    stop_telling();
    const auto missed = end_a_job("missed");
    tell(receiver.url());
    const auto requests = receiver.wait_for(2);
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(Json::parse(requests[1].body())["job"]["id"], missed);
}

TEST_F(WebhookTest, a_stop_in_the_middle_of_a_delivery_ends_it_and_the_next_start_tells_it) {
    Receiver receiver({0, 200});
    tell(receiver.url());
    const auto id = end_a_job("x");
    receiver.wait_for(1);
    stop_telling();  // in less than the try's own limit, or it fails there
    tell(receiver.url());
    const auto requests = receiver.wait_for(2);
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(Json::parse(requests[1].body())["job"]["id"], id);
}

TEST_F(WebhookTest, options_that_cannot_be_used_are_named) {
    const auto where = [](WebhookOptions options) {
        const auto made = Webhook::make(options);
        return made ? std::string("accepted") : made.error().where;
    };
    hook_.url = "https://ci.example.org/krepro";
    EXPECT_EQ(where(hook_), "accepted");
    auto options = hook_;
    options.url = "ftp://ci.example.org/";
    EXPECT_EQ(where(options), options.url);
    options.url = "https://user:password@ci.example.org/";
    EXPECT_EQ(where(options), options.url);
    options = hook_;
    options.secret_file = "";
    EXPECT_EQ(where(options), "--webhook-secret-file");
    options.secret_file = folder_.path() / "none";
    EXPECT_EQ(where(options), options.secret_file.string());
    options.secret_file = folder_.path() / "short";
    std::ofstream(options.secret_file) << "short\n";
    EXPECT_EQ(where(options), options.secret_file.string());
    options = hook_;
    options.trusted = folder_.path() / "none.pem";
    EXPECT_EQ(where(options), options.trusted.string());
}

// The names of what came against docs/openapi.json.
TEST_F(WebhookTest, what_is_told_is_as_documented) {
    Receiver receiver({200});
    tell(receiver.url());
    end_a_job("x");
    const auto requests = receiver.wait_for(1);
    ASSERT_EQ(requests.size(), 1U);
    const auto told = Json::parse(requests[0].body());
    const auto document = Json::parse(
        *util::read_file(std::filesystem::path(KREPRO_SOURCE_DIR) / "docs" / "openapi.json"));
    const auto& operation = document["webhooks"]["job.done"]["post"];
    const auto& schema = operation["requestBody"]["content"]["application/json"]["schema"];
    EXPECT_EQ(names(told), names(schema["properties"]));
    EXPECT_EQ(names(told["job"]),
              names(document["components"]["schemas"]["JobSummary"]["properties"]));
    for (const auto& parameter : operation["parameters"])
        EXPECT_NE(header(requests[0], parameter["name"].get<std::string>().c_str()), "")
            << parameter["name"];
}

TEST(WebhookSignature, it_is_the_one_of_rfc_4231) {
    EXPECT_EQ(webhook_signature("Jefe", "what do ya want for nothing?"),
              "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace krepro::http
