// SPDX-License-Identifier: Apache-2.0
// What the symbolizer does without a compiler.
#include <gtest/gtest.h>

#include "build/source_text.hpp"
#include "build/unit_command.hpp"

namespace krepro::build {
namespace {

constexpr const char* k_cmd =
    "cmd_kernel/fork.o := gcc -Wp,-MMD,kernel/.fork.o.d -I./include "
    "-DKBUILD_MODFILE='\"kernel/fork\"' -DX='a$$b$(pound)c' -c -o kernel/fork.o "
    "/src/kernel/fork.c   ; ./tools/objtool/objtool --uaccess   kernel/fork.o \n"
    "\n"
    "source_kernel/fork.o := /src/kernel/fork.c\n";

TEST(UnitCommand, it_compiles_the_unit_with_lines_to_another_place) {
    const auto command = debug_command(k_cmd, "kernel/fork.o", "/side");
    ASSERT_TRUE(command) << command.error().to_string();
    EXPECT_EQ(*command,
              "gcc -Wp,-MMD,/side/kernel/fork.part.d -I./include "
              "-DKBUILD_MODFILE='\"kernel/fork\"' -DX='a$$b$(pound)c' -g1 -c -o "
              "/side/kernel/fork.part.o /src/kernel/fork.c   ; ./tools/objtool/objtool "
              "--uaccess   /side/kernel/fork.part.o");
}

TEST(UnitCommand, the_name_that_kbuild_uses_since_6_3_is_known_too) {
    const auto command = debug_command(std::string("saved") + k_cmd, "kernel/fork.o", "/side");
    EXPECT_TRUE(command) << command.error().to_string();
}

TEST(UnitCommand, what_no_compiler_made_is_refused) {
    for (const auto* text : {"", "cmd_kernel/fork.o := ld -r -o kernel/fork.o a.o b.o\n",
                             "cmd_kernel/exit.o := gcc -c -o kernel/exit.o x.c\n",
                             "rm -rf / ; cmd_kernel/fork.o := gcc -c -o kernel/fork.o x.c\n"})
        EXPECT_FALSE(debug_command(text, "kernel/fork.o", "/side")) << text;
}

TEST(UnitCommand, kbuild_keeps_it_beside_the_object) {
    EXPECT_EQ(command_file("kernel/sched/core.o"), "kernel/sched/.core.o.cmd");
    EXPECT_EQ(command_file("x.o"), ".x.o.cmd");
}

TEST(UnitCommand, a_unit_is_in_place_only_when_all_of_its_command_has_run) {
    const auto text = debug_makefile({"a.o", "b/c.o"}, {"cc a", "cc c"}, "/side");
    EXPECT_NE(text.find("all: /side/a.o\n/side/a.o:\n\t@set -e; cc a; mv /side/a.part.o $@\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("\t@set -e; cc c; mv /side/b/c.part.o $@\n"), std::string::npos) << text;
}

constexpr const char* k_source =
    "int a;\n"
    "static inline int one(void) { return 1; }\n"
    "\n"
    "static int\n"
    "two(int x)\n"
    "{\n"
    "\tif (x) {\n"
    "\t\treturn 1;\n"
    "\t}\n"
    "\treturn 2;\n"
    "}\n"
    "EXPORT_SYMBOL(two);";

TEST(SourceText, an_excerpt_has_two_lines_on_either_side) {
    const auto middle = excerpt(k_source, 7);
    ASSERT_TRUE(middle);
    EXPECT_EQ(middle->first_line, 5);
    ASSERT_EQ(middle->lines.size(), 5U);
    EXPECT_EQ(middle->lines[2], "\tif (x) {");
}

TEST(SourceText, an_excerpt_is_shorter_at_the_ends_of_the_file_and_none_beyond) {
    EXPECT_EQ(excerpt(k_source, 1)->lines.size(), 3U);
    EXPECT_EQ(excerpt(k_source, 12)->lines.size(), 3U);
    EXPECT_EQ(excerpt(k_source, 12)->lines.back(), "EXPORT_SYMBOL(two);");
    for (const int line : {-1, 0, 13, 1 << 30}) EXPECT_FALSE(excerpt(k_source, line)) << line;
    EXPECT_FALSE(excerpt("", 1));
}

TEST(SourceText, a_function_ends_with_its_brace_at_the_start_of_a_line) {
    EXPECT_EQ(function_end(k_source, 5), 11);
    EXPECT_EQ(function_end(k_source, 2), 2);
    EXPECT_EQ(function_end(k_source, 12), 12);
    EXPECT_EQ(function_end("", 3), 3);
}

}  // namespace
}  // namespace krepro::build
