// SPDX-License-Identifier: Apache-2.0
// Reads every *.log here: a head that says what is expected, a blank line, the console as it was.
// KREPRO_UPDATE_GOLDENS=1 writes the heads anew and skips, so that no run can pass by updating.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "report/scanner.hpp"

namespace krepro::report {
namespace {

namespace fs = std::filesystem;

struct Golden {
    std::string head;
    std::string console;
};

std::string read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Golden read_golden(const fs::path& path) {
    const std::string text = read_all(path);
    const auto end = text.find("\n\n");
    return {text.substr(0, end + 1), text.substr(end + 2)};
}

// The comment lines of a head say where the console comes from and stay.
std::string comments_of(const std::string& head) {
    std::string comments;
    for (std::size_t at = 0; at < head.size();) {
        const auto end = head.find('\n', at) + 1;
        if (head[at] == '#') comments += head.substr(at, end - at);
        at = end;
    }
    return comments;
}

std::string lock_line(const model::Lock& lock) {
    const auto wait = [](const std::optional<model::WaitType>& type) {
        return type ? fmt::format("{}({})", type->value, type->name) : std::string("-");
    };
    return fmt::format("{} {{{}}} {}:{} at {}", lock.name, lock.usage, wait(lock.wait_outer),
                       wait(lock.wait_inner),
                       lock.acquired_at ? lock.acquired_at->function : std::string("?"));
}

std::string functions_of(const std::vector<model::Frame>& frames) {
    std::vector<std::string> names;
    for (const auto& frame : frames)
        if (frame.certain) names.push_back(frame.function);
    return fmt::format("{}", fmt::join(names, " "));
}

std::string describe_locking(const model::LockdepDetail& locking) {
    std::string text;
    for (const auto& link : locking.chain)
        text += fmt::format("chain: #{} {} taken in {}\n", link.number, link.lock.name,
                            functions_of(link.frames));
    for (const auto& origin : locking.origins)
        text += fmt::format("origin: {} {} in {}\n", origin.state, origin.lock,
                            functions_of(origin.frames));
    for (const auto& step : locking.scenario)
        text += fmt::format("scenario: CPU{} {}\n", step.cpu, step.action);
    if (!locking.was_used.empty())
        text += fmt::format("usage: {} then {}\n", locking.was_used, locking.is_used);
    return text;
}

std::string describe(const model::Report& report) {
    std::vector<std::string> frames;
    for (const auto& frame : report.frames)
        if (frame.certain) frames.push_back(frame.function);
    std::string text = fmt::format("report: {}\ntitle: {}\n", report.kind, report.title);
    text +=
        fmt::format("syzbot: {} [{}]{}\n", report.syzbot.title, report.syzbot.type.value_or("-"),
                    report.syzbot.corrupted ? " corrupted" : "");
    text += fmt::format("lines: {} to {}\n", report.first_line, report.end_line);
    text += fmt::format("context: {}\n", report.context.words);
    for (const auto& lock : report.locks) text += "lock: " + lock_line(lock) + "\n";
    for (const auto& lock : report.held) text += "held: " + lock_line(lock) + "\n";
    text += describe_locking(report.locking);
    text += fmt::format("signature: {}\nculprit: {}\n", report.signature, report.culprit);
    text += fmt::format("frames: {}\n", fmt::join(frames, " "));
    return text;
}

class GoldenConsole : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenConsole, gives_the_reports_that_its_head_expects) {
    const Golden golden = read_golden(GetParam());
    std::string head = comments_of(golden.head);
    const auto reports = parse(golden.console, Notices::kept);
    head += fmt::format("reports: {}\n", reports.size());
    for (const auto& report : reports) head += describe(report);
    if (std::getenv("KREPRO_UPDATE_GOLDENS") != nullptr) {
        std::ofstream(GetParam(), std::ios::binary) << head << "\n" << golden.console;
        GTEST_SKIP() << "head written anew";
    }
    EXPECT_EQ(golden.head, head);
}

std::vector<fs::path> golden_paths() {
    std::vector<fs::path> paths;
    for (const auto& entry :
         fs::directory_iterator(fs::path(KREPRO_SOURCE_DIR) / "tests/golden/report"))
        if (entry.path().extension() == ".log") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
}

INSTANTIATE_TEST_SUITE_P(Report, GoldenConsole, testing::ValuesIn(golden_paths()),
                         [](const auto& console) {
                             std::string name = console.param.stem().string();
                             for (char& c : name)
                                 if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                             return name;
                         });

// The trace that the mail of the fix shows: another check complained, and the compiler folded other
// functions into each other.
constexpr std::string_view k_mail_trace =
    R"(  CPU: 1 PID: 2848 Comm: life Kdump: loaded Tainted: G W ---------
   Call Trace:
   dump_stack_lvl+0x57/0x7d
   mark_lock_irq.cold+0x33/0xba
   mark_lock+0x1e7/0x400
   mark_usage+0x11d/0x140
   __lock_acquire+0x30d/0x930
   lock_acquire.part.0+0x9c/0x210
   rt_spin_lock+0x27/0xe0
   refill_obj_stock+0x3d/0x3a0
   kmem_cache_free+0x357/0x560
   inactive_task_timer+0x1ad/0x340
   __run_hrtimer+0x8a/0x1a0
   __hrtimer_run_queues+0x91/0x130
   hrtimer_interrupt+0x10f/0x220
   __sysvec_apic_timer_interrupt+0x7b/0xd0
   sysvec_apic_timer_interrupt+0x4f/0xd0
   asm_sysvec_apic_timer_interrupt+0x12/0x20
   RIP: 0033:0x7fff196bf6f5
)";

TEST(GoldenMatch, both_complaints_of_the_bug_match_the_trace_of_the_mail_and_no_other_does) {
    const auto expected = parse_expected(k_mail_trace);
    int matched = 0;
    for (const fs::path& path : golden_paths()) {
        const bool of_zoo = path.filename().string().starts_with("zoo-");
        for (const auto& report : parse(read_golden(path).console)) {
            const auto match = compare(expected, report);
            EXPECT_EQ(match.same_bug, !of_zoo) << path.filename() << ": " << match.why;
            matched += match.same_bug ? 1 : 0;
        }
    }
    EXPECT_EQ(matched, 4);
}

}  // namespace
}  // namespace krepro::report
