// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/log_message.hpp"
#include "intake/mime.hpp"
#include "mail_text.hpp"

namespace krepro::intake {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StripSubject, leaves_the_title) {
    const std::pair<const char*, const char*> table[] = {
        {"[PATCH v2 3/7] sched: x", "sched: x"}, {"Re: [PATCH RT] [RFC] sched: x", "sched: x"},
        {"sched: [x] y", "sched: [x] y"},        {"  sched: x ", "sched: x"},
        {"[never closed", "[never closed"},      {"", ""},
    };
    for (const auto& [subject, title] : table) EXPECT_EQ(strip_subject(subject), title);
}

TEST(DecodeWords, follows_rfc_2047_and_leaves_the_rest) {
    const std::pair<const char*, const char*> table[] = {
        {"plain", "plain"},
        {"=?utf-8?q?a_b?= c", "a b c"},
        {"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
        {"=?utf-8?b?w7w=?=", "ü"},
        {"=?windows-1252?q?=80?=", "€"},
        {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
        {"=?utf-8?q?never closed", "=?utf-8?q?never closed"},
        {"a = b ? c", "a = b ? c"},
        {"=?", "=?"},
    };
    for (const auto& [text, decoded] : table) EXPECT_EQ(decode_words(text), decoded);
}

TEST(LogMessage, a_colon_in_prose_makes_no_trailer) {
    const auto mail = read_ok(
        "sched: x\n\nOne practical example: this.\n\nNote: it hurts.\n\nCc: a@example.org\n\n"
        "Signed-off-by: A <a@example.org>\n\n" +
        k_diff);
    EXPECT_EQ(mail.trailers.size(), 2U);
    EXPECT_THAT(mail.message, HasSubstr("Note: it hurts."));
}

TEST(LogMessage, lines_with_colons_are_no_header_without_a_field_of_a_mail) {
    const auto mail = read_ok("sched: x\nDate: tomorrow\n\nbody\n\n" + k_diff);
    EXPECT_EQ(mail.title, "sched: x");
    EXPECT_EQ(mail.message, "Date: tomorrow\n\nbody\n");
}

TEST(Splat, a_full_lockdep_report_with_times_is_one_block) {
    const std::string splat =
        "[   45.1] =============================\n"
        "[   45.1] [ BUG: Invalid wait context ]\n"
        "[   45.1] 6.1.8-rt5 #1 Not tainted\n"
        "[   45.1] -----------------------------\n"
        "[   45.1] stress-ng/97 is trying to lock:\n"
        "[   45.1] ffff88800 (&x){+.+.}-{3:3}, at: refill_obj_stock+0x3d/0x3a0\n"
        "[   45.1] other info that might help us debug this:\n"
        "[   45.1] context-{2:2}\n"
        "[   45.1] no locks held by stress-ng/97.\n"
        "[   45.1] stack backtrace:\n"
        "[   45.1] CPU: 1 PID: 97 Comm: stress-ng Not tainted 6.1.8-rt5 #1\n"
        "[   45.1] Call Trace:\n"
        "[   45.1]  <IRQ>\n"
        "[   45.1]  rt_spin_lock+0x27/0xe0\n"
        "[   45.1]  </IRQ>\n";
    const auto mail = read_ok("x\n\nWe see this:\n" + splat + "\nand that is bad.\n\n" + k_diff);
    EXPECT_EQ(mail.splat, splat);
}

TEST(Splat, prose_at_the_margin_ends_an_indented_one) {
    const auto mail = read_ok(
        "x\n\nThe function foo+0x1/0x2 is in:\n\n  some headline\n  Call Trace:\n   a+0x1/0x2\n"
        "   b+0x3/0x4\n\nInstead\nof this\n\n" +
        k_diff);
    EXPECT_EQ(mail.splat, "some headline\nCall Trace:\n a+0x1/0x2\n b+0x3/0x4\n");
}

struct Script {
    const char* name;
    std::string log;
    std::string command;  // empty: none is found
    bool looped = false;
};

std::ostream& operator<<(std::ostream& out, const Script& row) {
    return out << row.name;
}

class FoundScript : public testing::TestWithParam<Script> {};

TEST_P(FoundScript, is_what_a_person_would_run) {
    const auto mail = read_ok("x\n\nReproduce with:\n\n" + GetParam().log + "\n\n" + k_diff);
    ASSERT_EQ(mail.reproducer.has_value(), !GetParam().command.empty());
    if (!mail.reproducer) return;
    EXPECT_EQ(mail.reproducer->command, GetParam().command);
    EXPECT_EQ(mail.reproducer->looped, GetParam().looped);
}

const Script k_scripts[] = {
    {"one_line_loop", "while true; do stress-ng --cpu 1; done", "stress-ng --cpu 1", true},
    {"loop_with_do_below", "  while :\n  do\n    a\n    b \\\n      c\n  done", "a\nb c", true},
    {"nested_loop", "  while true; do\n    for i in 1 2; do x; done\n  done",
     "for i in 1 2; do x; done", true},
    {"word_with_do_in_it", "  while true; do\n    ./doit --done-file x\n  done",
     "./doit --done-file x", true},
    {"stress_ng_alone", "  stress-ng --cpu 1 \\\n    -t 20", "stress-ng --cpu 1 -t 20"},
    {"program_by_path", "  ./repro 23", "./repro 23"},
    {"prompts", "  # modprobe x\n  # stress-ng --cpu 1", "modprobe x\nstress-ng --cpu 1"},
    {"user_prompt", "  $ anything goes", "anything goes"},
    {"shebang", "  #!/bin/sh\n  a=1\n\n  echo $a\nend", "#!/bin/sh\na=1\necho $a"},
    {"prose", "just run it for a while true story; do it, and we are done", ""},
    {"endless_without_end", "  while true; do\n   a", ""},
    {"indented_prose", "  for the record, this is slow\n  perf shows it", ""},
};

INSTANTIATE_TEST_SUITE_P(Table, FoundScript, testing::ValuesIn(k_scripts),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace krepro::intake
