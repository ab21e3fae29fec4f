// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cache_keeper.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "build/build_cache.hpp"
#include "store/artifacts.hpp"
#include "util/files.hpp"

namespace krepro::pipeline {
namespace {

namespace fs = std::filesystem;
using model::CacheKind;

constexpr std::uint64_t k_nothing = 0;

class Cache : public testing::Test {
  protected:
    // A kernel, an object tree and a source tree; each unused for the hours given.
    void fill(int kernel_h, int objects_h, int tree_h) {
        keep_kernel("abc");
        age(root() / "builds/abc/build.json", kernel_h);
        write(root() / "obj/0123/vmlinux", std::string(9000, 'o'));
        write(root() / "obj/0123.states", "state\n");
        write(root() / "obj/0123.lock", "");
        write(root() / "obj/0123.ccache/0/1", std::string(5000, 'c'));
        for (const auto* part : {"obj/0123/vmlinux", "obj/0123", "obj/0123.states"})
            age(root() / part, objects_h);
        write(root() / "trees/mine/stamp", "commit version\n");
        write(root() / "trees/mine/source/Makefile", "all:\n");
        for (const auto* part : {"trees/mine/stamp", "trees/mine"}) age(root() / part, tree_h);
    }
    void keep_kernel(const std::string& key) {
        build::BuiltKernel built;
        built.bzimage = folder_.path() / "bzImage";
        built.vmlinux = folder_.path() / "vmlinux";
        built.config = folder_.path() / ".config";
        write(built.bzimage, "image");
        write(built.vmlinux, "elf");
        write(built.config, "CONFIG_X=y\n");
        built.build.key = key;
        built.build.release = "6.1.8-rt5";
        ASSERT_TRUE(build::BuildCache(root() / "builds").keep(built));
    }
    static void write(const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    static void age(const fs::path& path, int hours) {
        fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
    }
    [[nodiscard]] fs::path root() const { return folder_.path() / "cache"; }
    [[nodiscard]] std::vector<CacheKind> removed(const CacheHolds& holds,
                                                 std::uint64_t most = k_nothing) const {
        std::vector<CacheKind> kinds;
        for (const auto& item : CacheKeeper(root()).prune(most, holds).removed)
            kinds.push_back(item.kind);
        return kinds;
    }

    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "krepro-cache"));
};

TEST_F(Cache, is_listed_with_what_was_unused_longest_first) {
    fill(5, 9, 7);
    const auto items = CacheKeeper(root()).list({});
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(items[0].kind, CacheKind::objects);
    EXPECT_EQ(items[1].kind, CacheKind::tree);
    EXPECT_EQ(items[2].kind, CacheKind::kernel);
    EXPECT_EQ(items[2].name, "abc");
    EXPECT_NE(items[2].what.find("6.1.8-rt5"), std::string::npos);
    EXPECT_GE(items[0].bytes, 14000U);
    for (const auto& item : items) EXPECT_EQ(item.held, "");
}

TEST_F(Cache, gives_up_what_was_unused_longest_until_the_rest_fits) {
    fill(5, 9, 7);
    std::uint64_t bytes = 0;
    for (const auto& item : CacheKeeper(root()).list({})) bytes += item.bytes;
    EXPECT_TRUE(removed({}, bytes).empty());
    EXPECT_EQ(removed({}, bytes - 1), std::vector{CacheKind::objects});
    EXPECT_FALSE(fs::exists(root() / "obj/0123"));
    EXPECT_FALSE(fs::exists(root() / "obj/0123.states"));
    EXPECT_FALSE(fs::exists(root() / "obj/0123.ccache"));
    EXPECT_TRUE(fs::exists(root() / "obj/0123.lock")) << "somebody may wait for it";
    EXPECT_EQ(removed({}), (std::vector{CacheKind::tree, CacheKind::kernel}));
    EXPECT_TRUE(removed({}).empty());
}

TEST_F(Cache, keeps_what_a_job_holds_what_is_locked_and_what_was_just_used) {
    fill(5, 9, 7);
    const auto lock = util::FileLock::take(root() / "obj/0123.lock", util::FileLock::Wait::no);
    ASSERT_TRUE(lock);
    CacheHolds holds;
    holds.kernels = {"abc"};
    holds.sources = {root() / "trees/mine/source"};
    const auto pruned = CacheKeeper(root()).prune(k_nothing, holds);
    EXPECT_TRUE(pruned.removed.empty());
    ASSERT_EQ(pruned.problems.size(), 1U);
    EXPECT_NE(pruned.problems[0].find("in use"), std::string::npos);
    EXPECT_EQ(pruned.bytes_after, pruned.bytes_before);

    holds.kernels.clear();
    ASSERT_TRUE(build::BuildCache(root() / "builds").find("abc"));  // which is a use
    EXPECT_TRUE(removed(holds).empty());
}

TEST_F(Cache, a_tree_whose_name_begins_like_anothers_is_another) {
    fill(1, 2, 7);
    write(root() / "trees/mine.two/stamp", "commit version\n");
    age(root() / "trees/mine.two/stamp", 1);
    age(root() / "trees/mine.two", 1);
    std::uint64_t bytes = 0;
    for (const auto& item : CacheKeeper(root()).list({})) bytes += item.bytes;
    EXPECT_EQ(removed({}, bytes - 1), std::vector{CacheKind::tree});
    EXPECT_FALSE(fs::exists(root() / "trees/mine"));
    EXPECT_TRUE(fs::exists(root() / "trees/mine.two/stamp"));
}

TEST_F(Cache, a_tree_of_a_similar_name_is_not_held) {
    fill(1, 2, 7);
    CacheHolds holds;
    holds.sources = {root() / "trees/mine2/source"};
    holds.trees = {"other"};
    EXPECT_EQ(removed(holds),
              (std::vector{CacheKind::tree, CacheKind::objects, CacheKind::kernel}));
}

TEST_F(Cache, counts_mirrors_debug_units_and_images_and_gives_them_up_too) {
    write(root() / "mirrors/0123.git/HEAD", "ref: x\n");
    write(root() / "debug/abc-1/kernel/fork.o", std::string(5000, 'd'));
    write(root() / "debug/abc-1.lock", "");
    write(root() / "images/fed.cpio", std::string(5000, 'i'));
    age(root() / "mirrors/0123.git", 3);
    age(root() / "debug/abc-1", 2);
    age(root() / "images/fed.cpio", 1);
    const auto items = CacheKeeper(root()).list({});
    ASSERT_EQ(items.size(), 3U);
    for (const auto& item : items) EXPECT_EQ(item.held, "") << item.path;
    EXPECT_GE(items[1].bytes, 5000U);
    CacheHolds holds;
    holds.jobs = 1;
    holds.kernels = {"abc"};
    EXPECT_EQ(removed(holds), std::vector{CacheKind::mirror});
    EXPECT_EQ(removed({}), (std::vector{CacheKind::units, CacheKind::image}));
}

TEST_F(Cache, a_mirror_goes_after_its_last_work_tree_and_never_before) {
    write(root() / "mirrors/0123.git/HEAD", "ref: x\n");
    age(root() / "mirrors/0123.git", 9);
    write(root() / "trees/mine/source/.git",
          "gitdir: " + (root() / "mirrors/0123.git/worktrees/source").string() + "\n");
    age(root() / "trees/mine", 2);
    CacheHolds holds;
    holds.trees = {"mine"};
    EXPECT_TRUE(removed(holds).empty()) << "a job needs it";
    EXPECT_EQ(removed({}), (std::vector{CacheKind::tree, CacheKind::mirror}));
}

TEST_F(Cache, what_a_kill_left_goes_whatever_the_size_and_what_is_being_made_stays) {
    constexpr auto k_plenty = std::uint64_t{1} << 40U;
    for (const auto* name : {".audit.x", "builds/.new.x", "obj/.once-0123-.x",
                             "trees/.making-mine.x", "debug/.arm.x", "trees/.gone-old"}) {
        write(root() / name / "file", "x");
        age(root() / name, 1);
    }
    write(root() / "builds/.new.fresh/file", "x");
    write(root() / ".unknown/file", "x");
    age(root() / ".unknown", 1);
    const auto mine = util::TempDir::make(root() / "trees", ".making-mine");
    ASSERT_TRUE(mine);
    age(mine->path(), 1);
    EXPECT_EQ(removed({}, k_plenty), std::vector(6, CacheKind::leftover));
    EXPECT_TRUE(fs::exists(mine->path()));
    EXPECT_TRUE(fs::exists(root() / "builds/.new.fresh")) << "it may be of an older krepro";
    EXPECT_TRUE(fs::exists(root() / ".unknown/file"));
    EXPECT_FALSE(fs::exists(root() / "obj/.once-0123-.x"));
}

TEST_F(Cache, what_an_audit_said_of_the_planner_outlives_the_objects) {
    fill(1, 2, 1);
    write(root() / "obj/0123.quarantine", "kernel/fork.o: .text differs\n");
    EXPECT_EQ(removed({}).size(), 3U);
    EXPECT_FALSE(fs::exists(root() / "obj/0123"));
    EXPECT_TRUE(fs::exists(root() / "obj/0123.quarantine"));
}

TEST_F(Cache, a_flipped_byte_is_found_in_kernels_and_in_artifacts) {
    fill(1, 1, 1);
    const store::Artifacts artifacts(folder_.path() / "artifacts");
    const auto hash = artifacts.add_bytes("a console");
    ASSERT_TRUE(hash);
    const auto whole = CacheKeeper(root()).verify(folder_.path() / "artifacts");
    EXPECT_EQ(whole.kernels, 1);
    EXPECT_EQ(whole.artifacts, 1);
    EXPECT_TRUE(whole.damages.empty());

    write(root() / "builds/abc/vmlinux", "elF");
    const auto kept = *artifacts.path(*hash);
    fs::permissions(kept, fs::perms::owner_write, fs::perm_options::add);
    write(kept, "a c0nsole");
    const auto damaged = CacheKeeper(root()).verify(folder_.path() / "artifacts");
    ASSERT_EQ(damaged.damages.size(), 2U);
    EXPECT_EQ(damaged.damages[0].path, (root() / "builds/abc/vmlinux").string());
    EXPECT_EQ(damaged.damages[1].path, kept.string());

    EXPECT_EQ(artifacts.add_bytes("a console"), hash) << "what is made again mends it";
    EXPECT_TRUE(artifacts.verify(*hash));
}

}  // namespace
}  // namespace krepro::pipeline
