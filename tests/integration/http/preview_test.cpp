// SPDX-License-Identifier: Apache-2.0
// What a preview says beside what intake understood: the trees' answers and the time.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "integration/http/http_fixture.hpp"

namespace krepro::http {

namespace asio = boost::asio;

namespace {

using model::Json;

constexpr const char* k_patch =
    "Subject: [PATCH] fork: mend it\n\nWhy.\n---\n"
    "diff --git a/kernel/fork.c b/kernel/fork.c\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n"
    "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n";

Json preview_of(const Answer& answer) {
    EXPECT_EQ(answer.status, 200U) << answer.body;
    auto json = model::parse_json(answer.body);
    EXPECT_TRUE(json) << answer.body;
    return json.value_or(Json::object());
}

// Says back what it was asked.
asio::awaitable<model::Prospect> say_back(model::JobSpec spec, model::Mail mail) {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(20));
    co_await timer.async_wait(asio::use_awaitable);
    model::Prospect prospect;
    prospect.trees = {{spec.tree, model::TreeState::takes, model::Direction::reverse, ""},
                      {"far", model::TreeState::not_fetched, {}, "not fetched yet"}};
    model::Estimate estimate{spec.tree, 90, spec.budget.wall_s, {}};
    const bool has_patch = mail.patch.find("+++ b/kernel/fork.c") != std::string::npos;
    estimate.parts = {{"trials", 90, model::Basis::record, has_patch ? "the patch" : "no patch"}};
    prospect.estimate = std::move(estimate);
    co_return prospect;
}

asio::awaitable<model::Prospect> fail_to_look(model::JobSpec, model::Mail) {
    throw util::InfraError(
        {util::ErrorKind::unavailable, "trees.toml cannot be read", "a.toml", "correct the file"});
    co_return model::Prospect{};
}

TEST_F(HttpTest, a_preview_says_which_trees_take_the_patch_and_how_long_it_may_take) {
    look_ahead_ = say_back;
    start();
    const auto preview =
        preview_of(post("/api/v1/intake/preview?tree=mine&wall_s=600", "text/plain", k_patch));
    ASSERT_EQ(preview["trees"].size(), 2U);
    EXPECT_EQ(preview["trees"][0],
              Json({{"tree", "mine"}, {"state", "takes"}, {"direction", "reverse"}, {"why", ""}}));
    EXPECT_EQ(preview["trees"][1]["state"], "not_fetched");
    EXPECT_TRUE(preview["trees"][1]["direction"].is_null());
    EXPECT_EQ(preview["estimate"]["seconds"], 90);
    EXPECT_EQ(preview["estimate"]["most_s"], 600);
    EXPECT_EQ(preview["estimate"]["parts"][0]["basis"], "record");
    EXPECT_EQ(preview["estimate"]["parts"][0]["why"], "the patch");
}

TEST_F(HttpTest, a_server_that_looks_at_no_trees_says_nothing_of_them) {
    start();
    const auto preview = preview_of(post("/api/v1/intake/preview", "text/plain", k_patch));
    EXPECT_TRUE(preview["trees"].empty());
    EXPECT_TRUE(preview["estimate"].is_null());
}

// A commit that every tree has but "far", which is not fetched.
asio::awaitable<util::Result<model::Mail>> read_commit(model::JobSpec spec) {
    if (spec.tree == "far")
        co_return util::fail(util::ErrorKind::not_found, "the tree is not fetched yet", "tree far",
                             "submit it as it is");
    model::Mail mail;
    mail.title = spec.commit + (spec.mail.empty() ? "" : ", told by a mail");
    mail.files = {{"kernel/fork.c", "kernel/fork.c", 1, 1, 1, {}}};
    co_return mail;
}

TEST_F(HttpTest, a_preview_of_a_commit_shows_what_the_machine_has_of_it) {
    read_commit_ = read_commit;
    start();
    const std::string path = "/api/v1/intake/preview?commit=v1..v2";
    auto preview = preview_of(post(path, "text/plain", ""));
    EXPECT_EQ(preview["title"], "v1..v2");
    EXPECT_EQ(preview["files"][0]["new_path"], "kernel/fork.c");
    EXPECT_EQ(preview_of(post(path, "text/plain", k_patch))["title"], "v1..v2, told by a mail");

    const auto refused = post(path + "&tree=far", "text/plain", "");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_NE(refused.body.find("not fetched yet"), std::string::npos) << refused.body;
    preview = preview_of(post(path + "&tree=far", "text/plain", k_patch));
    EXPECT_EQ(preview["title"], "fork: mend it");
    EXPECT_TRUE(preview["files"].empty());
    EXPECT_NE(preview["notes"].dump().find("not fetched yet"), std::string::npos);
}

TEST_F(HttpTest, a_server_that_reads_no_commits_says_so) {
    start();
    const auto answer = post("/api/v1/intake/preview?commit=HEAD", "text/plain", "");
    EXPECT_EQ(answer.status, 400U);
    EXPECT_NE(answer.body.find("before it is submitted"), std::string::npos);
}

TEST_F(HttpTest, trees_that_cannot_be_read_are_a_problem_of_the_preview) {
    look_ahead_ = fail_to_look;
    start();
    const auto answer = post("/api/v1/intake/preview", "text/plain", k_patch);
    EXPECT_EQ(answer.status, 503U);
    EXPECT_NE(answer.body.find("correct the file"), std::string::npos);
}

}  // namespace
}  // namespace krepro::http
