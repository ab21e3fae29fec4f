// SPDX-License-Identifier: Apache-2.0
#include "store/artifacts.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::store {
namespace {

namespace fs = std::filesystem;
using util::ErrorKind;

class ArtifactsTest : public ::testing::Test {
  protected:
    ArtifactsTest()
        : folder_(*util::TempDir::make(::testing::TempDir(), "artifacts")),
          artifacts_(folder_.path() / "artifacts") {}

    [[nodiscard]] fs::path file_with(const std::string& content) const {
        const auto path = folder_.path() / "file";
        EXPECT_TRUE(util::write_file_atomic(path, content));
        return path;
    }
    [[nodiscard]] std::size_t drafts() const {
        const auto tmp = folder_.path() / "artifacts" / "tmp";
        if (!fs::exists(tmp)) return 0;
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(tmp), fs::directory_iterator()));
    }

    util::TempDir folder_;
    Artifacts artifacts_;
};

TEST_F(ArtifactsTest, bytes_and_a_file_of_the_same_content_are_one_artifact) {
    const std::string content(200000, 'k');
    const auto from_bytes = artifacts_.add_bytes(content);
    const auto from_file = artifacts_.add_file(file_with(content));
    ASSERT_TRUE(from_bytes) << from_bytes.error().to_string();
    ASSERT_TRUE(from_file) << from_file.error().to_string();
    EXPECT_EQ(*from_bytes, util::sha256_hex(content));
    EXPECT_EQ(*from_file, *from_bytes);
    EXPECT_EQ(*util::read_file(*artifacts_.path(*from_bytes)), content);
    EXPECT_TRUE(artifacts_.verify(*from_bytes));
    EXPECT_EQ(drafts(), 0U);
}

TEST_F(ArtifactsTest, a_file_that_changes_afterwards_leaves_the_artifact_alone) {
    const auto file = file_with("before");
    const auto hash = artifacts_.add_file(file);
    ASSERT_TRUE(hash);
    std::ofstream(file, std::ios::app) << "and after";
    EXPECT_EQ(*util::read_file(*artifacts_.path(*hash)), "before");
}

TEST_F(ArtifactsTest, nothing_but_a_hash_names_an_artifact) {
    for (const std::string name : {"", "abc", "../../../../etc/passwd"})
        EXPECT_EQ(artifacts_.path(name).error().kind, ErrorKind::invalid_input) << name;
    EXPECT_EQ(artifacts_.path(std::string(64, 'A')).error().kind, ErrorKind::invalid_input);
    EXPECT_EQ(artifacts_.path("../" + std::string(61, 'a')).error().kind, ErrorKind::invalid_input);
    EXPECT_EQ(artifacts_.path(std::string(64, 'a')).error().kind, ErrorKind::not_found);
}

TEST_F(ArtifactsTest, a_damaged_artifact_does_not_verify) {
    const auto hash = artifacts_.add_bytes("good");
    const auto place = *artifacts_.path(*hash);
    fs::permissions(place, fs::perms::owner_write, fs::perm_options::add);
    std::ofstream(place, std::ios::app) << "bad";
    EXPECT_EQ(artifacts_.verify(*hash).error().kind, ErrorKind::internal);
}

TEST_F(ArtifactsTest, a_file_that_is_not_there_is_not_found) {
    EXPECT_EQ(artifacts_.add_file(folder_.path() / "none").error().kind, ErrorKind::not_found);
}

TEST_F(ArtifactsTest, drafts_of_a_killed_process_are_removed) {
    const auto hash = artifacts_.add_bytes("kept");
    std::ofstream(folder_.path() / "artifacts" / "tmp" / "draft.abcdef") << "half";
    ASSERT_EQ(drafts(), 1U);
    artifacts_.remove_drafts();
    EXPECT_EQ(drafts(), 0U);
    EXPECT_TRUE(artifacts_.verify(*hash));
    EXPECT_TRUE(artifacts_.add_bytes("more"));
}

}  // namespace
}  // namespace krepro::store
