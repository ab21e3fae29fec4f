// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "intake/intake.hpp"

namespace krepro::intake {
namespace {

TEST(Script, an_endless_loop_at_its_end_is_taken_apart_into_iterations) {
    struct Case {
        const char* script;
        const char* command;
    };
    for (const auto& c :
         {Case{"while true; do stress-ng --fork 2 -t 2; done\n", "stress-ng --fork 2 -t 2"},
          Case{"while :\ndo\n    ./a\n    ./b --x \\\n        1\ndone\n", "./a\n./b --x 1"},
          Case{"#!/bin/sh\nset -e\nmodprobe foo\nwhile true; do\n\t./a\ndone\n# the end\n\n",
               "#!/bin/sh\nset -e\nmodprobe foo\n./a"},
          Case{"for i in 1 2; do ./prepare $i; done\nwhile [ 1 ]; do ./a; done",
               "for i in 1 2; do ./prepare $i; done\n./a"},
          Case{"while true; do\n  for i in 1 2; do ./a $i; done\ndone\n",
               "for i in 1 2; do ./a $i; done"},
          Case{"until false; do ./done-or-not; done", "./done-or-not"}}) {
        const auto found = reproducer_of(c.script);
        EXPECT_TRUE(found.looped) << c.script;
        EXPECT_EQ(found.command, c.command);
        EXPECT_EQ(found.script, c.script);
    }
}

TEST(Script, whatever_else_is_one_iteration_as_a_whole) {
    for (const std::string script :
         {"./a\n./b\n", "for i in 1 2 3; do ./a; done\n",
          "while true; do ./a; done &\nsleep 5\nkill $!\n", "while true; do ./a; done | tee log\n",
          "while true; do ./a || break; done\n", "while true; do ./a && continue; ./b; done\n",
          "while true; do ./a\n", "# while true; do ./a; done\n",
          "for i in 1 2; do\n  while true; do ./a; done\ndone\n", "while true; do done\n", ""}) {
        const auto found = reproducer_of(script);
        EXPECT_FALSE(found.looped) << script;
        EXPECT_EQ(found.command, script);
    }
}

}  // namespace
}  // namespace krepro::intake
