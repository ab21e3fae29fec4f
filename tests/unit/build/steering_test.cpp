// SPDX-License-Identifier: Apache-2.0
#include "build/steering.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "util/files.hpp"

namespace krepro::build {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;

ChangedFile changed(const std::string& path) {
    return {path, "", true, true};
}

TEST(Steering, what_runs_in_a_build_steers_it) {
    const std::set<std::string> programs{"lib/gen_crc32table.c", "include/linux/crc32poly.h"};
    for (const auto* path :
         {"Makefile", "kernel/Makefile", "net/Kconfig", "init/Kconfig.debug", "lib/Kbuild",
          "scripts/mod/modpost.c", "tools/objtool/check.c", "scripts/x.h", "arch/x86/tables.mk",
          "crypto/aes.pl", "lib/build.py", "kernel/gen_kheaders.sh", "lib/new.awk",
          "arch/x86/lib/x86-opcode-map.txt", "lib/gen_crc32table.c", "include/linux/crc32poly.h",
          "kernel/$(shell id).h", "kernel/a b.c", ".config"})
        EXPECT_EQ(first_that_steers({changed("kernel/fork.c"), changed(path)}, programs), path);
}

TEST(Steering, code_of_the_kernel_and_prose_do_not) {
    const std::set<std::string> programs{"lib/gen_crc32table.c", "include/linux/crc32poly.h"};
    for (const auto* path : {"kernel/fork.c", "include/linux/sched/task.h", "arch/x86/entry/a.S",
                             "Documentation/a.rst", "MAINTAINERS", "arch/x86/kernel/vmlinux.lds.S"})
        EXPECT_EQ(first_that_steers({changed(path)}, programs), "") << path;
}

TEST(Steering, a_header_that_is_new_beside_those_of_a_program_may_take_the_place_of_one) {
    const std::set<std::string> programs{"lib/gen_crc32table.c"};
    const ChangedFile beside{"lib/stdio.h", "", false, true};
    const ChangedFile elsewhere{"kernel/stdio.h", "", false, true};
    EXPECT_EQ(first_that_steers({beside}, programs), "lib/stdio.h");
    EXPECT_EQ(first_that_steers({elsewhere}, programs), "");
}

TEST(Steering, the_files_of_programs_are_those_that_no_kernel_flags_went_with) {
    const auto folder =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "steering"));
    const auto write = [&](const char* name, const std::string& text) {
        fs::create_directories((folder.path() / name).parent_path());
        util::value_or_throw(util::write_file_atomic(folder.path() / name, text));
    };
    write("lib/.gen.cmd",
          "cmd_lib/gen := gcc -O2 -o lib/gen /s/lib/gen.c   \n\nsource_lib/gen := /s/lib/gen.c\n\n"
          "deps_lib/gen := \\\n  /s/lib/../include/linux/poly.h \\\n  /usr/include/stdio.h \\\n");
    write("kernel/.fork.o.cmd",
          "cmd_kernel/fork.o := gcc -nostdinc -O2 -c -o kernel/fork.o /s/kernel/fork.c \n\n"
          "source_kernel/fork.o := /s/kernel/fork.c\n");
    EXPECT_THAT(files_of_programs(folder.path(), "/s"),
                UnorderedElementsAre("lib/gen.c", "include/linux/poly.h"));
}

}  // namespace
}  // namespace krepro::build
