// SPDX-License-Identifier: Apache-2.0
// What trees say to a patch before a job is made of it.
#include <gmock/gmock.h>

#include <map>

#include "checkout_fixture.hpp"

namespace krepro::checkout {
namespace {

using model::Direction;
using testing::HasSubstr;
using util::ErrorKind;

class TryAtHand : public Checkout {
  protected:
    Result<Direction> try_it(const std::string& patch) {
        return await(source->try_at_hand(origin.string(), patch));
    }
    // Every file of the tree's repository and of its copy, with its size and time.
    std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> all_files() const {
        std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> files;
        for (const auto& entry : fs::recursive_directory_iterator(dir()))
            if (entry.is_regular_file())
                files[entry.path().string()] = {entry.file_size(), entry.last_write_time()};
        return files;
    }
};

TEST_F(TryAtHand, a_tree_that_is_not_fetched_is_not_fetched_for_it) {
    const auto found = try_it(k_patch);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::not_found);
    EXPECT_THAT(found.error().what, HasSubstr("not fetched yet"));
    EXPECT_FALSE(fs::exists(dir() / "cache/mirrors"));
}

TEST_F(TryAtHand, both_directions_are_tried_and_nothing_is_written) {
    ASSERT_TRUE(prepare(origin.string(), k_patch));
    const auto before = all_files();
    EXPECT_EQ(try_it(k_patch).value(), Direction::forward);
    const auto back =
        "--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -1,3 +1,3 @@\n int a;\n-int old;\n+int b;\n"
        " int c;\n";
    EXPECT_EQ(try_it(back).value(), Direction::reverse);
    const auto neither =
        "--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -1,3 +1,3 @@\n int a;\n-int x;\n+int y;\n"
        " int c;\n";
    const auto refused = try_it(neither);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid_input);
    EXPECT_THAT(refused.error().where, HasSubstr("forward: kernel/fork.c:1"));
    EXPECT_EQ(all_files(), before);
}

TEST_F(TryAtHand, a_job_that_is_at_work_on_the_tree_is_not_waited_for_nor_disturbed) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair);
    const auto held = await(source->select(pair->patched));
    ASSERT_TRUE(held);
    EXPECT_EQ(try_it(k_patch).value(), Direction::forward);
    EXPECT_EQ(read(fs::path(pair->patched.source) / "kernel/fork.c"), k_after);
}

TEST_F(TryAtHand, a_newer_commit_that_was_not_fetched_is_not_known_yet) {
    ASSERT_TRUE(prepare(origin.string(), k_patch));
    write(origin / "kernel/fork.c", k_after);
    ASSERT_TRUE(await(commit_all(origin, "with the patch")));
    EXPECT_EQ(try_it(k_patch).value(), Direction::forward);
}

TEST_F(TryAtHand, a_tarball_that_was_packed_anew_must_be_unpacked_first) {
    const auto tarball = (dir() / "l.tar").string();
    util::ProcessSpec tar;
    tar.argv = {"tar", "-C", dir().string(), "--exclude=.git", "-cf", tarball, "linux"};
    ASSERT_TRUE(await(util::run_checked(tar)));
    ASSERT_TRUE(prepare(tarball, k_patch));
    EXPECT_EQ(await(source->try_at_hand(tarball, k_patch)).value(), Direction::forward);
    write(origin / "kernel/exit.c", std::string(20000, '\n'));
    ASSERT_TRUE(await(util::run_checked(tar)));
    const auto found = await(source->try_at_hand(tarball, k_patch));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::not_found);
}

TEST_F(TryAtHand, a_patch_that_is_none_is_refused) {
    ASSERT_TRUE(prepare(origin.string(), k_patch));
    for (const auto* text : {"", "no patch", "GIT binary patch\n"})
        EXPECT_FALSE(try_it(text)) << text;
}

TEST_F(TryAtHand, a_patch_leads_nowhere_outside_the_tree) {
    ASSERT_TRUE(prepare(origin.string(), k_patch));
    for (const auto* path : {"../outside", "/etc/passwd", ".git/config"}) {
        const auto patch = std::string("--- /dev/null\n+++ b/") + path + "\n@@ -0,0 +1 @@\n+mine\n";
        EXPECT_FALSE(try_it(patch)) << path;
    }
}

}  // namespace
}  // namespace krepro::checkout
