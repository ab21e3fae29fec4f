// SPDX-License-Identifier: Apache-2.0
#include "report/scanner.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "report/assembler.hpp"
#include "splats.hpp"

namespace krepro::report {
namespace {

std::vector<model::Report> scan_in_chunks(std::string_view console,
                                          const std::function<std::size_t()>& next_size) {
    Scanner scanner;
    std::vector<model::Report> all;
    const auto add = [&all](std::vector<model::Report> more) {
        for (auto& report : more) all.push_back(std::move(report));
    };
    while (!console.empty()) {
        const std::size_t size = std::min(next_size(), console.size());
        add(scanner.feed(console.substr(0, size)));
        console.remove_prefix(size);
    }
    add(scanner.flush());
    return all;
}

std::string busy_console() {
    std::string console = "[    0.000000] Linux version 6.12.0\nprobe: started\n";
    console += splats::k_circular;
    console += std::string(20000, 'x') + "\n[   11.000000] eth0: link up\r\n";
    console += splats::k_inconsistent;
    console += "login: \x1b[31mred\x1b[0m\n";
    console += splats::k_warning;
    console += "[   31.000000] eth0: link down";
    return console;
}

TEST(Scanner, any_chunking_gives_the_same_reports) {
    const std::string console = busy_console();
    const auto whole = scan_in_chunks(console, [&] { return console.size(); });
    ASSERT_EQ(whole.size(), 3U);
    for (const std::size_t size : {1U, 2U, 3U, 7U, 64U, 4096U, 8191U, 8193U})
        EXPECT_EQ(scan_in_chunks(console, [size] { return size; }), whole) << size;
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round)
        ASSERT_EQ(scan_in_chunks(console, [&] { return 1 + random() % 300; }), whole) << round;
}

TEST(Scanner, a_report_is_where_the_console_says) {
    const std::string console = busy_console();
    for (const auto& report : parse(console)) {
        const std::string part =
            console.substr(report.first_byte, report.end_byte - report.first_byte);
        EXPECT_NE(part.find(report.headline), std::string::npos) << report.title;
        EXPECT_EQ(report.end_line - report.first_line,
                  static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n')));
    }
}

TEST(Scanner, a_report_waits_for_its_end_or_a_flush) {
    Scanner scanner;
    EXPECT_FALSE(scanner.pending());
    EXPECT_TRUE(scanner.feed(splats::k_circular).empty());
    EXPECT_TRUE(scanner.pending());
    EXPECT_EQ(scanner.flush().size(), 1U);
    EXPECT_FALSE(scanner.pending());
    EXPECT_TRUE(scanner.flush().empty());
}

// The number of lines after which a console looks complete; 0 when it never does.
std::size_t lines_until_complete(std::string_view console) {
    Scanner scanner;
    for (std::size_t lines = 1; !console.empty(); ++lines) {
        const auto newline = console.find('\n');
        scanner.feed(console.substr(0, newline + 1));
        if (scanner.looks_complete()) return lines;
        console.remove_prefix(newline == std::string_view::npos ? console.size() : newline + 1);
    }
    return 0;
}

TEST(Scanner, a_report_looks_complete_at_its_last_line_and_not_before) {
    const auto lines_of = [](std::string_view console) {
        return static_cast<std::size_t>(std::count(console.begin(), console.end(), '\n'));
    };
    for (const auto console : {splats::k_circular, splats::k_inconsistent, splats::k_warning})
        EXPECT_EQ(lines_until_complete(console), lines_of(console)) << console;
    // A warning goes on behind its trace.
    const auto open_end = splats::k_warning.substr(0, splats::k_warning.find("</TASK>") + 8);
    EXPECT_EQ(lines_until_complete(open_end), 0U);
    EXPECT_EQ(lines_until_complete("[    1.000000] eth0: link up\n"), 0U);
}

TEST(Scanner, half_a_line_looks_complete_to_nobody) {
    Scanner scanner;
    scanner.feed(splats::k_circular);
    EXPECT_TRUE(scanner.looks_complete());
    scanner.feed("[   12.0");
    EXPECT_FALSE(scanner.looks_complete());
}

TEST(Scanner, a_report_ends_when_the_console_goes_on) {
    Scanner scanner;
    EXPECT_TRUE(scanner.feed(splats::k_circular).empty());
    std::size_t reports = 0;
    for (int i = 0; i < 5 && reports == 0; ++i)
        reports += scanner.feed("[   12.000000] eth0: link is up\n").size();
    EXPECT_EQ(reports, 1U);
    EXPECT_FALSE(scanner.pending());
}

TEST(Scanner, the_next_report_ends_the_one_before) {
    const auto reports = parse(std::string(splats::k_circular) + std::string(splats::k_warning));
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].kind, "circular_locking");
    EXPECT_EQ(reports[1].kind, "refcount");
}

// Gives each line of a console the caller that CONFIG_PRINTK_CALLER would print.
std::string with_caller(std::string_view console, std::string_view caller) {
    std::string marked;
    for (std::size_t at = 0; at < console.size();) {
        const auto end = console.find('\n', at);
        std::string line(console.substr(at, end - at));
        const auto bracket = line.find(']');
        line.insert(bracket + 1, caller);
        marked += line + "\n";
        at = end + 1;
    }
    return marked;
}

// Takes lines from two consoles in turn.
std::string interleaved(std::string_view a, std::string_view b) {
    std::string mixed;
    const auto take = [&mixed](std::string_view& from) {
        const auto end = from.find('\n');
        mixed += from.substr(0, end + 1);
        from.remove_prefix(end == std::string_view::npos ? from.size() : end + 1);
    };
    while (!a.empty() || !b.empty()) {
        if (!a.empty()) take(a);
        if (!b.empty()) take(b);
    }
    return mixed;
}

TEST(Scanner, a_report_whose_frames_have_no_label_ends_where_the_next_begins) {
    constexpr std::string_view k_fault =
        "general protection fault, probably for non-canonical address 0xdead: 0000 [#1]\n"
        "RIP: 0010:other+0x1/0x2\nCall Trace:\n far+0x1/0x2\n";
    for (const std::string_view head :
         {"BUG: KFENCE: use-after-free read in mine+0x1/0x2\n\n"
          "Use-after-free read at 0x00000000 (in kfence-#1):\n mine+0x1/0x2\n"
          "CPU: 0 PID: 1 Comm: a Not tainted 6.1.8 #1\n",
          "WARNING: lock held when returning to user space!\n6.1.8 #1 Not tainted\n"
          "a/1 is leaving the kernel with locks still held!\n1 lock held by a/1:\n"
          " #0: ffff888001000010 (&mine){+.+.}-{3:3}, at: mine+0x1/0x2\n"}) {
        const auto reports = parse(std::string(head) + std::string(k_fault));
        ASSERT_EQ(reports.size(), 2U) << head;
        EXPECT_NE(reports[0].title.find("mine"), std::string::npos) << reports[0].title;
        EXPECT_EQ(reports[1].kind, "general_protection");
        EXPECT_EQ(reports[1].frames.at(0).function, "other");
    }
}

TEST(Scanner, the_cpu_that_stalls_speaks_for_the_one_that_saw_it) {
    const auto reports = parse(
        "[   30.000001][    C0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
        "[   30.000002][    C0] rcu: \t1-...!: (1 GPs behind) idle=1a2/1/0x0 softirq=1/2 fqs=0\n"
        "[   30.000003][    C0] Sending NMI from CPU 0 to CPUs 1:\n"
        "[   30.000004][    C1] NMI backtrace for cpu 1\n"
        "[   30.000005][    C1] CPU: 1 PID: 77 Comm: looper Not tainted 6.1.8 #1\n"
        "[   30.000006][    C1] RIP: 0010:loops+0x1/0x2\n"
        "[   30.000007][    C1] Call Trace:\n"
        "[   30.000008][    C1]  calls_the_loop+0x1/0x2\n"
        "[   30.000009][    C0] rcu: rcu_preempt kthread starved for 2100 jiffies!\n"
        "[   30.000010][    C0] Call Trace:\n"
        "[   30.000011][    C0]  schedule_timeout+0x1/0x2\n"
        "[   30.000012][    C0]  rcu_gp_fqs_loop+0x1/0x2\n"
        "[   30.000013][    C0]  rcu_gp_kthread+0x1/0x2\n");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, "rcu_stall");
    EXPECT_EQ(reports[0].frames.at(0).function, "loops");
    EXPECT_EQ(reports[0].culprit, "loops");
    EXPECT_FALSE(reports[0].interleaved);
}

constexpr std::string_view k_shown_stall =
    "[   30.000001][    C0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
    "[   30.000003][    C0] Sending NMI from CPU 0 to CPUs 1:\n"
    "[   30.000004][    C1] NMI backtrace for cpu 1\n"
    "[   30.000006][    C1] RIP: 0010:loops+0x1/0x2\n"
    "[   30.000007][    C1] Call Trace:\n"
    "[   30.000008][    C1]  calls_the_loop+0x1/0x2\n";

TEST(Scanner, a_cpu_that_was_asked_for_its_stack_has_splats_of_its_own_later) {
    const auto reports =
        parse(std::string(k_shown_stall) +
              "[   30.100000][    C1] BUG: sleeping function called from invalid context at a.c:1\n"
              "[   30.100001][    C1] Call Trace:\n"
              "[   30.100002][    C0] rcu: rcu_preempt kthread starved for 2100 jiffies!\n"
              "[   30.100003][    C1]  sleeps+0x1/0x2\n");
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].culprit, "loops");
    EXPECT_EQ(reports[1].culprit, "sleeps");
    EXPECT_EQ(reports[1].text.find("starved"), std::string::npos);
    EXPECT_NE(reports[1].syzbot.title.find(" in sleeps"), std::string::npos);
}

TEST(Scanner, a_stack_is_shown_for_the_splat_that_asked_and_no_later_one) {
    const auto reports =
        parse(std::string(k_shown_stall) +
              "[   30.100000][    C0] BUG: sleeping function called from invalid context at a.c:1\n"
              "[   30.100001][    C0] Call Trace:\n"
              "[   30.100002][    C1]  unrelated+0x1/0x2\n"
              "[   30.100003][    C0]  sleeps+0x1/0x2\n");
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[1].culprit, "sleeps");
    EXPECT_EQ(reports[1].text.find("unrelated"), std::string::npos);
}

TEST(Scanner, no_more_cpus_are_waited_for_than_there_can_be) {
    std::string console = "[   30.000001][    C0] rcu: INFO: rcu_preempt detected stalls\n";
    for (std::size_t i = 1; i <= Assembler::k_max_asked + 1; ++i)
        console += fmt::format("[   30.000002][ {:>4}] NMI backtrace for cpu {}\n",
                               "C" + std::to_string(i), i);
    const auto reports = parse(console);
    ASSERT_FALSE(reports.empty());
    EXPECT_NE(reports[0].text.find("for cpu 256\n"), std::string::npos);
    EXPECT_EQ(reports[0].text.find("for cpu 257\n"), std::string::npos);
}

TEST(Scanner, a_loop_is_named_and_not_the_tick_that_noticed_it) {
    const auto reports = parse(
        "rcu: INFO: rcu_sched self-detected stall on CPU\nCall Trace:\n <IRQ>\n"
        " rcu_dump_cpu_stacks+0x1/0x2\n rcu_sched_clock_irq+0x1/0x2\n"
        " update_process_times+0x1/0x2\n tick_sched_timer+0x1/0x2\n"
        " __hrtimer_run_queues+0x1/0x2\n asm_sysvec_apic_timer_interrupt+0x1/0x2\n </IRQ>\n"
        "RIP: 0010:loops+0x1/0x2\n calls_the_loop+0x1/0x2\n do_syscall_64+0x1/0x2\n");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].title, "RCU stall in loops");
    EXPECT_EQ(reports[0].culprit, "loops");
}

TEST(Scanner, interleaved_callers_are_taken_apart) {
    const std::string one = with_caller(splats::k_circular, "[  T101]");
    const std::string other = with_caller(splats::k_warning, "[   T55]");
    const auto reports = parse(interleaved(one, other));
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].text, parse(one).at(0).text);
    EXPECT_EQ(reports[1].text, parse(other).at(0).text);
    EXPECT_EQ(reports[0].signature, parse(splats::k_circular).at(0).signature);
}

TEST(Scanner, reports_come_in_the_order_of_their_headlines) {
    const std::string one = with_caller(splats::k_circular, "[  T101]");
    const std::string other = with_caller(splats::k_warning, "[   T55]");
    const std::string console = interleaved(one, other);
    const auto reports = scan_in_chunks(console, [] { return std::size_t{50}; });
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].kind, "circular_locking");
    EXPECT_LT(reports[0].headline_line, reports[1].headline_line);
    EXPECT_LT(reports[1].end_line, reports[0].end_line);
}

TEST(Scanner, a_mixed_report_without_callers_is_flagged) {
    std::string console(splats::k_warning);
    const std::string cpu = "CPU: 0 PID: 55 Comm: probe";
    console.replace(console.find(cpu), cpu.size(), "CPU: 1 PID: 77 Comm: other");
    const auto reports = parse(console);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_TRUE(reports[0].interleaved);
    EXPECT_FALSE(parse(splats::k_warning).at(0).interleaved);
    const auto two_tasks = parse(
        "[    1.0] BUG: sleeping function called from invalid context at a.c:3\n"
        "[    1.0] CPU: 0 PID: 7 Comm: a Not tainted 6.1.8 #1\n"
        "[    1.0] CPU: 1 PID: 8 Comm: b Not tainted 6.1.8 #1\n"
        "[    1.0] Call Trace:\n[    1.0]  foo+0x1/0x2\n[    1.0]  bar+0x1/0x2\n");
    ASSERT_EQ(two_tasks.size(), 1U);
    EXPECT_TRUE(two_tasks[0].interleaved);
}

TEST(Scanner, what_programs_print_between_is_left_out) {
    std::string console;
    std::string_view rest = splats::k_circular;
    for (int i = 0; !rest.empty(); ++i) {
        const auto end = rest.find('\n') + 1;
        console += rest.substr(0, end);
        if (i % 5 == 3) console += "stress-ng: info: dispatching hogs\n";
        rest.remove_prefix(end);
    }
    const auto reports = parse(console);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].text, parse(splats::k_circular).at(0).text);
}

TEST(Scanner, hostile_bytes_are_read_without_harm) {
    const std::string pieces[] = {
        std::string(1 << 20, 'A'),
        std::string(1 << 20, '('),
        std::string(1 << 20, '['),
        "BUG: " + std::string(1 << 20, '0'),
        std::string(4096, '\0') + "\nBUG: " + std::string(1, '\0') + "\n",
        "\x1b[2J\x1b]0;title\x07 BUG: KASAN: \xff\xfe\xc3\x28 in \x80+0xffffffffffffffffff/0x\n",
        "WARNING: CPU: 99999999999999999999 PID: -1 at :::: ()\nCall Trace:\n",
        "-> #99999999999999999999 ((((((((((((((((((){{{{{{\n",
        "[HC99999999999[:SC:HE:SE] takes:\n",
        "hardirqs last enabled at (18446744073709551616): [<\n",
    };
    std::string console;
    for (const std::string& piece : pieces) console += piece + "\n";
    for (const std::string& piece : pieces) console += "[    1.000000] " + piece;
    const auto reports = parse(console, Notices::kept);
    for (const auto& report : reports) {
        EXPECT_LE(report.text.size(), Assembler::k_max_text + Assembler::k_max_lines);
        EXPECT_LE(report.title.size(), 400U);
        const auto json = model::parse_json(dump_report_json(report));
        EXPECT_TRUE(json) << report.title;
    }
}

TEST(Scanner, a_warning_behind_a_remark_is_a_report_of_its_own) {
    const auto reports = parse(
        "[   14.233097][   T54] Maximum lock depth 4 reached task: zoo/link (54)\n"
        "[   14.233397][   T54] ------------[ cut here ]------------\n"
        "[   14.233409][   T54] rtmutex deadlock detected\n"
        "[   14.233584][   T54] WARNING: CPU: 0 PID: 54 at kernel/locking/rtmutex.c:1583 "
        "rt_mutex_slowlock.constprop.0+0x386/0x430\n"
        "[   14.234507][   T54] Call Trace:\n"
        "[   14.234670][   T54]  mutex_lock_nested+0x51/0x80\n"
        "[   14.234706][   T54]  hold_link+0x42/0x70\n"
        "[   14.234936][   T54] ---[ end trace 0000000000000000 ]---\n");
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].kind, "rtmutex_depth");
    EXPECT_EQ(reports[1].kind, "rtmutex_deadlock");
    EXPECT_EQ(reports[1].title, "Rtmutex deadlock in hold_link");
}

TEST(Scanner, an_endless_splat_stays_bounded) {
    Scanner scanner;
    std::size_t text = 0;
    scanner.feed(
        "[    1.000000] BUG: KASAN: use-after-free in foo+0x1/0x2\n"
        "[    1.000001] Call Trace:\n");
    for (int i = 0; i < 100000; ++i) scanner.feed("[    1.000002]  foo+0x1/0x2\n");
    for (const auto& report : scanner.flush()) {
        text += report.text.size();
        EXPECT_TRUE(report.corrupted) << "lines of it were left out";
    }
    EXPECT_GT(text, 0U);
    EXPECT_LE(text, Assembler::k_max_text + Assembler::k_max_lines);
}

TEST(Json, the_written_text_is_the_document) {
    std::string console = busy_console();
    console += "\nBUG: odd \x01\x7f\t\"quoted\" \\ back \xff\xc3\xa9 end\n";
    const auto reports = parse(console);
    const auto written = model::parse_json(dump_parse_json(reports));
    ASSERT_TRUE(written);
    // The tree replaces bytes that are no UTF-8 when it is dumped, so both go through text once.
    EXPECT_EQ(*written, *model::parse_json(model::dump(to_parse_json(reports))));
}

TEST(Json, a_report_survives_the_round_trip) {
    for (const auto& report : parse(busy_console())) {
        const auto json = model::parse_json(dump_report_json(report));
        ASSERT_TRUE(json);
        const auto back = model::from_json<model::Report>(*json);
        ASSERT_TRUE(back) << back.error().to_string();
        EXPECT_TRUE(*back == report) << report.title;
    }
}

}  // namespace
}  // namespace krepro::report
