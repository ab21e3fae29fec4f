// SPDX-License-Identifier: Apache-2.0
// Who may do what on a server that demands tokens.
#include "http/access.hpp"

#include <set>
#include <thread>

#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

class AccessTest : public HttpTest {
  protected:
    AccessTest() { options_.tokens = Tokens::demanded; }

    std::string token(model::Role role) {
        const auto secret = new_secret();
        in_store([&](store::Store& s) {
            model::Token made;
            made.name = "x";
            made.role = role;
            return s.add_token(made, hash_of_secret(secret)).id;
        });
        return secret;
    }
    std::string ask(const std::string& line, const std::string& secret,
                    const std::string& headers = "", const std::string& body = "") {
        RawClient raw(server_->port());
        raw.send(line + " HTTP/1.1\r\nHost: krepro.example\r\nConnection: close\r\n" + headers +
                 (secret.empty() ? "" : "Authorization: Bearer " + secret + "\r\n") +
                 "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        return raw.read_all();
    }
};

TEST_F(AccessTest, each_role_may_what_the_ones_before_it_may) {
    start();
    add_job("x");
    const auto read = token(model::Role::read), submit = token(model::Role::submit),
               admin = token(model::Role::admin);
    const std::string get = "GET /api/v1/jobs/1", post = "POST /api/v1/jobs",
                      remove = "DELETE /api/v1/jobs/1";
    const auto status = [&](const std::string& line, const std::string& secret) {
        return status_in(ask(line, secret, "Content-Type: text/plain\r\n", "Subject: y\n"));
    };
    EXPECT_EQ(status(get, ""), 401U);
    EXPECT_EQ(status(get, "krepro_" + std::string(64, '0')), 401U);
    EXPECT_EQ(status(get, read), 200U);
    EXPECT_EQ(status(post, read), 403U);
    EXPECT_EQ(status(remove, read), 403U);
    EXPECT_EQ(status(post, submit), 202U);
    EXPECT_EQ(status(remove, submit), 403U);
    EXPECT_EQ(status(remove, admin), 409U);  // it may, but the job is not done
    EXPECT_EQ(status("GET /healthz", ""), 200U);
    EXPECT_EQ(status("GET /jobs.json", ""), 401U);
}

TEST_F(AccessTest, a_tree_by_its_path_is_for_admins) {
    start();
    const std::string body = R"({"mail": "Subject: x\n", "tree": "/srv/linux"})";
    const auto post = [&](model::Role role) {
        return ask("POST /api/v1/jobs", token(role), "Content-Type: application/json\r\n", body);
    };
    const auto refused = post(model::Role::submit);
    EXPECT_EQ(status_in(refused), 403U);
    EXPECT_NE(refused.find("field tree"), std::string::npos) << refused;
    EXPECT_EQ(status_in(ask("POST /api/v1/intake/preview", token(model::Role::submit),
                            "Content-Type: application/json\r\n", body)),
              403U)
        << "a preview tells what of a patch the tree refuses";
    const auto looked_at = post(model::Role::admin);
    EXPECT_EQ(status_in(looked_at), 400U);
    EXPECT_NE(looked_at.find("unknown tree /srv/linux"), std::string::npos) << looked_at;
}

TEST_F(AccessTest, a_job_is_cancelled_by_its_owner_or_an_admin) {
    start();
    const auto mine = token(model::Role::submit), other = token(model::Role::submit),
               admin = token(model::Role::admin);
    for (int i = 0; i < 2; ++i)
        ASSERT_EQ(status_in(ask("POST /api/v1/jobs", mine, "", "Subject: x\n")), 202U);
    EXPECT_EQ(status_in(ask("POST /api/v1/jobs/1/cancel", other)), 403U);
    EXPECT_EQ(status_in(ask("POST /api/v1/jobs/1/cancel", mine)), 202U);
    EXPECT_EQ(status_in(ask("POST /api/v1/jobs/2/cancel", admin)), 202U);
}

TEST_F(AccessTest, a_bisection_is_its_owners_and_names_no_path) {
    start();
    const auto mine = token(model::Role::submit), other = token(model::Role::submit),
               reader = token(model::Role::read), admin = token(model::Role::admin);
    const auto post = [&](const std::string& path, const std::string& secret,
                          const std::string& body = "") {
        return status_in(ask("POST /api/v1/bisections" + path, secret,
                             "Content-Type: application/json\r\n", body));
    };
    EXPECT_EQ(post("", reader, R"({"good": "v1", "bad": "v2"})"), 403U);
    EXPECT_EQ(post("", mine, R"({"good": "v1", "bad": "v2", "tree": "/srv/linux"})"), 403U);
    EXPECT_EQ(post("", admin, R"({"good": "v1", "bad": "v2", "tree": "/srv/linux"})"), 202U);
    EXPECT_EQ(post("", mine, R"({"good": "v1", "bad": "v2"})"), 202U);
    EXPECT_EQ(post("/2/cancel", other), 403U);
    EXPECT_EQ(post("/2/cancel", mine), 202U);
    EXPECT_EQ(post("/1/cancel", mine), 403U);
    EXPECT_EQ(post("/1/cancel", admin), 202U);
    EXPECT_EQ(post("/9/cancel", other), 404U);
}

TEST_F(AccessTest, the_keys_of_two_tokens_are_not_the_same) {
    start();
    const std::string key = "Idempotency-Key: k\r\n";
    const auto first = ask("POST /api/v1/jobs", token(model::Role::submit), key, "Subject: x\n");
    const auto second = ask("POST /api/v1/jobs", token(model::Role::submit), key, "Subject: y\n");
    EXPECT_NE(first.find("Location: /api/v1/jobs/1\r\n"), std::string::npos) << first;
    EXPECT_NE(second.find("Location: /api/v1/jobs/2\r\n"), std::string::npos) << second;
}

TEST_F(AccessTest, a_revoked_token_is_refused_within_moments) {
    start();
    const auto secret = token(model::Role::read);
    EXPECT_EQ(status_in(ask("GET /api/v1/jobs", secret)), 200U);
    in_store([](store::Store& s) { return s.revoke_token(1).has_value(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    EXPECT_EQ(status_in(ask("GET /api/v1/jobs", secret)), 401U);
}

TEST_F(AccessTest, a_token_in_the_address_is_refused_and_not_repeated) {
    start();
    const auto secret = token(model::Role::read);
    for (const auto& target : {"/api/v1/jobs?token=" + secret, "/api/v1/jobs?q=" + secret,
                               "/api/v1/jobs/" + secret, std::string("/healthz?access_token=a")}) {
        const auto answer = ask("GET " + target, secret);
        EXPECT_EQ(status_in(answer), 400U) << target;
        EXPECT_EQ(answer.find(secret), std::string::npos) << answer;
    }
}

TEST_F(AccessTest, a_token_that_asks_too_much_waits_and_holds_up_nobody) {
    options_.limits.token_rate = 0.5;
    options_.limits.token_burst = 3;
    start();
    const auto busy = token(model::Role::read), calm = token(model::Role::read);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(status_in(ask("GET /api/v1/jobs", busy)), 200U);
    const auto refused = ask("GET /api/v1/jobs", busy);
    EXPECT_EQ(status_in(refused), 429U);
    EXPECT_NE(refused.find("Retry-After: "), std::string::npos) << refused;
    EXPECT_EQ(status_in(ask("GET /api/v1/jobs", calm)), 200U);
}

// What the command line talks through: it takes its token from the environment.
TEST_F(AccessTest, a_client_that_asks_too_much_waits_and_asks_again) {
    options_.limits.token_rate = 2;
    options_.limits.token_burst = 1;
    start();
    const auto job = add_job("x").id;
    finish(job);
    ::setenv("KREPRO_TOKEN", token(model::Role::read).c_str(), 1);
    int refused = 0;
    for (int i = 0; i < 3; ++i) refused += get("/api/v1/jobs").status == 200 ? 0 : 1;
    EXPECT_EQ(refused, 0);
    int events = 0;
    const auto count = [&](const SseMessage&) { return ++events, Client::Next::go_on; };
    const auto followed = client().follow("/api/v1/jobs/" + std::to_string(job) + "/events", 0,
                                          count, std::chrono::seconds(5));
    ::unsetenv("KREPRO_TOKEN");
    EXPECT_TRUE(followed) << followed.error().to_string();
    EXPECT_GT(events, 0);
}

TEST(Secrets, a_secret_is_256_bits_and_never_the_same) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) seen.insert(new_secret());
    EXPECT_EQ(seen.size(), 100U);
    EXPECT_EQ(seen.begin()->size(), std::string("krepro_").size() + 64);
    EXPECT_EQ(hash_of_secret("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Secrets, a_bucket_fills_again) {
    RateLimit limit({2, 2});
    const auto now = std::chrono::steady_clock::now();
    EXPECT_TRUE(limit.take(now));
    EXPECT_TRUE(limit.take(now));
    EXPECT_FALSE(limit.take(now));
    EXPECT_EQ(limit.wait(), 1);
    EXPECT_TRUE(limit.take(now + std::chrono::milliseconds(600)));
    EXPECT_FALSE(limit.take(now + std::chrono::milliseconds(700)));
}

}  // namespace
}  // namespace krepro::http
