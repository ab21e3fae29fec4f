// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"

#include <gtest/gtest.h>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_access.hpp"
#include "cli/progress.hpp"
#include "cli/render.hpp"
#include "cli/terminal.hpp"
#include "util/files.hpp"

namespace krepro::cli {
namespace {

using model::Json;
using model::VerdictKind;

struct Ran {
    int code = 0;
    std::string out, err;
};

Ran run(std::vector<std::string> words, const Commands& commands = {}) {
    words.insert(words.begin(), "krepro");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Ran ran;
    ran.code = cli::main(static_cast<int>(argv.size()), argv.data(), commands);
    std::cout.flush();
    ran.out = testing::internal::GetCapturedStdout();
    ran.err = testing::internal::GetCapturedStderr();
    return ran;
}

TEST(ExitCode, each_verdict_has_the_code_that_scripts_rely_on) {
    const std::vector<std::pair<VerdictKind, int>> codes{
        {VerdictKind::fixed, 0},        {VerdictKind::not_fixed, 1},
        {VerdictKind::regression, 1},   {VerdictKind::fixed_new_splat, 1},
        {VerdictKind::error, 2},        {VerdictKind::not_reproduced, 3},
        {VerdictKind::inconclusive, 4},
    };
    ASSERT_EQ(codes.size(), model::EnumNames<VerdictKind>::k_names.size());
    for (const auto& [verdict, code] : codes) EXPECT_EQ(exit_code(verdict), code);
}

TEST(ExitCode, the_callers_faults_are_usage_and_the_rest_is_infrastructure) {
    using util::ErrorKind;
    const std::vector<std::pair<ErrorKind, int>> codes{
        {ErrorKind::invalid_input, 64}, {ErrorKind::not_found, 64},  {ErrorKind::conflict, 64},
        {ErrorKind::too_large, 64},     {ErrorKind::unavailable, 2}, {ErrorKind::internal, 2},
    };
    for (const auto& [kind, code] : codes) EXPECT_EQ(exit_code({kind, "", "", ""}), code);
}

TEST(Terminal, text_of_others_cannot_drive_it) {
    EXPECT_EQ(printable("a\x1b]0;owned\x07"
                        "b\tc\r\nd\x7f"),
              "a?]0;owned?b c?\nd?");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31mred"),
              "?31mred");
    EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

TEST(Terminal, a_bar_fills_as_work_is_done) {
    EXPECT_EQ(progress_bar(0, 10, 5), "[     ] 0 of 10");
    EXPECT_EQ(progress_bar(5, 10, 4), "[==> ] 5 of 10");
    EXPECT_EQ(progress_bar(10, 10, 4), "[====] 10 of 10");
    EXPECT_EQ(progress_bar(99, 10, 4), "[====] 99 of 10");
    EXPECT_EQ(progress_bar(7, 0, 4), "7");
}

TEST(Terminal, colour_is_used_where_it_can_be_seen_and_nowhere_else) {
    const Terminal plain({});
    const Terminal coloured({true, true, true, 80});
    EXPECT_EQ(plain.paint(Style::bad, "x"), "x");
    EXPECT_EQ(coloured.paint(Style::bad, "x"), "\x1b[31mx\x1b[0m");
    EXPECT_EQ(coloured.paint(Style::plain, "x"), "x");
}

TEST(JsonAccess, what_is_not_there_is_empty) {
    const auto json = Json::parse(R"({"a":{"b":3,"s":"x","t":true,"f":1.5}})");
    EXPECT_EQ(integer_at(json, "a.b"), 3);
    EXPECT_EQ(number_at(json, "a.f"), 1.5);
    EXPECT_EQ(text_at(json, "a.s"), "x");
    EXPECT_TRUE(flag_at(json, "a.t"));
    for (const auto* path : {"", "x", "a.x", "a.b.c", "a.s.", "."}) {
        EXPECT_EQ(integer_at(json, path), 0) << path;
        EXPECT_EQ(text_at(json, path), path == std::string("a.s.") ? "x" : "") << path;
    }
}

TEST(Progress, events_become_lines_or_a_status) {
    struct Case {
        const char* event;
        const char* line;
        const char* status;
    };
    const std::vector<Case> cases{
        {R"({"type":"stage","data":{"stage":"building"}})", "stage: building", "building"},
        {R"({"type":"build","data":{"arm":"patched","step":"compiling","objects":5,"expected":10}})",
         "", "patched kernel: compiling [===============>              ] 5 of 10"},
        {R"({"type":"build","data":{"arm":"patched","step":"done","release":"6.1","cached":true}})",
         "patched kernel: 6.1, built before", ""},
        {R"({"type":"trial","data":{"arm":"patched","number":2,"state":"started"}})", "",
         "patched trial 2: boots"},
        {R"({"type":"trial","data":{"arm":"patched","number":2,"state":"ended",)"
         R"("outcome":{"kind":"void","cause":"boot_hang","exposure":0,"wall_s":9}}})",
         "patched trial 2: void, boot_hang; exposure 0 in 9 s", "patched trial 2: void"},
        {R"({"type":"log","data":{"text":"hello"}})", "hello", ""},
        {R"({"type":"unheard","data":{}})", "", ""},
        {R"({})", "", ""},
        {R"([])", "", ""},
    };
    for (const auto& c : cases) {
        const auto said = describe_event(Json::parse(c.event));
        EXPECT_EQ(said.line, c.line) << c.event;
        EXPECT_EQ(said.status, c.status) << c.event;
    }
}

TEST(Render, a_job_says_its_verdict_its_counts_and_its_reports) {
    const auto job = Json::parse(R"({"id":3,"stage":"done","title":"fork\u001b[2J: x",
        "spec":{"tree":"t","profile":"p","workload":"amplified","confidence":0.95},
        "workload":{"unit":"deadline_exits"},
        "verdict":{"kind":"fixed","sentence":"It is fixed.","limits":["one tree"]},
        "arms":{"unpatched":{"counts":{"trials":3,"hits":3,"clean":0,"other":0,"void":0,
                                       "exposure":120.4},
                             "build":{"release":"6.1.8-rt5","cached":false,"objects":9,"wall_s":2}},
                "patched":{"counts":{"trials":1,"hits":0,"clean":1,"other":0,"void":0}}},
        "reports":[{"id":1,"arm":"unpatched","trial":2,"title":"bad","matches_expected":true}]})");
    const auto text = render_job(job, Terminal({}));
    EXPECT_EQ(text,
              "job 3  fixed\n"
              "  fork?[2J: x\n"
              "  tree t, profile p, amplified workload, confidence 95 %\n"
              "  unpatched  3 trials: 3 hit, 0 clean, 0 other, 0 void; exposure 120 "
              "deadline_exits\n"
              "             6.1.8-rt5, 9 objects in 2 s\n"
              "  patched    1 trial: 0 hit, 1 clean, 0 other, 0 void; exposure 0 deadline_exits\n"
              "  It is fixed.\n"
              "  - one tree\n"
              "  report 1 (unpatched, trial 2, as in the mail): bad\n");
}

TEST(Render, answers_of_any_shape_do_no_harm) {
    const Terminal terminal({});
    for (const auto* text : {"null", "[]", "3", "{}", R"({"jobs":3,"next":"x"})",
                             R"({"reports":"x","verdict":[],"problem":3,"arms":null})"}) {
        const auto json = Json::parse(text);
        EXPECT_FALSE(render_job(json, terminal).empty());
        EXPECT_FALSE(render_jobs(json, terminal).empty());
        EXPECT_FALSE(render_report(json, terminal).empty());
        EXPECT_FALSE(render_stored_report(json, terminal).empty());
    }
}

TEST(CommandLine, a_wrong_one_is_a_usage_error) {
    const std::vector<std::vector<std::string>> lines{
        {},
        {"nonsense"},
        {"submit"},
        {"show"},
        {"show", "0"},
        {"show", "x"},
        {"show", "1", "--colour"},
        {"list", "--limit", "501"},
        {"submit", "x", "--workload", "fast"},
        {"parse"},
        {"serve"},
    };
    for (const auto& line : lines) {
        const auto ran = run(line);
        EXPECT_EQ(ran.code, 64) << (line.empty() ? "nothing" : line[0]);
        EXPECT_NE(ran.out + ran.err, "");
    }
}

TEST(CommandLine, help_has_examples_and_succeeds) {
    for (const auto* command :
         {"submit", "show", "list", "watch", "cancel", "report", "log", "parse"}) {
        const auto ran = run({command, "--help"});
        EXPECT_EQ(ran.code, 0) << command;
        EXPECT_NE(ran.out.find(std::string("  krepro ") + command), std::string::npos) << command;
    }
    EXPECT_EQ(run({"--version"}, {{}, {}, "1.2.3"}).out, "krepro 1.2.3\n");
}

TEST(CommandLine, serve_and_doctor_reach_what_main_wired) {
    ServeOptions served;
    DoctorOptions examined;
    Commands commands;
    commands.serve = [&](const ServeOptions& options) { return served = options, 5; };
    commands.doctor = [&](const DoctorOptions& options) { return examined = options, 6; };
    EXPECT_EQ(run({"serve", "--port", "0", "--state", "/s"}, commands).code, 5);
    EXPECT_EQ(served.port, 0);
    EXPECT_EQ(served.state, "/s");
    EXPECT_FALSE(served.address) << "what is not said is left to the settings";
    EXPECT_EQ(run({"doctor", "--json"}, commands).code, 6);
    EXPECT_EQ(examined.output, Output::json);
    EXPECT_EQ(run({"serve", "--accelerator", "fast"}, commands).code, 64);
}

TEST(CommandLine, parse_finds_the_reports_of_a_console) {
    const auto folder = *util::TempDir::make(::testing::TempDir(), "cli");
    const auto file = folder.path() / "console";
    ASSERT_TRUE(util::write_file_atomic(
        file,
        "[    1.0] BUG: sleeping function called from invalid context at a.c:3\n"
        "[    1.0] in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 1, name: init\n"
        "[    1.0] Call Trace:\n[    1.0]  <TASK>\n[    1.0]  foo+0x1/0x2\n"
        "[    1.0]  </TASK>\n"));
    const auto ran = run({"parse", file, "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto json = Json::parse(ran.out);
    ASSERT_EQ(json["reports"].size(), 1U);
    EXPECT_EQ(json["reports"][0]["kind"], "sleeping_in_atomic");
    EXPECT_TRUE(json["reports"][0]["syzbot"].contains("title"));
    EXPECT_NE(run({"parse", file}).out.find("kind sleeping_in_atomic"), std::string::npos);
    const auto none = run({"parse", folder.path() / "none"});
    EXPECT_EQ(none.code, 64);
    EXPECT_NE(none.err.find("cannot open"), std::string::npos);
    EXPECT_EQ(run({"parse", folder.path()}).code, 64);
}

}  // namespace
}  // namespace krepro::cli
