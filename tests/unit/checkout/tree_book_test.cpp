// SPDX-License-Identifier: Apache-2.0
#include "checkout/tree_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "checkout/debian_history.hpp"
#include "util/files.hpp"

namespace krepro::checkout {
namespace {

namespace fs = std::filesystem;
using util::ErrorKind;

Tree git_tree(const std::string& name) {
    Tree tree;
    tree.name = name;
    tree.kind = "git";
    tree.location = "https://me:secret@example.org/linux.git";
    tree.revision = "v6.12";
    return tree;
}

class Book : public testing::Test {
  protected:
    Book()
        : dir_(util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "book"))),
          book_(fs::path(KREPRO_SOURCE_DIR) / "kernels/trees.toml", dir_.path() / "trees.toml") {}

    util::TempDir dir_;
    TreeBook book_;
};

TEST_F(Book, has_what_ships_and_what_was_added_in_this_order) {
    const auto shipped = book_.all();
    ASSERT_TRUE(shipped) << shipped.error().to_string();
    ASSERT_TRUE(book_.add(git_tree("mine")));
    const auto all = book_.all();
    ASSERT_TRUE(all) << all.error().to_string();
    ASSERT_EQ(all->size(), shipped->size() + 1);
    EXPECT_EQ(all->back().name, "mine");
    EXPECT_EQ(all->back().location, git_tree("mine").location);
    EXPECT_EQ(all->back().revision, "v6.12");
    EXPECT_TRUE(book_.is_shipped(all->front().name));
    EXPECT_FALSE(book_.is_shipped("mine"));
    ASSERT_TRUE(book_.remove("mine"));
    EXPECT_EQ(book_.all()->size(), shipped->size());
}

TEST_F(Book, refuses_names_that_are_taken_or_could_be_no_folder) {
    ASSERT_TRUE(book_.add(git_tree("mine")));
    EXPECT_EQ(book_.add(git_tree("mine")).error().kind, ErrorKind::conflict);
    EXPECT_EQ(book_.add(git_tree("debian-6.12")).error().kind, ErrorKind::conflict);
    for (const auto* name : {"", "auto", "../x", "a/b", ".x", "-x", "path-1", "a b"})
        EXPECT_EQ(book_.add(git_tree(name)).error().kind, ErrorKind::invalid_input) << name;
    auto nowhere = git_tree("nowhere");
    nowhere.location.clear();
    EXPECT_EQ(book_.add(nowhere).error().kind, ErrorKind::invalid_input);
}

TEST_F(Book, keeps_what_ships_with_krepro) {
    EXPECT_EQ(book_.remove("debian-6.12").error().kind, ErrorKind::conflict);
    EXPECT_EQ(book_.remove("no-such-tree").error().kind, ErrorKind::not_found);
    EXPECT_THAT(book_.find("no-such-tree").error().hint, testing::HasSubstr("debian-6.12"));
}

TEST_F(Book, a_file_that_is_broken_is_named) {
    std::ofstream(dir_.path() / "trees.toml") << "[mine]\nkind = \"cvs\"\n";
    const auto all = book_.all();
    ASSERT_FALSE(all);
    EXPECT_THAT(all.error().to_string(), testing::HasSubstr("tree mine"));
}

TEST(TreeOrigin, says_where_a_tree_comes_from_and_no_password) {
    EXPECT_EQ(origin_of(git_tree("mine")), "https://example.org/linux.git at v6.12");
    EXPECT_EQ(origin_of({"x", "debian-source", "linux", "6.1.8-1", true, "", "", ""}),
              "linux 6.1.8-1 with its PREEMPT_RT series");
}

TEST(PatchHead, of_a_quilt_patch_becomes_author_date_and_message) {
    const auto head = read_patch_head(
        "From: Some One <some@example.org>\nDate: Fri, 11 Jun 2021 12:00:00 +0200\n"
        "Subject: [PATCH 12/70] sched: Do\n one thing\nOrigin: https://example.org/x\n\n"
        "Why.\n\nSigned-off-by: Some One <some@example.org>\n---\n a.c |    2 +-\n"
        "--- a/a.c\n+++ b/a.c\n",
        "x.patch");
    EXPECT_EQ(head.author, "Some One <some@example.org>");
    EXPECT_EQ(head.date, "Fri, 11 Jun 2021 12:00:00 +0200");
    EXPECT_EQ(head.message,
              "sched: Do one thing\n\nWhy.\n\nSigned-off-by: Some One <some@example.org>\n");
}

TEST(PatchHead, without_fields_is_named_by_its_file) {
    EXPECT_EQ(read_patch_head("diff --git a/a.c b/a.c\n", "x.patch").message, "x.patch\n");
}

}  // namespace
}  // namespace krepro::checkout
