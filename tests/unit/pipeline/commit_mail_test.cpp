// SPDX-License-Identifier: Apache-2.0
#include "pipeline/commit_mail.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "fakes.hpp"

namespace krepro::pipeline {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;
using testing::HasSubstr;
using util::ErrorKind;

checkout::Tree named(const std::string& name) {
    checkout::Tree tree;
    tree.name = name;
    return tree;
}

class CommitMail : public testing::Test {
  protected:
    CommitMail() {
        source_.at_hand = {"b"};
        checkout::Change change;
        change.before = "1111111111111111";
        change.after = "2222222222222222";
        change.author = "A <a@example.org>";
        change.message = "fork: mend it\n\nWhy.\n\n  while true; do stress-ng --fork 2; done\n";
        change.diff =
            "diff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n";
        change.notes = {"a merge"};
        source_.change = change;
    }

    util::Result<model::Mail> ask(const std::string& tree, const std::string& commit,
                                  const std::string& mail = "") {
        model::JobSpec spec;
        spec.tree = tree;
        spec.commit = commit;
        spec.mail = mail;
        util::Result<model::Mail> answer;
        asio::co_spawn(io_, keep(&answer, spec), [](const std::exception_ptr& failure) {
            if (failure) std::rethrow_exception(failure);
        });
        io_.restart();
        io_.run();
        return answer;
    }
    asio::awaitable<void> keep(util::Result<model::Mail>* answer, model::JobSpec spec) {
        *answer = co_await commit_at_hand(&source_, trees_, std::move(spec));
    }

    asio::io_context io_;
    fakes::FakeSource source_;
    checkout::TreeBook trees_{{named("far"), named("b")}};
};

TEST_F(CommitMail, a_commit_of_a_tree_that_is_here_is_read) {
    for (const auto* tree : {"b", "auto"}) {
        const auto mail = ask(tree, "HEAD");
        ASSERT_TRUE(mail) << mail.error().to_string();
        EXPECT_EQ(mail->title, "fork: mend it");
        ASSERT_EQ(mail->files.size(), 1U);
        EXPECT_TRUE(mail->reproducer);
        EXPECT_THAT(mail->notes, ElementsAre("a merge", HasSubstr("222222222222 against 111111")));
    }
}

TEST_F(CommitMail, a_mail_beside_it_tells_the_story_and_the_commit_has_the_patch) {
    const auto mail = ask("b", "HEAD", "Subject: another story\n\nNothing to run.\n");
    ASSERT_TRUE(mail) << mail.error().to_string();
    EXPECT_EQ(mail->title, "another story");
    EXPECT_FALSE(mail->reproducer);
    EXPECT_THAT(mail->patch, HasSubstr("+c"));
}

TEST_F(CommitMail, what_cannot_be_told_is_said) {
    EXPECT_EQ(ask("far", "HEAD").error().kind, ErrorKind::not_found);
    EXPECT_EQ(ask("b", "nowhere").error().kind, ErrorKind::not_found);
    source_.at_hand.clear();
    EXPECT_EQ(ask("auto", "HEAD").error().kind, ErrorKind::not_found);
    EXPECT_EQ(source_.looked_up, 1);
}

}  // namespace
}  // namespace krepro::pipeline
