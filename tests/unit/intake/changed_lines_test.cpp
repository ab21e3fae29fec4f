// SPDX-License-Identifier: Apache-2.0
#include "intake/changed_lines.hpp"

#include <gtest/gtest.h>

namespace krepro::intake {
namespace {

constexpr const char* k_diff =
    "diff --git a/include/linux/sched/task.h b/include/linux/sched/task.h\n"
    "index dd35ce2..6b687c1 100644\n"
    "--- a/include/linux/sched/task.h\n"
    "+++ b/include/linux/sched/task.h\n"
    "@@ -114,0 +115 @@ extern void x(void);\n"
    "+extern void cb(void);\n"
    "@@ -118,2 +119,3 @@ static inline void put_task_struct(struct task_struct *t)\n"
    "-\tif (refcount_dec_and_test(&t->usage))\n"
    "--- a/not/a/file\n"
    "+\tif (!refcount_dec_and_test(&t->usage))\n"
    "+\t\treturn;\n"
    "+++ b/not/a/file/either\n"
    "diff --git a/gone.c b/gone.c\n"
    "deleted file mode 100644\n"
    "--- a/gone.c\n"
    "+++ /dev/null\n"
    "@@ -1,2 +0,0 @@\n"
    "-int a;\n"
    "-int b;\n"
    "\\ No newline at end of file\n"
    "diff --git a/with blank.c b/with blank.c\n"
    "--- a/with blank.c\t\n"
    "+++ b/with blank.c\t\n"
    "@@ -7 +7,0 @@\n"
    "-gone\n";

TEST(ChangedLines, each_side_has_its_own_numbers) {
    using Ranges = std::vector<LineRange>;
    const auto before = changed_lines(k_diff, DiffSide::before);
    const auto after = changed_lines(k_diff, DiffSide::after);
    EXPECT_EQ(before.at("include/linux/sched/task.h"), (Ranges{{115, 114}, {118, 119}}));
    EXPECT_EQ(after.at("include/linux/sched/task.h"), (Ranges{{115, 115}, {119, 121}}));
    EXPECT_EQ(before.at("gone.c"), (Ranges{{1, 2}}));
    EXPECT_FALSE(after.contains("gone.c"));
    EXPECT_EQ(before.at("with blank.c"), (Ranges{{7, 7}}));
    EXPECT_EQ(after.at("with blank.c"), (Ranges{{8, 7}}));
    EXPECT_EQ(before.size(), 3U);
}

TEST(ChangedLines, a_function_is_touched_by_what_changes_within_it) {
    struct Row {
        LineRange range;
        bool touches;  // the function on lines 10 to 20
    };
    for (const auto& row :
         {Row{{5, 9}, false}, Row{{5, 10}, true}, Row{{12, 13}, true}, Row{{20, 30}, true},
          Row{{21, 22}, false},
          // put in above the function, below its first line, below its last
          Row{{10, 9}, false}, Row{{11, 10}, true}, Row{{20, 19}, true}, Row{{21, 20}, false}})
        EXPECT_EQ(row.range.touches(10, 20), row.touches)
            << row.range.first << "-" << row.range.last;
}

TEST(ChangedLines, text_that_is_no_diff_changes_nothing) {
    for (const auto* text : {"", "@@ -1 +1 @@\n-a\n+b\n", "--- a/x\n", "@@ -1,99999999 +1 @@"})
        EXPECT_TRUE(changed_lines(text, DiffSide::before).empty()) << text;
}

}  // namespace
}  // namespace krepro::intake
