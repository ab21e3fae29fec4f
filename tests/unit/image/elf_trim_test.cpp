// SPDX-License-Identifier: Apache-2.0
// What is trimmed is a small program of two libraries (trim/), bound at its start as Debian's are.
#include "image/elf_trim.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "image/elf_needs.hpp"
#include "image/image.hpp"
#include "image/stressor_libraries.hpp"
#include "util/files.hpp"

namespace krepro::image {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;
namespace fs = std::filesystem;

const fs::path k_trim(KREPRO_TRIM_FOLDER);

class Trim : public ::testing::Test {
  protected:
    Trim() : folder_(util::value_or_throw(util::TempDir::make("/tmp", "krepro-trim"))) {
        fs::copy_file(k_trim / "libkrepro_kept.so", folder_.path() / "libkrepro_kept.so");
    }

    [[nodiscard]] static std::string program() {
        return util::value_or_throw(util::read_file(k_trim / "trim_program"));
    }
    [[nodiscard]] static std::string trimmed() {
        const auto symbols = util::value_or_throw(exported_symbols(k_trim / "libkrepro_left.so"));
        return util::value_or_throw(without_libraries(program(), {"libkrepro_left.so"}, symbols));
    }
    // The wait status of the program, run where only the library that is kept can be found.
    [[nodiscard]] int run(const std::string& bytes, const std::string& arguments = "") const {
        const auto file = folder_.path() / "program";
        util::value_or_throw(util::write_file_atomic(file, bytes));
        fs::permissions(file, fs::perms(0755));
        const auto command = "LD_LIBRARY_PATH=" + folder_.path().string() + " exec " +
                             file.string() + " " + arguments + " 2>" +
                             (folder_.path() / "stderr").string();
        return std::system(command.c_str());
    }
    [[nodiscard]] std::string complaint() const {
        return util::value_or_throw(util::read_file(folder_.path() / "stderr"));
    }

    util::TempDir folder_;
};

TEST_F(Trim, symbols_of_a_library_are_those_it_defines) {
    const auto symbols = exported_symbols(k_trim / "libkrepro_left.so");
    ASSERT_TRUE(symbols.has_value());
    EXPECT_THAT(*symbols, Contains("left_answer"));
    EXPECT_THAT(*symbols, Not(Contains("kept_answer")));
}

TEST_F(Trim, a_program_runs_without_the_library_it_was_freed_from) {
    EXPECT_NE(run(program()), 0);
    EXPECT_THAT(complaint(), testing::HasSubstr("libkrepro_left.so"));
    const int status = run(trimmed());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42) << status << complaint();
    EXPECT_EQ(complaint(), "");
}

TEST_F(Trim, a_call_into_a_library_that_is_left_out_ends_the_process) {
    const int status = run(trimmed(), "x");
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) << status;
}

TEST_F(Trim, nothing_but_the_lists_of_the_loader_changes) {
    const auto before = program();
    const auto after = trimmed();
    ASSERT_EQ(before.size(), after.size());
    std::size_t changed = 0;
    for (std::size_t i = 0; i < before.size(); ++i) changed += before[i] != after[i];
    EXPECT_GT(changed, 0U);
    EXPECT_LT(changed, 400U);
    const auto same = without_libraries(before, {}, {});
    ASSERT_TRUE(same.has_value());
    EXPECT_EQ(*same, before);
}

TEST_F(Trim, damaged_programs_are_refused_or_copied_and_never_crash) {
    const auto whole = program();
    EXPECT_FALSE(without_libraries("", {"libm.so.6"}, {}).has_value());
    EXPECT_FALSE(without_libraries("#!/bin/sh\n", {}, {}).has_value());
    for (std::size_t kept = 0; kept < whole.size(); kept += 61)
        EXPECT_FALSE(without_libraries(whole.substr(0, kept), {"libm.so.6"}, {}).has_value());
    for (std::size_t at = 0; at < whole.size(); at += 7) {
        auto wrong = whole;
        wrong[at] = static_cast<char>(~wrong[at]);
        static_cast<void>(without_libraries(wrong, {"libkrepro_left.so"}, {"left_answer"}));
    }
}

std::set<std::string> left_out(const std::string& script) {
    const auto parts = find_parts(KREPRO_INIT);
    EXPECT_TRUE(parts.has_value()) << parts.error().to_string();
    const auto lean = read_lean_program(parts->programs.at(0), script);
    EXPECT_TRUE(lean.has_value()) << lean.error().to_string();
    return lean->left_out;
}

TEST(StressorLibraries, stress_ng_does_without_those_that_the_script_cannot_use) {
    EXPECT_THAT(left_out("stress-ng --mmapfork 4 -t 3"),
                IsSupersetOf({"libEGL.so.1", "libgbm.so.1", "libkmod.so.2"}));
    const auto with_jpeg = left_out("stress-ng --jpeg 1 -t 3");
    EXPECT_THAT(with_jpeg, Not(Contains(testing::StartsWith("libjpeg"))));
    EXPECT_THAT(with_jpeg, Contains("libEGL.so.1"));
    for (const char* script :
         {"stress-ng --all 1", "stress-ng -a 1", "stress-ng --seq 1", "stress-ng --class vm"})
        EXPECT_THAT(left_out(script), testing::IsEmpty()) << script;
}

TEST(StressorLibraries, a_lean_image_holds_no_graphics_and_is_small) {
    const auto parts = util::value_or_throw(find_parts(KREPRO_INIT));
    model::Workload workload;
    workload.script = "stress-ng --mmapfork 4 -t 3";
    const auto bytes = util::value_or_throw(make_initramfs(parts, workload, {}));
    EXPECT_NE(bytes.find("-linux-gnu/libm.so.6"), std::string::npos);
    EXPECT_EQ(bytes.find("-linux-gnu/libEGL.so.1"), std::string::npos);
    EXPECT_LT(bytes.size(), 18U << 20U);
}

}  // namespace
}  // namespace krepro::image
