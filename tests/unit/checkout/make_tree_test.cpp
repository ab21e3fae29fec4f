// SPDX-License-Identifier: Apache-2.0
#include "checkout/make_tree.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "await.hpp"
#include "util/files.hpp"

namespace krepro::checkout {
namespace {

namespace fs = std::filesystem;

class MakeTree : public testing::Test {
  protected:
    void SetUp() override {
        fs::permissions(dir(), fs::perms(0755));
        for (const auto* name : {"linux", "source", "scratch"}) fs::create_directory(dir() / name);
        std::ofstream(dir() / "linux/Makefile") << "all:\n";
    }

    void run(const std::string& command) const {
        const auto line = fmt::format("cd {} && {}", dir().string(), command);
        ASSERT_EQ(std::system(line.c_str()), 0) << line;
    }

    [[nodiscard]] util::Result<MadeTree> make() const {
        MakeTreeRequest request;
        request.tree.name = "tar";
        request.tree.kind = "tarball";
        request.tree.location = (dir() / "linux.tar").string();
        request.source = dir() / "source";
        request.scratch = dir() / "scratch";
        return await(make_tree(request, [](const std::string&) {}));
    }

    [[nodiscard]] fs::path dir() const { return folder_.path(); }

    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "krepro-make-tree"));
};

// Objects that were made of an earlier tree in the same place may still be there.
TEST_F(MakeTree, files_are_of_now_however_old_the_archive_is) {
    run("touch -d 2001-01-01 linux/Makefile linux && tar -cf linux.tar linux");
    const auto made = make();
    ASSERT_TRUE(made) << made.error().to_string();
    const auto hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
    EXPECT_GT(fs::last_write_time(dir() / "source/Makefile"), hour_ago);
}

// Any program in the place of tar, as one is that an archive makes do what it likes.
TEST_F(MakeTree, what_unpacks_it_can_write_nothing_else) {
    run("tar -cf linux.tar linux && mkdir bin && touch proof");
    std::ofstream(dir() / "bin/tar")
        << "#!/bin/sh\necho x >" << (dir() / "proof").string() << "\nexec /usr/bin/tar \"$@\"\n";
    fs::permissions(dir() / "bin/tar", fs::perms(0755));
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", ((dir() / "bin").string() + ":" + path).c_str(), 1);
    const auto made = make();
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(fs::file_size(dir() / "proof"), 0U);
}

TEST_F(MakeTree, a_file_larger_than_any_kernels_ends_it) {
    run("truncate -s 5G linux/hole && tar -S -cf linux.tar linux");
    const auto made = make();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, util::ErrorKind::unavailable);
    EXPECT_EQ(made.error().what, "the tarball cannot be unpacked");
}

}  // namespace
}  // namespace krepro::checkout
