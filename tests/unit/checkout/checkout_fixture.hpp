// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "await.hpp"
#include "checkout/git.hpp"
#include "checkout/local_source.hpp"
#include "intake/intake.hpp"
#include "util/files.hpp"

// What the tests of trees share.
namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::Result;

inline void write(const fs::path& path, std::string_view text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

inline std::string read(const fs::path& path) {
    return util::read_file(path).value_or("(absent)");
}

// A tree that is small and has what a kernel's has at its top.
class Checkout : public testing::Test {
  protected:
    void SetUp() override {
        auto made = util::TempDir::make(fs::temp_directory_path(), "checkout");
        ASSERT_TRUE(made);
        dir_.emplace(std::move(*made));
        origin = dir_->path() / "linux";
        write(origin / "Makefile", "VERSION = 6\n");
        write(origin / "kernel/fork.c", k_before);
        write(origin / "kernel/exit.c", "int exit_one;\n");
        write(origin / ".gitignore", "*.o\n");
        revision = await(commit_all(origin, "base")).value_or("none");
        source.emplace(std::vector<Tree>{}, dir_->path() / "cache");
    }

    Result<Pair> prepare(const std::string& tree, const std::string& patch) {
        const auto mail = intake::read_mail(patch);
        EXPECT_TRUE(mail) << mail.error().to_string();
        return await(source->prepare({tree}, *mail, {}));
    }

    static constexpr auto k_before = "int a;\nint b;\nint c;\n";
    static constexpr auto k_after = "int a;\nint changed;\nint c;\n";
    const std::string k_patch =
        "why\n\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -1,3 +1,3 @@ int f(void)\n int a;\n"
        "-int b;\n+int changed;\n int c;\n";

    [[nodiscard]] fs::path dir() const { return dir_->path(); }
    fs::path origin;
    std::string revision;
    std::optional<LocalKernelSource> source;

  private:
    std::optional<util::TempDir> dir_;
};

}  // namespace krepro::checkout
