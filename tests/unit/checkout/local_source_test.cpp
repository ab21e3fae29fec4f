// SPDX-License-Identifier: Apache-2.0
#include "checkout/local_source.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "checkout/work_tree.hpp"
#include "checkout_fixture.hpp"
#include "util/process.hpp"

namespace krepro::checkout {
namespace {

using model::Direction;
using testing::HasSubstr;

TEST_F(Checkout, a_patch_that_applies_makes_the_tree_the_unpatched_arm) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair) << pair.error().to_string();
    EXPECT_EQ(pair->direction, Direction::forward);
    EXPECT_EQ(pair->unpatched.revision, revision);
    EXPECT_EQ(pair->unpatched.arm, model::ArmName::unpatched);
    EXPECT_EQ(pair->patched.arm, model::ArmName::patched);
    EXPECT_NE(pair->unpatched.state, pair->patched.state);
    const fs::path tree = pair->patched.source;
    ASSERT_TRUE(await(source->select(pair->patched)));
    EXPECT_EQ(read(tree / "kernel/fork.c"), k_after);
    ASSERT_TRUE(await(source->select(pair->unpatched)));
    EXPECT_EQ(read(tree / "kernel/fork.c"), k_before);
    EXPECT_EQ(read(origin / "kernel/fork.c"), k_before);
}

// As `git clone --shared` leaves one: what it borrows is out of the sandbox's sight.
TEST_F(Checkout, a_repository_that_borrows_its_objects_is_a_tree_like_any_other) {
    const auto borrower = dir() / "borrower";
    util::ProcessSpec clone;
    clone.argv = {"git", "-c",       "safe.directory=*", "clone",
                  "-q",  "--shared", origin.string(),    borrower.string()};
    ASSERT_TRUE(await(util::run_checked(clone)));
    ASSERT_TRUE(fs::exists(borrower / ".git/objects/info/alternates"));
    const auto pair = prepare(borrower.string(), k_patch);
    ASSERT_TRUE(pair) << pair.error().to_string();
    ASSERT_TRUE(await(source->select(pair->patched)));
    EXPECT_EQ(read(fs::path(pair->patched.source) / "kernel/fork.c"), k_after);
}

TEST_F(Checkout, a_patch_that_is_there_already_makes_the_tree_the_patched_arm) {
    write(origin / "kernel/fork.c", k_after);
    ASSERT_TRUE(await(commit_all(origin, "with the patch")));
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair) << pair.error().to_string();
    EXPECT_EQ(pair->direction, Direction::reverse);
    const fs::path tree = pair->patched.source;
    ASSERT_TRUE(await(source->select(pair->unpatched)));
    EXPECT_EQ(read(tree / "kernel/fork.c"), k_before);
    ASSERT_TRUE(await(source->select(pair->patched)));
    EXPECT_EQ(read(tree / "kernel/fork.c"), k_after);
}

TEST_F(Checkout, a_patch_that_could_be_applied_once_more_is_seen_to_be_there) {
    // The same neighbours stand twice: forward, it would fit into the second function as well.
    const std::string neighbours = "\tlock();\n\ttake();\n\tuse();\n", more = "\tcheck();\n";
    const std::string with = "\tlock();\n\ttake();\n" + more + "\tuse();\n";
    write(origin / "kernel/fork.c",
          "int f(void)\n{\n" + with + "}\nint g(void)\n{\n" + neighbours + "}\n");
    ASSERT_TRUE(await(commit_all(origin, "has it")));
    const std::string patch =
        "why\n\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -3,3 +3,4 @@ int f(void)\n \tlock();\n"
        " \ttake();\n+\tcheck();\n \tuse();\n";
    const auto pair = prepare(origin.string(), patch);
    ASSERT_TRUE(pair) << pair.error().to_string();
    EXPECT_EQ(pair->direction, model::Direction::reverse);
}

TEST_F(Checkout, either_arm_can_be_read_whichever_is_on_disk) {
    const auto patch =
        k_patch + "--- /dev/null\n+++ b/kernel/new.c\n@@ -0,0 +1 @@\n+int created;\n";
    const auto pair = prepare(origin.string(), patch);
    ASSERT_TRUE(pair) << pair.error().to_string();
    for (const auto& on_disk : {pair->patched, pair->unpatched}) {
        ASSERT_TRUE(await(source->select(on_disk)));
        EXPECT_TRUE(source->is_at(*pair));
        const auto difference = await(source->difference(*pair));
        ASSERT_TRUE(difference) << difference.error().to_string();
        ASSERT_EQ(difference->unpatched.size(), 1U);
        EXPECT_EQ(difference->unpatched[0].path, "kernel/fork.c");
        EXPECT_EQ(difference->unpatched[0].content, k_before);
        ASSERT_EQ(difference->patched.size(), 2U);
        EXPECT_EQ(difference->patched[0].content, k_after);
        EXPECT_EQ(difference->patched[1].content, "int created;\n");
        EXPECT_THAT(difference->diff, HasSubstr("@@ -2 +2 @@"));
    }
}

TEST_F(Checkout, a_tree_that_another_job_has_is_not_at_this_pair) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(await(source->select(pair->patched)));
    auto other_patch = k_patch;
    other_patch.replace(other_patch.find("+int changed;"), 13, "+int another;");
    const auto other = prepare(origin.string(), other_patch);
    ASSERT_TRUE(await(source->select(other->patched)));
    EXPECT_FALSE(source->is_at(*pair));
    EXPECT_TRUE(source->is_at(*other));
}

TEST_F(Checkout, a_patch_that_fits_neither_way_is_refused_by_file_and_hunk) {
    auto patch = k_patch;
    patch.replace(patch.find("-int b;"), 7, "-int x;");
    const auto pair = prepare(origin.string(), patch);
    ASSERT_FALSE(pair);
    EXPECT_EQ(pair.error().kind, util::ErrorKind::invalid_input);
    EXPECT_THAT(pair.error().what, HasSubstr("neither forward nor in reverse"));
    EXPECT_EQ(pair.error().where,
              "forward: kernel/fork.c:1 (@@ -1,3 +1,3 @@ int f(void)); "
              "in reverse: kernel/fork.c:1 (@@ -1,3 +1,3 @@ int f(void))");
}

TEST_F(Checkout, a_patch_to_a_file_that_is_not_there_is_refused_by_its_name) {
    const auto pair =
        prepare(origin.string(), "--- a/kernel/none.c\n+++ b/kernel/none.c\n@@ -1 +1 @@\n-a\n+b\n");
    ASSERT_FALSE(pair);
    EXPECT_THAT(pair.error().where, HasSubstr("kernel/none.c: No such file or directory"));
}

TEST_F(Checkout, a_patch_through_a_link_of_the_tree_leaves_the_outside_alone) {
    write(dir() / "outside/file", "a\n");
    fs::create_directory_symlink(dir() / "outside", origin / "link");
    ASSERT_TRUE(await(commit_all(origin, "a link")));
    const auto pair =
        prepare(origin.string(), "--- a/link/file\n+++ b/link/file\n@@ -1 +1 @@\n-a\n+b\n");
    EXPECT_FALSE(pair);
    EXPECT_EQ(read(dir() / "outside/file"), "a\n");
}

TEST_F(Checkout, selecting_touches_only_files_that_differ) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair);
    const fs::path tree = pair->patched.source;
    const auto exit_time = fs::last_write_time(tree / "kernel/exit.c");
    ASSERT_TRUE(await(source->select(pair->patched)));
    const auto fork_time = fs::last_write_time(tree / "kernel/fork.c");
    ASSERT_TRUE(await(source->select(pair->patched)));
    EXPECT_EQ(fs::last_write_time(tree / "kernel/fork.c"), fork_time);
    ASSERT_TRUE(await(source->select(pair->unpatched)));
    EXPECT_EQ(fs::last_write_time(tree / "kernel/exit.c"), exit_time);
    EXPECT_GT(fs::last_write_time(tree / "kernel/fork.c"), fork_time);
}

TEST_F(Checkout, what_an_interrupted_change_left_is_repaired) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair);
    const fs::path tree = pair->patched.source;
    ASSERT_TRUE(await(source->select(pair->patched)));
    write(tree / "kernel/fork.c", "half");
    write(tree / "kernel/new.c", "new");
    write(tree / "kernel/new.o", "ignored by git");
    fs::remove(tree / "Makefile");
    write(git_folder(tree) / "index.lock", "");
    fs::remove(tree.parent_path() / "at");
    ASSERT_TRUE(await(source->select(pair->patched)));
    EXPECT_EQ(read(tree / "kernel/fork.c"), k_after);
    EXPECT_EQ(read(tree / "Makefile"), "VERSION = 6\n");
    EXPECT_FALSE(fs::exists(tree / "kernel/new.c"));
    EXPECT_FALSE(fs::exists(tree / "kernel/new.o"));
}

TEST_F(Checkout, a_killed_git_that_measured_a_patched_tree_stands_in_no_jobs_way) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair);
    write(git_folder(pair->patched.source) / "krepro-index", "half");
    write(git_folder(pair->patched.source) / "krepro-index.lock", "");
    const auto again = prepare(origin.string(), k_patch);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->patched.content, pair->patched.content);
}

TEST_F(Checkout, a_change_under_our_hands_is_noticed) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair);
    const fs::path tree = pair->patched.source;
    ASSERT_TRUE(await(source->select(pair->patched)));
    write(tree / "kernel/exit.c", "int sabotage;\n");
    ASSERT_TRUE(await(source->select(pair->patched)));
    EXPECT_EQ(read(tree / "kernel/exit.c"), "int exit_one;\n");
}

TEST_F(Checkout, another_instance_selects_what_the_first_prepared) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair);
    source.emplace(std::vector<Tree>{}, dir() / "cache");
    ASSERT_TRUE(await(source->select(pair->patched)));
    EXPECT_EQ(read(fs::path(pair->patched.source) / "kernel/fork.c"), k_after);
}

TEST_F(Checkout, a_tree_that_left_the_cache_is_an_error) {
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair);
    fs::remove_all(dir() / "cache/trees");
    const auto selected = await(source->select(pair->patched));
    ASSERT_FALSE(selected);
    EXPECT_EQ(selected.error().kind, util::ErrorKind::not_found);
}

TEST_F(Checkout, equal_trees_have_one_base_state_whatever_the_patch) {
    const auto one = prepare(origin.string(), k_patch);
    auto other_patch = k_patch;
    other_patch.replace(other_patch.find("changed"), 7, "renamed");
    const auto other = prepare(origin.string(), other_patch);
    ASSERT_TRUE(one && other);
    EXPECT_EQ(one->unpatched.state, other->unpatched.state);
    EXPECT_NE(one->patched.state, other->patched.state);
}

TEST_F(Checkout, equal_files_have_one_content_whatever_led_to_them) {
    const auto forward = prepare(origin.string(), k_patch);
    ASSERT_TRUE(forward) << forward.error().to_string();
    EXPECT_NE(forward->unpatched.content, forward->patched.content);
    write(origin / "kernel/fork.c", k_after);
    ASSERT_TRUE(await(commit_all(origin, "with the patch")));
    const auto reverse = prepare(origin.string(), k_patch);
    ASSERT_TRUE(reverse) << reverse.error().to_string();
    EXPECT_EQ(reverse->direction, Direction::reverse);
    EXPECT_EQ(reverse->unpatched.content, forward->unpatched.content);
    EXPECT_EQ(reverse->patched.content, forward->patched.content);
    EXPECT_NE(reverse->patched.state, forward->patched.state);
}

TEST_F(Checkout, a_revision_of_a_repository_can_be_named) {
    write(origin / "kernel/fork.c", "int other;\n");
    ASSERT_TRUE(await(commit_all(origin, "later")));
    EXPECT_FALSE(prepare(origin.string(), k_patch));
    const auto pair = prepare("git:" + origin.string() + "@" + revision, k_patch);
    ASSERT_TRUE(pair) << pair.error().to_string();
    EXPECT_EQ(pair->unpatched.revision, revision);
    const auto missing = prepare(origin.string() + "@no-such-branch", k_patch);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().what, "there is no revision no-such-branch");
    EXPECT_FALSE(prepare(origin.string() + "@--exec=x", k_patch));
}

TEST_F(Checkout, a_new_commit_of_a_repository_is_fetched) {
    ASSERT_TRUE(prepare(origin.string(), k_patch));
    write(origin / "kernel/exit.c", "int two;\n");
    const auto later = await(commit_all(origin, "later"));
    const auto pair = prepare(origin.string(), k_patch);
    ASSERT_TRUE(pair);
    EXPECT_EQ(pair->unpatched.revision, *later);
    EXPECT_EQ(read(fs::path(pair->unpatched.source) / "kernel/exit.c"), "int two;\n");
}

// The branch has moved since, and the file it changes is one of the patch's.
TEST_F(Checkout, a_job_that_goes_on_has_the_commit_that_it_began_with) {
    const auto mail = intake::read_mail(k_patch);
    const auto began = prepare(origin.string(), k_patch);
    ASSERT_TRUE(began);
    write(origin / "kernel/fork.c", "int other;\nint file;\n");
    ASSERT_TRUE(await(git(origin, words("commit", "-q", "-a", "-m", "moved on"))));
    const auto resumed = await(source->prepare({origin.string(), revision}, *mail, {}));
    ASSERT_TRUE(resumed) << resumed.error().to_string();
    EXPECT_EQ(resumed->unpatched, began->unpatched);
    EXPECT_EQ(resumed->patched, began->patched);
    ASSERT_TRUE(await(source->select(resumed->patched)));
    EXPECT_EQ(read(fs::path(resumed->patched.source) / "kernel/fork.c"), k_after);
    EXPECT_FALSE(prepare(origin.string(), k_patch)) << "a new job has the new commit";
}

TEST_F(Checkout, a_job_whose_commit_is_gone_is_told_so) {
    const auto mail = intake::read_mail(k_patch);
    const std::string gone(40, 'a');
    const auto resumed = await(source->prepare({origin.string(), gone}, *mail, {}));
    ASSERT_FALSE(resumed);
    EXPECT_EQ(resumed.error().kind, util::ErrorKind::conflict);
    EXPECT_EQ(resumed.error().where, gone);
}

TEST_F(Checkout, a_tarball_becomes_the_same_commit_every_time) {
    util::ProcessSpec tar;
    tar.argv = {"tar",  "-C", dir().string(), "--exclude=.git", "-cf", (dir() / "l.tar").string(),
                "linux"};
    ASSERT_TRUE(await(util::run_checked(tar)));
    std::vector<Tree> trees(1);
    trees[0].name = "tar";
    trees[0].kind = "tarball";
    trees[0].location = (dir() / "l.tar").string();
    source.emplace(trees, dir() / "cache");
    const auto pair = prepare("tar", k_patch);
    ASSERT_TRUE(pair) << pair.error().to_string();
    source.emplace(trees, dir() / "cache2");
    const auto again = prepare("tar", k_patch);
    ASSERT_TRUE(again);
    EXPECT_EQ(pair->unpatched.revision, again->unpatched.revision);
    EXPECT_EQ(pair->patched.state, again->patched.state);
}

TEST_F(Checkout, a_tarball_that_was_packed_anew_is_unpacked_anew) {
    const auto tarball = (dir() / "l.tar").string();
    const auto pack = [&] {
        util::ProcessSpec tar;
        tar.argv = {"tar", "-C", dir().string(), "--exclude=.git", "-cf", tarball, "linux"};
        return await(util::run_checked(tar)).has_value();
    };
    ASSERT_TRUE(pack());
    const auto before = prepare(tarball, k_patch);
    ASSERT_TRUE(before);
    write(origin / "kernel/exit.c", "int exit_two_and_more;\n" + std::string(20000, '\n'));
    ASSERT_TRUE(pack());
    const auto after = prepare(tarball, k_patch);
    ASSERT_TRUE(after);
    EXPECT_NE(before->unpatched.revision, after->unpatched.revision);
    EXPECT_THAT(read(fs::path(after->unpatched.source) / "kernel/exit.c"),
                HasSubstr("exit_two_and_more"));
}

TEST_F(Checkout, a_repository_within_a_tarball_runs_nothing) {
    write(origin / ".gitattributes", "* filter=evil\n");
    const auto proof = dir() / "proof";
    write(origin / ".git/config", "[filter \"evil\"]\n\tclean = sh -c 'touch " + proof.string() +
                                      "; cat'\n\tsmudge = cat\n");
    util::ProcessSpec tar;
    tar.argv = {"tar", "-C", dir().string(), "-cf", (dir() / "evil.tar").string(), "linux"};
    ASSERT_TRUE(await(util::run_checked(tar)));
    const auto pair = prepare((dir() / "evil.tar").string(), k_patch);
    ASSERT_TRUE(pair) << pair.error().to_string();
    EXPECT_FALSE(fs::exists(proof));
}

TEST_F(Checkout, a_repository_of_another_user_can_be_read_by_root) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a repository away";
    util::ProcessSpec give;
    give.argv = {"chown", "-R", "nobody", origin.string()};
    ASSERT_TRUE(await(util::run_checked(give)));
    const auto pair = prepare(origin.string(), k_patch);
    EXPECT_TRUE(pair) << pair.error().to_string();
    const auto fetched_again = prepare(origin.string(), k_patch);
    EXPECT_TRUE(fetched_again) << fetched_again.error().to_string();
}

TEST_F(Checkout, a_tarball_that_is_none_leaves_nothing_behind) {
    write(dir() / "bad.tar", "not a tarball, but long enough to be taken for one by its name");
    const auto pair = prepare((dir() / "bad.tar").string(), k_patch);
    ASSERT_FALSE(pair);
    EXPECT_EQ(pair.error().what, "the tarball cannot be unpacked");
    for (const auto& entry : fs::directory_iterator(dir() / "cache/trees"))
        EXPECT_EQ(entry.path().extension(), ".lock") << entry.path();
}

TEST_F(Checkout, a_tree_that_is_not_known_is_refused_with_those_that_are) {
    std::vector<Tree> trees(1);
    trees[0].name = "debian-6.12";
    source.emplace(trees, dir() / "cache");
    const auto unknown = prepare("linus", k_patch);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().what, "there is no tree \"linus\"");
    EXPECT_THAT(unknown.error().hint, HasSubstr("debian-6.12"));
    EXPECT_EQ(prepare("/no/such/place", k_patch).error().kind, util::ErrorKind::not_found);
    EXPECT_EQ(prepare((dir() / "cache").string(), k_patch).error().kind,
              util::ErrorKind::not_found);
    EXPECT_EQ(prepare(dir().string(), k_patch).error().kind, util::ErrorKind::invalid_input);
}

TEST(WorkTreeState, survives_being_written) {
    const State states[] = {{"0123", {}, ""},
                            {"0123", Direction::forward, "--- a\n+++ b\n"},
                            {"0123", Direction::reverse, "x"}};
    for (const auto& state : states) EXPECT_EQ(read_state(write_state(state)).value(), state);
    EXPECT_FALSE(read_state(""));
    EXPECT_FALSE(read_state("sideways 0123\n"));
}

TEST(ParseApplyErrors, names_each_file_once) {
    const auto failures = parse_apply_errors(
        "warning: x\nerror: patch failed: kernel/a.c:118\nerror: kernel/a.c: patch does not apply\n"
        "error: kernel/b.c: No such file or directory\nerror: corrupt patch at line 3\n");
    EXPECT_THAT(failures,
                testing::ElementsAre(FailedFile{"kernel/a.c", "118", "patch does not apply"},
                                     FailedFile{"kernel/b.c", "", "No such file or directory"},
                                     FailedFile{"", "", "corrupt patch at line 3"}));
}

}  // namespace
}  // namespace krepro::checkout
