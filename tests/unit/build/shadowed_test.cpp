// SPDX-License-Identifier: Apache-2.0
#include "build/shadowed.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "util/files.hpp"

namespace krepro::build {
namespace {

namespace fs = std::filesystem;

class Shadowed : public testing::Test {
  protected:
    // A target that was made from its own source and what else is named.
    void put(const std::string& target, const std::string& includes) const {
        const auto path = objects() / target;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << "made";
        std::ofstream(path.parent_path() / ("." + path.filename().string() + ".cmd"))
            << "cmd_" << target << " := gcc\n\nsource_" << target << " := /s/" << target
            << ".c\n\ndeps_" << target << " := \\\n  " << includes << " \\\n\n";
    }
    [[nodiscard]] bool has(const std::string& target) const {
        return fs::exists(objects() / target);
    }
    [[nodiscard]] const fs::path& objects() const { return folder_.path(); }

  private:
    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "shadowed"));
};

TEST_F(Shadowed, all_that_may_include_a_new_file_in_anothers_place_is_made_again) {
    for (const auto* target : {"kernel/fork.o", "arch/x86/kernel/asm-offsets.s", "scripts/tool"})
        put(target, "/s/include/asm-generic/bug.h");
    put("kernel/other.o", "/s/include/linux/debug.h");
    put("arch/bug.h.o", "/s/include/linux/debug.h");
    EXPECT_EQ(remove_shadowed(objects(), {{"arch/x86/include/asm/bug.h", "", false, true}}), 3);
    EXPECT_FALSE(has("kernel/fork.o"));
    EXPECT_FALSE(has("arch/x86/kernel/asm-offsets.s"));
    EXPECT_FALSE(has("scripts/tool"));
    EXPECT_TRUE(has("kernel/other.o"));
    EXPECT_TRUE(has("arch/bug.h.o"));
}

TEST_F(Shadowed, files_that_were_there_or_that_go_shadow_nothing_new) {
    put("kernel/fork.o", "/s/include/asm-generic/bug.h");
    EXPECT_EQ(remove_shadowed(objects(), {{"arch/x86/include/asm/bug.h", "", true, true},
                                          {"include/asm/bug.h", "", true, false}}),
              0);
    EXPECT_TRUE(has("kernel/fork.o"));
}

// Its command names it by its path: another of its name changes nothing.
TEST_F(Shadowed, an_objects_own_source_is_not_looked_for) {
    put("kernel/core", "/s/include/linux/debug.h");
    EXPECT_EQ(remove_shadowed(objects(), {{"drivers/core.c", "", false, true}}), 0);
}

}  // namespace
}  // namespace krepro::build
