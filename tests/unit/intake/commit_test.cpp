// SPDX-License-Identifier: Apache-2.0
// Commits and series.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/mime.hpp"
#include "mail_text.hpp"

namespace krepro::intake {
namespace {

using testing::Contains;
using testing::HasSubstr;

const Commit k_commit{"Some One <some@example.org>",
                      "sched: Do one thing\n\nIt looks like this:\n\n  diff --git a/x b/x\n\n"
                      "Run\n\n  while true; do\n      stress-ng --mmapfork 2 -t 3\n  done\n\n"
                      "Signed-off-by: Some One <some@example.org>\n",
                      k_diff};

TEST(ReadCommit, takes_the_diff_from_git_and_not_from_the_message) {
    const auto mail = read_commit(k_commit);
    ASSERT_TRUE(mail) << mail.error().to_string();
    EXPECT_EQ(mail->title, "sched: Do one thing");
    EXPECT_EQ(mail->author, "Some One <some@example.org>");
    ASSERT_EQ(mail->files.size(), 1U);
    EXPECT_EQ(mail->files[0].new_path, "kernel/fork.c");
    ASSERT_TRUE(mail->reproducer);
    EXPECT_EQ(mail->reproducer->command, "stress-ng --mmapfork 2 -t 3");
    ASSERT_EQ(mail->trailers.size(), 1U);
}

TEST(ReadCommit, written_as_a_mail_says_the_same) {
    auto commit = k_commit;
    commit.message.erase(commit.message.find("  diff --git"), 21);
    const auto direct = read_commit(commit);
    ASSERT_TRUE(direct);
    const auto mail = read_ok(write_mail(commit));
    EXPECT_EQ(mail.title, direct->title);
    EXPECT_EQ(mail.author, direct->author);
    EXPECT_EQ(mail.patch, direct->patch);
    EXPECT_EQ(mail.message, direct->message);
    EXPECT_EQ(mail.reproducer, direct->reproducer);
}

TEST(ReadCommit, that_changes_nothing_or_what_cannot_be_taken_is_refused) {
    EXPECT_FALSE(read_commit({"a", "b", ""}));
    const auto binary = read_commit({"a", "b",
                                     "diff --git a/logo.png b/logo.png\nindex 12ab..34cd 100644\n"
                                     "Binary files a/logo.png and b/logo.png differ\n"});
    ASSERT_FALSE(binary);
    EXPECT_THAT(binary.error().what, HasSubstr("logo.png"));
}

TEST(ReadCommit, of_modes_or_names_alone_says_so) {
    const auto mode =
        read_commit({"a", "b", "diff --git a/x.sh b/x.sh\nold mode 100644\nnew mode 100755\n"});
    ASSERT_TRUE(mode) << mode.error().to_string();
    EXPECT_THAT(mode->notes, Contains(HasSubstr("file modes only")));
    const auto name = read_commit({"a", "b",
                                   "diff --git a/x.c b/y.c\nsimilarity index 100%\n"
                                   "rename from x.c\nrename to y.c\n"});
    ASSERT_TRUE(name) << name.error().to_string();
    EXPECT_THAT(name->notes, Contains(HasSubstr("renamed")));
}

TEST(ReadStory, of_a_mail_needs_no_diff) {
    const auto story =
        read_story("Subject: a bug\n\nRun\n\n  while true; do\n      sleep 3\n  done\n\n");
    ASSERT_TRUE(story) << story.error().to_string();
    EXPECT_EQ(story->title, "a bug");
    EXPECT_TRUE(story->reproducer);
    EXPECT_EQ(read_story("Subject: x\n\ny\n" + k_diff)->patch, "");
}

std::string series_mail(const std::string& tag, const std::string& file) {
    auto diff = k_diff;
    for (auto at = diff.find("fork.c"); at != std::string::npos; at = diff.find("fork.c", at + 1))
        diff.replace(at, 6, file);
    return "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: a@example.org\nSubject: [" + tag +
           "] change " + file + "\n\nText.\n---\n" + diff + "-- \n2.39\n\n";
}

TEST(Series, is_taken_in_the_order_of_its_numbers) {
    const auto mail =
        read_ok(series_mail("PATCH v2 3/3", "ccc.c") + series_mail("PATCH v2 1/3", "aaa.c") +
                series_mail("PATCH v2 2/3", "bbb.c"));
    ASSERT_EQ(mail.files.size(), 3U);
    EXPECT_EQ(mail.files[0].new_path, "kernel/aaa.c");
    EXPECT_EQ(mail.files[1].new_path, "kernel/bbb.c");
    EXPECT_EQ(mail.files[2].new_path, "kernel/ccc.c");
    EXPECT_EQ(mail.title, "change aaa.c");
}

TEST(Series, of_more_than_nine_is_ordered_by_value) {
    std::string mbox;
    for (const int n : {10, 9, 1})
        mbox += series_mail("PATCH " + std::to_string(n) + "/10", "f" + std::to_string(n) + ".c");
    const auto mail = read_ok(mbox);
    ASSERT_EQ(mail.files.size(), 3U);
    EXPECT_EQ(mail.files[0].new_path, "kernel/f1.c");
    EXPECT_EQ(mail.files[2].new_path, "kernel/f10.c");
}

TEST(Series, of_several_files_is_taken_apart_again) {
    const std::string mbox = series_mail("PATCH 2/3", "bbb.c") + series_mail("PATCH 3/3", "ccc.c");
    const std::string mail =
        "Subject: [PATCH 1/3] a\n\nText.\n\nFrom here on at 10:00:00.\n---\n" + k_diff;
    const auto apart = split_mbox(join_mbox({mbox, mail, k_diff}));
    ASSERT_EQ(apart.size(), 4U);
    EXPECT_TRUE(apart[2].ends_with(mail + "\n")) << apart[2];
    EXPECT_TRUE(apart[3].ends_with(k_diff + "\n")) << apart[3];
    EXPECT_EQ(read_ok(join_mbox({mbox, mail})).title, "a");
}

TEST(Series, whose_mails_have_no_numbers_stays_as_it_is) {
    const auto mail = read_ok(series_mail("PATCH", "bbb.c") + series_mail("PATCH", "aaa.c"));
    ASSERT_EQ(mail.files.size(), 2U);
    EXPECT_EQ(mail.files[0].new_path, "kernel/bbb.c");
}

}  // namespace
}  // namespace krepro::intake
