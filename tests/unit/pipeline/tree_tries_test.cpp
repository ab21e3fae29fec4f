// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tree_tries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "fakes.hpp"

namespace krepro::pipeline {
namespace {

namespace asio = boost::asio;
using model::Direction;
using model::TreeAnswer;
using model::TreeState;
using namespace std::chrono_literals;

checkout::Tree named(const std::string& name) {
    checkout::Tree tree;
    tree.name = name;
    return tree;
}

class TreeTriesTest : public testing::Test {
  protected:
    TreeTriesTest() : tries_(checkout::TreeBook({named("far"), named("a"), named("b")}), &source_) {
        source_.at_hand = {"a", "b"};
        source_.takes = {{"a", Direction::forward}, {"b", Direction::reverse}};
    }

    // What is known after `patience`; what goes on goes on at the next call.
    std::vector<TreeAnswer> ask(const std::string& patch, std::chrono::milliseconds patience = 5s,
                                const std::string& wanted = "a") {
        std::vector<TreeAnswer> answers;
        asio::co_spawn(io_, keep(&answers, patch, wanted, patience),
                       [this](const std::exception_ptr& failure) {
                           io_.stop();
                           if (failure) std::rethrow_exception(failure);
                       });
        io_.restart();
        io_.run();
        return answers;
    }
    asio::awaitable<void> keep(std::vector<TreeAnswer>* answers, std::string patch,
                               std::string wanted, std::chrono::milliseconds patience) {
        *answers = co_await tries_.ask(patch, wanted, patience);
    }
    void finish_tries() {
        io_.restart();
        io_.run();
    }

    asio::io_context io_;
    fakes::FakeSource source_;
    TreeTries tries_;
};

std::vector<TreeState> states(const std::vector<TreeAnswer>& answers) {
    std::vector<TreeState> states;
    for (const auto& answer : answers) states.push_back(answer.state);
    return states;
}

TEST_F(TreeTriesTest, each_known_tree_says_in_which_direction_it_takes_the_patch) {
    const std::vector<TreeAnswer> want{
        {"far", TreeState::not_fetched, {}, "not fetched yet"},
        {"a", TreeState::takes, Direction::forward, ""},
        {"b", TreeState::takes, Direction::reverse, ""},
    };
    EXPECT_EQ(ask("p"), want);
}

TEST_F(TreeTriesTest, nothing_is_tried_on_a_tree_that_is_not_here) {
    source_.at_hand.clear();
    EXPECT_EQ(states(ask("p")), std::vector(3, TreeState::not_fetched));
    EXPECT_EQ(source_.tries, 0);
}

TEST_F(TreeTriesTest, a_tree_that_does_not_take_it_says_why) {
    source_.takes.erase("b");
    const auto answers = ask("p");
    EXPECT_EQ(answers[2].state, TreeState::refuses);
    EXPECT_EQ(answers[2].why, "the patch does not apply (kernel/fork.c:1)");
}

TEST_F(TreeTriesTest, what_could_not_be_tried_is_no_refusal) {
    source_.failure = util::Error{util::ErrorKind::unavailable, "git took too long", "", ""};
    EXPECT_EQ(ask("p")[1].state, TreeState::failed);
}

TEST_F(TreeTriesTest, a_tree_is_tried_once_a_patch) {
    ask("p");
    ask("p");
    EXPECT_EQ(source_.tries, 2);
    ask("q");
    EXPECT_EQ(source_.tries, 4);
}

TEST_F(TreeTriesTest, a_path_that_a_job_names_is_tried_with_the_others) {
    source_.at_hand.insert("/src/linux");
    source_.takes["/src/linux"] = Direction::forward;
    const auto answers = ask("p", 5s, "/src/linux");
    ASSERT_EQ(answers.size(), 4U);
    EXPECT_EQ(answers[0].tree, "/src/linux");
    EXPECT_EQ(answers[0].state, TreeState::takes);
}

TEST_F(TreeTriesTest, an_answer_waits_no_longer_than_it_may_and_a_later_one_knows_more) {
    source_.try_takes = 300ms;
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(states(ask("p", 50ms)),
              (std::vector{TreeState::not_fetched, TreeState::trying, TreeState::trying}));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 250ms);
    EXPECT_EQ(states(ask("p")),
              (std::vector{TreeState::not_fetched, TreeState::takes, TreeState::takes}));
    EXPECT_EQ(source_.tries, 2);
}

TEST_F(TreeTriesTest, the_newest_text_comes_first_and_one_try_runs_at_a_time) {
    source_.try_takes = 100ms;
    ask("old", 30ms);
    ask("new", 5s);
    EXPECT_THAT(source_.tried, testing::ElementsAre("a: old", "a: new", "b: new"));
}

TEST_F(TreeTriesTest, of_many_texts_only_the_last_ones_are_tried) {
    source_.try_takes = 50ms;
    for (int i = 0; i < 20; ++i) ask("text " + std::to_string(i), 1ms);
    finish_tries();
    EXPECT_LT(source_.tries, 30);
    EXPECT_THAT(source_.tried, testing::Contains("b: text 19"));
    EXPECT_THAT(source_.tried, testing::Not(testing::Contains("b: text 5")));
}

}  // namespace
}  // namespace krepro::pipeline
