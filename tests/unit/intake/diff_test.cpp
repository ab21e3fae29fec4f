// SPDX-License-Identifier: Apache-2.0
#include "intake/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/c_names.hpp"
#include "intake/patch_path.hpp"
#include "mail_text.hpp"

namespace krepro::intake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Mended {
    const char* name;
    std::string hunk;  // as the mail has it
    std::string text;  // as krepro writes it
    std::string note;  // empty: none
};

std::ostream& operator<<(std::ostream& out, const Mended& row) {
    return out << row.name;
}

class MendedHunk : public testing::TestWithParam<Mended> {};

TEST_P(MendedHunk, is_written_so_that_git_reads_it) {
    const auto mail = read_ok(diff_with_hunk(GetParam().hunk));
    EXPECT_EQ(mail.patch, diff_with_hunk(GetParam().text));
    std::string notes;
    for (const auto& note : mail.notes)
        if (note.starts_with("hunk")) notes += note;
    EXPECT_EQ(notes, GetParam().note);
}

const Mended k_mended[] = {
    {"whole", "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n", "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n", ""},
    {"without_counts", "@@ -1 +1 @@ f(\n-b\n+c\n", "@@ -1,1 +1,1 @@ f(\n-b\n+c\n", ""},
    {"context_cut_off", "@@ -1,4 +1,4 @@\n a\n-b\n+c\n d", "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n",
     "hunk 1 of kernel/fork.c lacked 1 of its context lines"},
    {"space_of_empty_context_stripped", "@@ -1,3 +1,3 @@\n\n-b\n+c\n\n",
     "@@ -1,3 +1,3 @@\n \n-b\n+c\n \n", ""},
    {"too_small_counts", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n+d\n", "@@ -1,2 +1,3 @@\n a\n-b\n+c\n+d\n",
     "hunk 1 of kernel/fork.c had wrong line counts in its header"},
    {"too_big_counts_before_another_hunk", "@@ -1,2 +1,9 @@\n a\n-b\n+c\n@@ -9 +9 @@\n-x\n+y\n",
     "@@ -1,2 +1,2 @@\n a\n-b\n+c\n@@ -9,1 +9,1 @@\n-x\n+y\n",
     "hunk 1 of kernel/fork.c had wrong line counts in its header"},
    {"no_newline_at_end_of_file",
     "@@ -1 +1 @@\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n",
     "@@ -1,1 +1,1 @@\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n", ""},
    {"removed_line_that_looks_like_a_signature", "@@ -1,2 +1 @@\n-- \n-b\n+c\n",
     "@@ -1,2 +1,1 @@\n-- \n-b\n+c\n", ""},
    {"signature", "@@ -1 +1 @@\n-b\n+c\n-- \n2.39.5\n", "@@ -1,1 +1,1 @@\n-b\n+c\n", ""},
    {"removed_line_that_looks_like_a_file", "@@ -1,2 +1 @@\n--- x\n+++ y\n-z\n",
     "@@ -1,2 +1,1 @@\n--- x\n+++ y\n-z\n", ""},
    {"pgp_signature", "@@ -1 +1 @@\n-b\n+c\n-----BEGIN PGP SIGNATURE-----\nx\n",
     "@@ -1,1 +1,1 @@\n-b\n+c\n", ""},
};

INSTANTIATE_TEST_SUITE_P(Table, MendedHunk, testing::ValuesIn(k_mended),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ReadDiff, created_deleted_renamed_and_mode_changed_files) {
    const auto mail = read_ok(
        "diff --git a/kernel/a.c b/kernel/a.c\nnew file mode 100644\nindex 0..1\n--- /dev/null\n"
        "+++ b/kernel/a.c\n@@ -0,0 +1 @@\n+a\n"
        "diff --git a/kernel/b.c b/kernel/b.c\ndeleted file mode 100644\nindex 1..0\n"
        "--- a/kernel/b.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n"
        "diff --git a/kernel/c.c b/kernel/d.c\nsimilarity index 100%\nrename from kernel/c.c\n"
        "rename to kernel/d.c\n"
        "diff --git a/scripts/e.sh b/scripts/e.sh\nold mode 100644\nnew mode 100755\n");
    ASSERT_EQ(mail.files.size(), 4U);
    EXPECT_EQ(mail.files[0].old_path, "");
    EXPECT_EQ(mail.files[0].new_path, "kernel/a.c");
    EXPECT_EQ(mail.files[1].old_path, "kernel/b.c");
    EXPECT_EQ(mail.files[1].new_path, "");
    EXPECT_EQ(mail.files[2].old_path, "kernel/c.c");
    EXPECT_EQ(mail.files[2].new_path, "kernel/d.c");
    EXPECT_EQ(mail.files[3].hunks, 0);
    EXPECT_THAT(mail.patch, HasSubstr("old mode 100644\nnew mode 100755\n"));
    EXPECT_THAT(mail.patch, HasSubstr("rename from kernel/c.c\nrename to kernel/d.c\n"));
}

TEST(ReadDiff, a_plain_diff_is_written_as_git_would) {
    const auto mail = read_ok(
        "diff -ruN linux-6.1.orig/kernel/a.c linux-6.1/kernel/a.c\n"
        "--- linux-6.1.orig/kernel/a.c\t2023-06-14 09:00:00.000000000 +0000\n"
        "+++ linux-6.1/kernel/a.c\t2023-06-14 09:00:01.000000000 +0000\n@@ -1 +1 @@\n-a\n+b\n"
        "--- /dev/null\n+++ kernel/new.c\n@@ -0,0 +1 @@\n+x\n");
    EXPECT_EQ(mail.patch,
              "diff --git a/kernel/a.c b/kernel/a.c\n--- a/kernel/a.c\n+++ b/kernel/a.c\n"
              "@@ -1,1 +1,1 @@\n-a\n+b\n"
              "diff --git a/kernel/new.c b/kernel/new.c\nnew file mode 100644\n--- /dev/null\n"
              "+++ b/kernel/new.c\n@@ -0,0 +1,1 @@\n+x\n");
}

TEST(ReadDiff, what_is_written_reads_as_itself_whatever_spaces_names_have) {
    const std::pair<const char*, const char*> table[] = {
        {"kernel/a b.c", "kernel/a b.c"}, {"kernel/a.c", " kernel/a.c"},
        {"kernel/a.c", "kernel/a b.c"},   {"kernel/a b/c d.c", "k e/x.c"},
        {"kernel/a", " kernel/b c"},
    };
    for (const auto& [from, to] : table) {
        const std::string old_path = from, new_path = to;
        const auto mail =
            read_ok("--- a/" + old_path + "\t\n+++ b/" + new_path + "\t\n@@ -1 +1 @@\n-a\n+b\n");
        EXPECT_EQ(mail.files[0].old_path, old_path);
        EXPECT_EQ(mail.files[0].new_path, new_path);
        const auto again = read_ok(mail.patch);
        EXPECT_EQ(again.patch, mail.patch);
        EXPECT_EQ(again.files, mail.files);
    }
}

TEST(PatchPath, takes_prefixes_quotes_and_time_stamps_off) {
    const std::pair<const char*, const char*> table[] = {
        {"a/kernel/fork.c", "kernel/fork.c"},
        {"b/Makefile", "Makefile"},
        {"kernel/fork.c", "kernel/fork.c"},
        {"Makefile", "Makefile"},
        {"linux-6.1/kernel/fork.c", "kernel/fork.c"},
        {"a/kernel/fork.c\t2023-06-14", "kernel/fork.c"},
        {"\"a/kernel/\\303\\274.c\"", "kernel/ü.c"},
        {"a/kernel/with space.c\t", "kernel/with space.c"},
        {"/dev/null", ""},
    };
    for (const auto& [field, path] : table) EXPECT_EQ(read_patch_path(field).value(), path);
}

TEST(DefinedName, reads_what_a_line_at_the_margin_defines) {
    const std::pair<const char*, const char*> table[] = {
        {"static inline struct task_struct *get_task_struct(struct task_struct *t)",
         "get_task_struct"},
        {"void __init __weak arch_task_cache_init(void) { }", "arch_task_cache_init"},
        {"extern void f(int);", "f"},
        {"#define FOO(x) (x)", "FOO"},
        {"# define BAR 1", "BAR"},
        {"struct foo {", "foo"},
        {"struct foo *f(void)", "f"},
        {"enum x {", "x"},
        {"SYSCALL_DEFINE3(open, const char __user *, name)", "open"},
        {"__attribute__((noinline)) int g(void)", "g"},
        {"EXPORT_SYMBOL_GPL(f);", ""},
        {"\tcall(x);", ""},
        {"out:", ""},
        {"#include <x.h>", ""},
        {"", ""},
    };
    for (const auto& [line, name] : table) EXPECT_EQ(defined_name(line), name) << line;
}

TEST(ReadDiff, lines_below_a_definition_belong_to_it) {
    const auto mail = read_ok(diff_with_hunk(
        "@@ -1,7 +1,7 @@ int above(void)\n }\n \n int here(void)\n {\n-\ta();\n+\tb();\n }\n \n"));
    EXPECT_THAT(mail.files[0].functions, ElementsAre("above", "here"));
}

}  // namespace
}  // namespace krepro::intake
