// SPDX-License-Identifier: Apache-2.0
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>

#include "util/foreign_folder.hpp"

namespace krepro::util {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Files : public testing::Test {
  protected:
    void SetUp() override {
        auto made = TempDir::make(fs::canonical(fs::temp_directory_path()), "files");
        ASSERT_TRUE(made);
        dir_.emplace(std::move(*made));
        std::ofstream(path("plain")) << "content";
        fs::create_directory(path("folder"));
        std::ofstream(path("folder/inner")) << "inner";
        fs::create_symlink("plain", path("link"));
        fs::create_symlink("folder", path("way"));
        ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    }
    [[nodiscard]] fs::path path(const std::string& name) const { return dir_->path() / name; }

  private:
    std::optional<TempDir> dir_;
};

TEST_F(Files, a_temporary_folder_tells_whether_somebody_has_it) {
    std::optional<TempDir> made = value_or_throw(TempDir::make(path("folder"), "x"));
    const auto left = made->path();
    EXPECT_TRUE(TempDir::has_owner(left));
    const TempDir moved = std::move(*made);
    made.reset();
    EXPECT_TRUE(TempDir::has_owner(left));
    EXPECT_FALSE(TempDir::has_owner(path("folder")));
    EXPECT_TRUE(TempDir::has_owner(path("way"))) << "a link: who knows";
}

TEST_F(Files, a_lock_tells_whether_somebody_has_it_and_asking_takes_nothing) {
    const auto file = path("lock");
    EXPECT_FALSE(FileLock::is_held(file));
    {
        const auto lock = FileLock::take(file, FileLock::Wait::no);
        ASSERT_TRUE(lock) << lock.error().to_string();
        EXPECT_TRUE(FileLock::is_held(file));
        const auto second = FileLock::take(file, FileLock::Wait::no);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().kind, ErrorKind::conflict);
    }
    EXPECT_FALSE(FileLock::is_held(file));
    EXPECT_TRUE(FileLock::take(file, FileLock::Wait::no));
}

TEST_F(Files, the_file_system_of_a_folder_can_be_synced) {
    EXPECT_TRUE(sync_file_system(path("folder")));
    EXPECT_FALSE(sync_file_system(path("absent")));
}

TEST_F(Files, a_regular_file_is_read_whole_or_not_at_all) {
    EXPECT_EQ(read_file(path("plain")).value_or("none"), "content");
    EXPECT_EQ(read_file(path("link")).value_or("none"), "content");
    EXPECT_EQ(read_file(path("plain"), 3).error().kind, ErrorKind::too_large);
}

TEST_F(Files, what_is_no_regular_file_neither_blocks_nor_is_read) {
    for (const auto* name : {"pipe", "folder", "absent"})
        for (const auto& content : {read_file(path(name)), read_foreign_file(path(name))})
            EXPECT_FALSE(content) << name;
    EXPECT_FALSE(read_file("/dev/zero"));
}

TEST_F(Files, a_foreign_file_is_not_reached_over_a_link) {
    EXPECT_EQ(read_foreign_file(path("plain")).value_or("none"), "content");
    EXPECT_EQ(read_foreign_file(path("folder/inner")).value_or("none"), "inner");
    EXPECT_THAT(read_foreign_file(path("link")).error().what, HasSubstr("symbolic link"));
    EXPECT_THAT(read_foreign_file(path("way/inner")).error().what, HasSubstr("symbolic link"));
}

TEST_F(Files, a_foreign_folder_is_copied_whole_and_one_with_a_link_is_not) {
    fs::create_directories(path("tree/below"));
    ASSERT_TRUE(write_file_atomic(path("tree/below/one"), "1"));
    ASSERT_TRUE(copy_foreign_folder(path("tree"), path("tree2")));
    EXPECT_EQ(read_file(path("tree2/below/one")).value_or("none"), "1");
    fs::create_directory_symlink(path("folder"), path("tree/below/way"));
    EXPECT_FALSE(copy_foreign_folder(path("tree"), path("tree3")));
    EXPECT_FALSE(fs::exists(path("tree3/below/way")));
    EXPECT_FALSE(copy_foreign_folder(path("tree/below/way"), path("tree4")));
    EXPECT_FALSE(copy_foreign_folder(path("none"), path("tree5")));
    EXPECT_TRUE(is_real_folder(path("tree")));
    for (const auto* name : {"tree/below/way", "plain", "none", "way/below"})
        EXPECT_FALSE(is_real_folder(path(name))) << name;
}

TEST_F(Files, a_foreign_file_is_copied_whole_and_a_link_is_not) {
    ASSERT_TRUE(copy_foreign_file(path("plain"), path("copy")));
    EXPECT_EQ(read_file(path("copy")).value_or("none"), "content");
    EXPECT_FALSE(copy_foreign_file(path("link"), path("copy2")));
    EXPECT_FALSE(copy_foreign_file(path("pipe"), path("copy3")));
    EXPECT_FALSE(fs::exists(path("copy2")));
}

}  // namespace
}  // namespace krepro::util
