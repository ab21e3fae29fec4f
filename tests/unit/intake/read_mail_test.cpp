// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "intake/decode.hpp"
#include "mail_text.hpp"
#include "util/hash.hpp"

namespace krepro::intake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(ReadMail, understands_the_seed_as_it_is) {
    const auto mail = read_ok(seed_mail());
    EXPECT_EQ(mail.title, "kernel/fork: beware of __put_task_struct() calling context");
    EXPECT_EQ(mail.author, "");
    ASSERT_EQ(mail.trailers.size(), 7U);
    EXPECT_EQ(mail.trailers[0], (model::Trailer{"Reported-by", "Hu Chunyu <chuhu@redhat.com>"}));
    EXPECT_EQ(mail.trailers[6].key, "Link");
    EXPECT_TRUE(mail.message.starts_with("Under PREEMPT_RT, __put_task_struct() indirectly"));
    EXPECT_TRUE(mail.message.ends_with("  done\n")) << mail.message;
    EXPECT_THAT(mail.notes, ElementsAre("the last line had no line end"));
}

TEST(ReadMail, finds_the_files_and_functions_of_the_seed) {
    const auto mail = read_ok(seed_mail());
    ASSERT_EQ(mail.files.size(), 2U);
    EXPECT_EQ(
        mail.files[0],
        (model::PatchFile{"include/linux/sched/task.h",
                          "include/linux/sched/task.h",
                          1,
                          27,
                          1,
                          {"get_task_struct", "__put_task_struct_rcu_cb", "put_task_struct"}}));
    EXPECT_EQ(mail.files[1].new_path, "kernel/fork.c");
    EXPECT_EQ(mail.files[1].added, 8);
    EXPECT_THAT(mail.files[1].functions,
                ElementsAre("__put_task_struct", "__put_task_struct_rcu_cb"));
}

TEST(ReadMail, finds_the_trace_of_the_seed) {
    const auto mail = read_ok(seed_mail());
    EXPECT_TRUE(mail.splat.starts_with("CPU: 1 PID: 2848 Comm: life Kdump: loaded Tainted: G W"));
    EXPECT_TRUE(mail.splat.ends_with(" RIP: 0033:0x7fff196bf6f5\n"));
    EXPECT_THAT(mail.splat, HasSubstr("\n refill_obj_stock+0x3d/0x3a0\n"));
    EXPECT_EQ(std::count(mail.splat.begin(), mail.splat.end(), '\n'), 20);
}

TEST(ReadMail, finds_the_reproducer_of_the_seed) {
    const auto mail = read_ok(seed_mail());
    ASSERT_TRUE(mail.reproducer);
    EXPECT_TRUE(mail.reproducer->looped);
    EXPECT_EQ(mail.reproducer->command,
              "stress-ng --sched deadline --sched-period 1000000000 --sched-runtime 800000000 "
              "--sched-deadline 1000000000 --mmapfork 23 -t 20");
    EXPECT_TRUE(mail.reproducer->script.starts_with("while true; do\n    stress-ng --sched"));
    EXPECT_TRUE(mail.reproducer->script.ends_with("\ndone\n"));
}

TEST(ReadMail, the_shipped_regression_is_read_too) {
    const auto text =
        util::read_file(KREPRO_SOURCE_DIR "/patches/regression-put-task-struct/mail.txt");
    ASSERT_TRUE(text);
    const auto mail = read_ok(*text);
    EXPECT_EQ(mail.title, "sched/task: free the last reference to a task where it is dropped");
    EXPECT_EQ(mail.splat, "");
    EXPECT_THAT(mail.notes, testing::IsEmpty());
    ASSERT_TRUE(mail.reproducer);
    EXPECT_THAT(mail.reproducer->command, HasSubstr("--mmapfork 23 -t 20"));
    ASSERT_EQ(mail.files.size(), 1U);
    EXPECT_THAT(mail.files[0].functions, testing::Contains("put_task_struct"));
}

TEST(ReadMail, format_patch_with_folded_and_encoded_headers) {
    const auto mail = read_ok(
        "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n"
        "From: =?UTF-8?q?G=C3=BCnther=20M=C3=BCller?= <g@example.org>\n"
        "Date: Wed, 14 Jun 2023 09:23:22 -0300\n"
        "Message-Id: <20230614-fork-1@example.org>\n"
        "Subject: [PATCH RT v2 3/7] kernel/fork: free\n later =?utf-8?b?w6TDtg==?=\n"
        "  =?iso-8859-1?q?_=FC?=\n"
        "MIME-Version: 1.0\n"
        "\n"
        "It must not sleep.\n"
        "\n"
        "Fixes: 0123456789ab (\"fork: sleep\")\n"
        "Signed-off-by: G <g@example.org>\n"
        " [g: reworded]\n"
        "---\n"
        "v2: nothing\n"
        " kernel/fork.c | 3 ++-\n"
        " 1 file changed, 2 insertions(+), 1 deletion(-)\n"
        "\n" +
        k_diff + "-- \n2.39.5\n\n");
    EXPECT_EQ(mail.title, "kernel/fork: free later äö ü");
    EXPECT_EQ(mail.author, "Günther Müller <g@example.org>");
    EXPECT_EQ(mail.message_id, "20230614-fork-1@example.org");
    EXPECT_EQ(mail.message, "It must not sleep.\n");
    ASSERT_EQ(mail.trailers.size(), 2U);
    EXPECT_EQ(mail.trailers[0].value, "0123456789ab (\"fork: sleep\")");
    EXPECT_EQ(mail.patch, k_diff);
    EXPECT_THAT(mail.notes, testing::IsEmpty());
}

TEST(ReadMail, quoted_printable_with_long_lines) {
    const auto mail = read_ok(
        "From: a@example.org\nSubject: [PATCH] x\n"
        "Content-Type: text/plain; charset=\"utf-8\"\n"
        "Content-Transfer-Encoding: quoted-printable\n\n"
        "Gr=C3=BC=C3=9Fe\n---\n"
        "--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -1,2 +1,2 @@\n=20x =3D 1;\n-=\na\n+b "
        "=3D=\n=3D 2;\n");
    EXPECT_EQ(mail.message, "Grüße\n");
    EXPECT_THAT(mail.patch, HasSubstr("@@ -1,2 +1,2 @@\n x = 1;\n-a\n+b == 2;\n"));
}

TEST(ReadMail, multipart_with_the_patch_in_a_base64_attachment) {
    const auto mail = read_ok(
        "From: a@example.org\r\nSubject: fix\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed;\r\n boundary=\"=-abc\"\r\n\r\n"
        "preamble\r\n--=-abc\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n"
        "--inner\r\nContent-Type: text/plain\r\n\r\nsee below\r\n"
        "--inner\r\nContent-Type: text/html\r\n\r\n<p>see below</p>\r\n--inner--\r\n"
        "--=-abc\r\nContent-Type: text/x-patch; name=\"a.patch\"\r\n"
        "Content-Disposition: attachment; filename=a.patch\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
        "LS0tIGEva2VybmVsL2ZvcmsuYworKysgYi9rZXJuZWwvZm9yay5jCkBAIC0xICsx\r\n"
        "IEBACi1hCitiCg==\r\n--=-abc--\r\nepilogue\r\n");
    EXPECT_EQ(mail.title, "fix");
    EXPECT_EQ(mail.message, "see below\n");
    EXPECT_THAT(mail.patch,
                HasSubstr("--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@ -1,1 +1,1 @@\n-a\n+b\n"));
    EXPECT_THAT(mail.notes, testing::Contains("the patch was an attachment"));
}

TEST(ReadMail, crlf_line_ends_are_undone) {
    std::string crlf;
    for (const char c : "Subject: x\n\nwhy\n---\n" + k_diff)
        crlf += c == '\n' ? "\r\n" : std::string(1, c);
    const auto mail = read_ok(crlf);
    EXPECT_EQ(mail.patch, k_diff);
    EXPECT_EQ(mail.message, "why\n");
}

TEST(ReadMail, git_show_output) {
    const auto mail = read_ok(
        "commit 0123456789abcdef0123456789abcdef01234567 (HEAD -> main)\n"
        "Author: A B <a@example.org>\nDate:   Wed Jun 14 09:23:22 2023 -0300\n\n"
        "    sched: do it later\n    \n    Because it sleeps:\n    \n"
        "      Call Trace:\n       rt_spin_lock+0x27/0xe0\n    \n"
        "    Signed-off-by: A B <a@example.org>\n\n" +
        k_diff);
    EXPECT_EQ(mail.title, "sched: do it later");
    EXPECT_EQ(mail.author, "A B <a@example.org>");
    EXPECT_EQ(mail.splat, "Call Trace:\n rt_spin_lock+0x27/0xe0\n");
    ASSERT_EQ(mail.trailers.size(), 1U);
    EXPECT_EQ(mail.patch, k_diff);
}

TEST(ReadMail, a_bare_diff_gets_a_title) {
    const auto mail = read_ok(k_diff);
    EXPECT_EQ(mail.title, "change to kernel/fork.c");
    EXPECT_EQ(mail.message, "");
}

TEST(ReadMail, a_series_in_an_mbox_is_one_change) {
    const std::string from = "From 0123456789ab Mon Sep 17 00:00:00 2001\n";
    const auto mail = read_ok(from + "Subject: [PATCH 0/2] a pair\nFrom: a@example.org\n\nwhy\n\n" +
                              from + "Subject: [PATCH 1/2] one\nFrom: a@example.org\n\n---\n" +
                              k_diff + "-- \n2.39.5\n\n" + from +
                              "Subject: [PATCH 2/2] two\nFrom: a@example.org\n\n"
                              ">From here on\nFrom what I see\n---\n" +
                              k_diff);
    EXPECT_EQ(mail.title, "a pair");
    EXPECT_EQ(mail.patch, k_diff + k_diff);
    EXPECT_EQ(mail.files.size(), 2U);
    EXPECT_THAT(mail.notes, testing::Contains("a series of 3 mails, taken as one change"));
}

TEST(ReadMail, an_author_in_the_body_wins) {
    const auto mail = read_ok(
        "From: list@example.org\nSubject: x\n\nFrom: A <a@example.org>\n\nwhy\n---\n" + k_diff);
    EXPECT_EQ(mail.author, "A <a@example.org>");
    EXPECT_EQ(mail.message, "why\n");
}

struct Bad {
    const char* name;
    std::string text;
    std::string what;  // within the message
    util::ErrorKind kind = util::ErrorKind::invalid_input;
};

std::ostream& operator<<(std::ostream& out, const Bad& row) {
    return out << row.name;
}

class BadMail : public testing::TestWithParam<Bad> {};

TEST_P(BadMail, is_refused_with_what_and_where) {
    const auto error = read_error(GetParam().text);
    EXPECT_EQ(error.kind, GetParam().kind);
    EXPECT_THAT(error.what, HasSubstr(GetParam().what));
    EXPECT_NE(error.where, "");
    EXPECT_NE(error.hint, "");
}

std::string file_diff(const std::string& old_path, const std::string& new_path) {
    return "--- " + old_path + "\n+++ " + new_path + "\n@@ -1 +1 @@\n-a\n+b\n";
}

std::string many_files() {
    std::string text;
    for (int i = 0; i < 1001; ++i) {
        const auto name = "kernel/" + std::to_string(i) + ".c";
        text += file_diff("a/" + name, "b/" + name);
    }
    return text;
}

const Bad k_bad[] = {
    {"empty", "", "is empty"},
    {"blank", " \r\n\t\n", "is empty"},
    {"zeros", std::string(1000, '\0'), "zero byte"},
    {"many_zeros", std::string(20 << 20, '\0'), "20971520 bytes", util::ErrorKind::too_large},
    {"no_mail", "hello world\n", "no diff"},
    {"mail_without_diff", "From: a@example.org\nSubject: x\n\nhello\n", "no diff"},
    {"html_only", "From: a@b\nContent-Type: text/html\n\n<p>hi</p>\n", "HTML only"},
    {"no_boundary", "From: a@b\nContent-Type: multipart/mixed\n\nx\n", "without a boundary"},
    {"bad_base64", "From: a@b\nContent-Transfer-Encoding: base64\n\nab!c\n", "base64"},
    {"binary", "diff --git a/x.bin b/x.bin\nindex 0..1 100644\nGIT binary patch\nliteral 3\n",
     "binary"},
    {"binary_differ", "diff --git a/x b/x\nindex 0..1\nBinary files a/x and b/x differ\n",
     "binary"},
    {"escapes", file_diff("a/../../etc/passwd", "b/../../etc/passwd"), "leaves the tree"},
    {"escapes_deep", file_diff("a/kernel/../../x", "b/kernel/fork.c"), "leaves the tree"},
    {"escapes_quoted", file_diff("\"a/\\056\\056/x\"", "b/x"), "leaves the tree"},
    {"absolute", file_diff("/etc/passwd", "/etc/passwd"), "absolute"},
    {"absolute_below_prefix", file_diff("a//etc/passwd", "b//etc/passwd"), "absolute"},
    {"git_folder", file_diff("a/.git/config", "b/.git/config"), ".git"},
    {"git_folder_other_case", file_diff("a/kernel/.GiT/hooks", "b/kernel/.GiT/hooks"), ".git"},
    {"rename_out", "diff --git a/x b/y\nrename from x\nrename to ../y\n", "leaves the tree"},
    {"symlink",
     "diff --git a/x b/x\nnew file mode 120000\nindex 0..1\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 "
     "@@\n+/etc\n",
     "symbolic link"},
    {"symlink_in_index",
     "diff --git a/x b/x\nindex 0..1 120000\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-y\n+/etc\n",
     "symbolic link"},
    {"submodule", "diff --git a/x b/x\nindex 0..1 160000\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-y\n+z\n",
     "submodule"},
    {"merge",
     "diff --cc kernel/fork.c\nindex 1,2..3\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n@@@ -1,1 "
     "-1,1 +1,2 @@@\n",
     "merge"},
    {"cut_in_changes", diff_with_hunk("@@ -1,3 +1,6 @@\n a\n+b\n"), "cut off"},
    {"bad_hunk_header", diff_with_hunk("@@ -1,x +1 @@\n-a\n+b\n"), "hunk header"},
    {"huge_hunk_header", diff_with_hunk("@@ -1,99999999999999999999 +1 @@\n-a\n+b\n"),
     "hunk header"},
    {"only_dev_null", file_diff("/dev/null", "/dev/null"), "does not name its file"},
    {"two_names",
     "diff --git a/kernel/a.c b/kernel/a.c\n--- a/kernel/a.c\n+++ b/ kernel/a.c\n"
     "@@ -1 +1 @@\n-a\n+b\n",
     "names another file above its hunks"},
    {"half_a_mode", "diff --git a/x b/x\nold mode 100644\n", "does not say which file"},
    {"no_mode", "diff --git a/x b/x\nnew file mode 1006\n", "file mode that is none"},
    {"half_a_rename", "diff --git a/kernel/\nrename to kernel/d.c\n", "does not say which file"},
    {"nothing_changed", "diff --git a/x b/x\nindex 0..1 100644\n", "changes nothing"},
    {"many_files", many_files(), "more than 1000 files", util::ErrorKind::too_large},
    {"two_commits",
     k_diff + "\ncommit 0123456789abcdef0123456789abcdef01234567\nAuthor: x\n\n    y\n\n" + k_diff,
     "more than one commit"},
    {"latin1", diff_with_hunk("@@ -1 +1 @@\n-a\n+\xfc\n"), "not UTF-8"},
};

INSTANTIATE_TEST_SUITE_P(Table, BadMail, testing::ValuesIn(k_bad),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ReadMail, hostile_sizes_take_linear_time) {
    const std::clock_t start = std::clock();  // of the processor: a busy machine changes nothing
    std::string equals;
    for (int i = 0; i < 1 << 20; ++i) equals += "=?=?";
    read_error("Subject: " + equals + "\nFrom: x\n\nno\n");
    std::string loops;
    for (int i = 0; i < 200000; ++i) loops += "  while true; do\n";
    EXPECT_FALSE(read_ok(loops + k_diff).reproducer);
    std::string frames;
    for (int i = 0; i < 200000; ++i) frames += " a+0x1/0x2\n\n\n\nnot\n";
    EXPECT_NE(read_ok(frames + k_diff).splat, "");
    std::string hunks = diff_with_hunk("");
    for (int i = 0; i < 100000; ++i)
        hunks += "@@ -1,9 +1,9 @@ int f" + std::to_string(i) + "(\n-a\n+b\n\n";
    EXPECT_LE(read_ok(hunks).notes.size(), 60U);
    read_error(std::string(15 << 20, '>'));
    read_error(std::string(15 << 20, '-'));
    // A few seconds with every sanitizer on; minutes were one of them quadratic.
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30);
}

}  // namespace
}  // namespace krepro::intake
