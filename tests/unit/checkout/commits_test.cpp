// SPDX-License-Identifier: Apache-2.0
// What a tree's own history is asked for.
#include <gmock/gmock.h>

#include <functional>

#include "checkout/repository.hpp"
#include "checkout_fixture.hpp"

namespace krepro::checkout {
namespace {

using testing::HasSubstr;
using util::ErrorKind;

// A repository whose HEAD is "second", after "first" and "root".
class Commits : public testing::Test {
  protected:
    void SetUp() override {
        auto made = util::TempDir::make(fs::temp_directory_path(), "commits");
        ASSERT_TRUE(made);
        dir_.emplace(std::move(*made));
        origin = dir_->path() / "linux";
        write(origin / "Makefile", "VERSION = 6\n");
        write(origin / "a.c", "int one;\n");
        ASSERT_TRUE(await(commit_all(origin, "root")));
        commit("first", [&] { write(origin / "a.c", "int two;\n"); });
        commit("second\n\nIts text.\n", [&] { write(origin / "b.c", "int b;\n"); });
        source.emplace(std::vector<Tree>{}, dir_->path() / "cache");
    }

    std::string run(std::vector<std::string> arguments) {
        const auto out = await(git(origin, std::move(arguments)));
        EXPECT_TRUE(out) << out.error().to_string();
        return out.value_or("");
    }

    void commit(const std::string& message, const std::function<void()>& change) {
        change();
        run(words("add", "-A"));
        run(words("commit", "-q", "--allow-empty", "-m", message));
    }

    Result<Change> find(const std::string& commits) {
        return await(source->find_change(origin.string(), commits, {}));
    }

    Result<Pair> prepare(const Change& change) {
        return await(source->prepare_change(origin.string(), change.before, change.after, {}));
    }

    [[nodiscard]] fs::path dir() const { return dir_->path(); }
    fs::path origin;
    std::optional<LocalKernelSource> source;

  private:
    std::optional<util::TempDir> dir_;
};

TEST_F(Commits, a_commit_is_compared_with_its_parent) {
    const auto change = find("HEAD");
    ASSERT_TRUE(change) << change.error().to_string();
    EXPECT_EQ(change->after, run(words("rev-parse", "HEAD")));
    EXPECT_EQ(change->before, run(words("rev-parse", "HEAD^")));
    EXPECT_EQ(change->author, "krepro <krepro@localhost>");
    EXPECT_THAT(change->message, testing::StartsWith("second\n\nIts text."));
    EXPECT_THAT(change->diff, HasSubstr("+++ b/b.c"));
    EXPECT_TRUE(change->notes.empty());
    const auto pair = prepare(*change);
    ASSERT_TRUE(pair) << pair.error().to_string();
    EXPECT_EQ(pair->direction, model::Direction::forward);
    ASSERT_TRUE(await(source->select(pair->patched)));
    EXPECT_EQ(read(fs::path(pair->patched.source) / "b.c"), "int b;\n");
    ASSERT_TRUE(await(source->select(pair->unpatched)));
    EXPECT_FALSE(fs::exists(fs::path(pair->patched.source) / "b.c"));
    EXPECT_EQ(pair->unpatched.content, run(words("rev-parse", "HEAD^^{tree}")));
}

TEST_F(Commits, commits_are_named_by_tags_branches_parts_of_hashes_and_what_is_before_them) {
    run(words("tag", "v1"));
    run(words("branch", "topic", "HEAD~1"));
    const auto head = run(words("rev-parse", "HEAD"));
    for (const auto& name : {std::string("v1"), head, head.substr(0, 12)}) {
        const auto change = find(name);
        ASSERT_TRUE(change) << name << change.error().to_string();
        EXPECT_EQ(change->after, head) << name;
    }
    for (const auto* name : {"topic", "v1~1", "HEAD^"})
        EXPECT_EQ(find(name)->after, run(words("rev-parse", "HEAD~1"))) << name;
}

TEST_F(Commits, a_range_is_one_change_and_tells_of_all_its_commits) {
    const auto change = find("HEAD~2..HEAD");
    ASSERT_TRUE(change) << change.error().to_string();
    EXPECT_THAT(change->message, HasSubstr("second"));
    EXPECT_THAT(change->message, HasSubstr("first"));
    EXPECT_THAT(change->diff, HasSubstr("+int two;"));
    EXPECT_THAT(change->diff, HasSubstr("+int b;"));
    EXPECT_THAT(change->notes, testing::ElementsAre(HasSubstr("a range of 2 commits")));
}

TEST_F(Commits, two_commits_that_do_not_come_from_each_other_are_a_pair) {
    const auto change = find("HEAD..HEAD~1");
    ASSERT_TRUE(change) << change.error().to_string();
    EXPECT_THAT(change->notes, testing::ElementsAre(HasSubstr("a pair")));
    EXPECT_THAT(change->diff, HasSubstr("deleted file"));
}

TEST_F(Commits, a_merge_is_compared_with_its_first_parent_and_that_is_said) {
    run(words("checkout", "-q", "-b", "side", "HEAD~1"));
    commit("on the side", [&] { write(origin / "side.c", "int side;\n"); });
    run(words("checkout", "-q", "-"));
    run(words("merge", "-q", "--no-ff", "-m", "Merge side", "side"));
    const auto change = find("HEAD");
    ASSERT_TRUE(change) << change.error().to_string();
    EXPECT_EQ(change->before, run(words("rev-parse", "HEAD^1")));
    EXPECT_THAT(change->notes,
                testing::ElementsAre("a merge of 2 parents, compared with its first"));
    EXPECT_THAT(change->diff, HasSubstr("+int side;"));
}

TEST_F(Commits, what_has_no_answer_says_why) {
    commit("nothing", [] {});
    const auto root = find("HEAD~3");
    ASSERT_FALSE(root);
    EXPECT_EQ(root.error().kind, ErrorKind::invalid_input);
    EXPECT_THAT(root.error().what, HasSubstr("no parent"));
    const auto empty = find("HEAD");
    ASSERT_FALSE(empty);
    EXPECT_THAT(empty.error().what, HasSubstr("changes no file"));
    const auto absent = find("no-such-commit");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().kind, ErrorKind::not_found);
    EXPECT_THAT(absent.error().what, HasSubstr("no-such-commit"));
    for (const auto* bad : {"", "..", "A..", "A..B..C", "--all", "a b", "A...B"})
        EXPECT_EQ(find(bad).error().kind, ErrorKind::invalid_input) << bad;
}

TEST_F(Commits, a_commit_that_changes_modes_or_names_alone_is_a_change) {
    commit("mode", [&] { fs::permissions(origin / "a.c", fs::perms(0755)); });
    const auto mode = find("HEAD");
    ASSERT_TRUE(mode) << mode.error().to_string();
    EXPECT_THAT(mode->diff, HasSubstr("new mode 100755"));
    commit("name", [&] { fs::rename(origin / "a.c", origin / "c.c"); });
    const auto name = find("HEAD");
    ASSERT_TRUE(name) << name.error().to_string();
    EXPECT_THAT(name->diff, HasSubstr("rename to c.c"));
}

TEST_F(Commits, a_job_that_goes_on_needs_the_repository_no_more) {
    const auto change = find("HEAD");
    ASSERT_TRUE(change);
    ASSERT_TRUE(prepare(*change));
    // Its objects are in the mirror; the place itself must only be one.
    fs::remove_all(origin / ".git/refs");
    fs::create_directories(origin / ".git/refs");
    const auto again = prepare(*change);
    EXPECT_TRUE(again) << again.error().to_string();
}

TEST_F(Commits, one_kernel_alone_is_a_revision_of_the_tree) {
    const auto head = await(source->prepare_one(origin.string(), "", {}));
    ASSERT_TRUE(head) << head.error().to_string();
    EXPECT_EQ(head->revision, run(words("rev-parse", "HEAD")));
    const auto before = await(source->prepare_one(origin.string(), "HEAD~2", {}));
    ASSERT_TRUE(before) << before.error().to_string();
    EXPECT_EQ(before->content, run(words("rev-parse", "HEAD~2^{tree}")));
    ASSERT_TRUE(await(source->select(*before)));
    EXPECT_EQ(read(fs::path(before->source) / "a.c"), "int one;\n");
}

TEST_F(Commits, trees_of_one_repository_share_what_was_fetched) {
    Tree tree;
    tree.kind = "git";
    tree.location = origin.string();
    tree.name = "new";
    Tree old = tree;
    old.name = "old";
    old.revision = "HEAD~2";
    source.emplace(std::vector<Tree>{tree, old}, dir() / "cache");
    const auto a = await(source->prepare_one("new", "", {}));
    const auto b = await(source->prepare_one("old", "", {}));
    ASSERT_TRUE(a && b);
    EXPECT_NE(a->source, b->source);
    EXPECT_EQ(b->revision, run(words("rev-parse", "HEAD~2")));
    ASSERT_TRUE(await(source->select(*b)));
    ASSERT_TRUE(await(source->select(*a)));
    EXPECT_EQ(read(fs::path(b->source) / "a.c"), "int one;\n");
    EXPECT_EQ(read(fs::path(a->source) / "a.c"), "int two;\n");
    int mirrors = 0;
    for (const auto& entry : fs::directory_iterator(dir() / "cache/mirrors"))
        mirrors += entry.is_directory() ? 1 : 0;
    EXPECT_EQ(mirrors, 1);
}

TEST_F(Commits, a_fetch_that_was_killed_stands_in_no_later_ones_way) {
    const auto before = find("HEAD");
    ASSERT_TRUE(before) << before.error().to_string();
    const auto mirror = mirror_of(dir() / "cache", origin.string()).folder;
    for (const auto* left : {"packed-refs.lock", "refs/krepro/head.lock"}) write(mirror / left, "");
    commit("third", [&] { write(origin / "c.c", "int c;\n"); });
    const auto after = find("HEAD");
    ASSERT_TRUE(after) << after.error().to_string();
    EXPECT_EQ(after->before, before->after);
}

TEST_F(Commits, a_repository_that_cannot_be_reached_is_named) {
    Tree tree;
    tree.kind = "git";
    tree.name = "gone";
    tree.location = "git://127.0.0.1:9/linux.git";
    source.emplace(std::vector<Tree>{tree}, dir() / "cache");
    const auto change = await(source->find_change("gone", "HEAD", {}));
    ASSERT_FALSE(change);
    EXPECT_EQ(change.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(change.error().where, tree.location);
    EXPECT_FALSE(change.error().hint.empty());
}

TEST_F(Commits, a_commit_is_read_at_once_of_a_tree_that_was_fetched_and_of_no_other) {
    const auto at_hand = [&](const std::string& commits) {
        return await(source->find_at_hand(origin.string(), commits));
    };
    const auto before = at_hand("HEAD");
    ASSERT_FALSE(before);
    EXPECT_EQ(before.error().kind, ErrorKind::not_found);
    ASSERT_TRUE(await(source->prepare_one(origin.string(), "HEAD", {})));
    // As it was fetched: what has come since is not looked for.
    const auto head = run(words("rev-parse", "HEAD"));
    commit("later", [&] { write(origin / "later.c", "int later;\n"); });
    const auto found = at_hand("HEAD");
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->after, head);
    EXPECT_EQ(at_hand("v99").error().kind, ErrorKind::not_found);
    EXPECT_EQ(at_hand("..").error().kind, ErrorKind::invalid_input);
    EXPECT_EQ(found->diff, find(head)->diff);
}

TEST_F(Commits, a_patch_is_tried_without_touching_the_work_tree) {
    const auto there = await(source->prepare_one(origin.string(), "HEAD~2", {}));
    ASSERT_TRUE(await(source->select(*there)));
    const std::string patch =
        "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-int two;\n+int three;\n";
    const auto direction = await(source->try_patch(origin.string(), patch, {}));
    ASSERT_TRUE(direction) << direction.error().to_string();
    EXPECT_EQ(*direction, model::Direction::forward);
    EXPECT_EQ(read(fs::path(there->source) / "a.c"), "int one;\n");
}

}  // namespace
}  // namespace krepro::checkout
