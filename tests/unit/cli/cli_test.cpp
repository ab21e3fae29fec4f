// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

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
        {VerdictKind::inconclusive, 4}, {VerdictKind::reproduced, 1},
    };
    ASSERT_EQ(codes.size(), model::EnumNames<VerdictKind>::k_names.size());
    for (const auto& [verdict, code] : codes) EXPECT_EQ(exit_code(verdict), code);
}

TEST(ExitCode, of_a_check_is_what_git_bisect_run_understands) {
    const auto code_of = [](const char* text) { return check_exit_code(Json::parse(text)); };
    EXPECT_EQ(code_of(R"({"verdict":{"kind":"not_reproduced"},"problem":null})"), 0);
    EXPECT_EQ(code_of(R"({"verdict":{"kind":"reproduced"},"problem":null})"), 1);
    EXPECT_EQ(code_of(R"({"verdict":{"kind":"inconclusive"},"problem":null})"), 125);
    EXPECT_EQ(code_of(R"({"verdict":{"kind":"error"},"problem":{"arm":"unpatched"}})"), 125);
    EXPECT_EQ(code_of(R"({"verdict":{"kind":"error"},"problem":{"arm":null}})"), 128);
    EXPECT_EQ(code_of("{}"), 128);
}

TEST(ExitCode, a_check_that_cannot_be_made_says_nothing_of_the_commit) {
    EXPECT_EQ(run({"check"}).code, 128);
    EXPECT_EQ(run({"check", "HEAD", "--colour", "red"}).code, 128);
    EXPECT_EQ(run({"check", "HEAD", "--mail", "/no/such/mail"}).code, 128);
    EXPECT_EQ(run({"check", "HEAD", "--server", "http://127.0.0.1:9"}).code, 128);
    EXPECT_EQ(run({"check", "A..B"}).code, 128);
    EXPECT_EQ(run({"check", "--help"}).code, 0);
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
        {R"({"type":"build","data":{"arm":"patched","step":"compiling","objects":10,"expected":10,)"
         R"("left_s":41.2}})",
         "",
         "patched kernel: compiling [==============================] 10 of 10, about 41 s left"},
        {R"({"type":"heartbeat","data":{"trial":7,"uptime":12,"iteration":3,"exposure":80,)"
         R"("left_s":600}})",
         "", "trial 7: 12 s in the guest, iteration 3, exposure 80, about 10 min left"},
        {R"({"type":"heartbeat","data":{"trial":7,"uptime":12,"left_s":null}})", "",
         "trial 7: 12 s in the guest, iteration 0, exposure 0"},
        {R"({"type":"heartbeat","data":{"trial":7,"left_s":9000}})", "",
         "trial 7: 0 s in the guest, iteration 0, exposure 0, about 2.5 h left"},
        {R"({"type":"build","data":{"arm":"patched","step":"done","release":"6.1","cached":true}})",
         "patched kernel: 6.1, built before", ""},
        {R"({"type":"trial","data":{"arm":"patched","trial":5,"number":2,"state":"started"}})", "",
         "patched trial 5: boots"},
        {R"({"type":"trial","data":{"arm":"patched","trial":5,"number":2,"state":"ended",)"
         R"("outcome":{"kind":"void","cause":"boot_hang","exposure":0,"wall_s":9}}})",
         "patched trial 5: void, boot_hang; exposure 0 in 9 s", "patched trial 5: void"},
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
        "workload":{"unit":"deadline_exits","name":"loop","form":"amplified","vcpus":4,
                    "memory_mib":2048,"changes":["--sched-runtime 8 -> 1: more tasks"]},
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
              "  ran loop (amplified), 4 vCPUs, 2048 MiB\n"
              "    --sched-runtime 8 -> 1: more tasks\n"
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
                             R"({"reports":"x","verdict":[],"problem":3,"arms":null})",
                             R"({"workload":{"vcpus":"x","changes":{"a":3}}})"}) {
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
    EXPECT_EQ(run({"--version"}, {{}, "1.2.3"}).out, "krepro 1.2.3\n");
}

TEST(CommandLine, serve_and_doctor_reach_what_main_wired) {
    ServeOptions served;
    DoctorOptions examined;
    Commands commands;
    commands.groups = {
        serve_command([&](const ServeOptions& options) { return served = options, 5; }),
        doctor_command([&](const DoctorOptions& options) { return examined = options, 6; })};
    EXPECT_EQ(run({"serve", "--port", "0", "--state", "/s"}, commands).code, 5);
    EXPECT_EQ(served.port, 0);
    EXPECT_EQ(served.state, "/s");
    EXPECT_FALSE(served.address) << "what is not said is left to the settings";
    EXPECT_EQ(run({"doctor", "--json"}, commands).code, 6);
    EXPECT_EQ(examined.output, Output::json);
    EXPECT_EQ(run({"serve", "--accelerator", "fast"}, commands).code, 64);
}

TEST(CommandLine, tree_says_what_is_asked_of_which_tree) {
    TreeOptions asked;
    Commands commands;
    commands.groups = {
        tree_command([&](const TreeOptions& options) { return asked = options, 7; })};
    EXPECT_EQ(
        run({"tree", "add", "mine", "--git", "/src/linux", "--revision", "v6.12"}, commands).code,
        7);
    EXPECT_EQ(asked.what, TreeOptions::What::add);
    EXPECT_EQ(asked.name, "mine");
    EXPECT_EQ(asked.kind, "git");
    EXPECT_EQ(asked.source, "/src/linux");
    EXPECT_EQ(asked.revision, "v6.12");
    EXPECT_EQ(run({"tree", "git", "debian-6.1.8-rt5", "/src/x", "--json"}, commands).code, 7);
    EXPECT_EQ(asked.what, TreeOptions::What::git);
    EXPECT_EQ(asked.dest, "/src/x");
    EXPECT_EQ(asked.output, Output::json);
    EXPECT_EQ(run({"tree", "add", "mine"}, commands).code, 64) << "from nowhere";
    EXPECT_EQ(run({"tree", "add", "x", "--git", "/a", "--tarball", "/b"}, commands).code, 64);
    EXPECT_EQ(run({"tree", "rm"}, commands).code, 64);
    EXPECT_EQ(run({"tree"}, commands).code, 64);
}

TEST(CommandLine, what_is_submitted_is_a_file_or_else_a_commit) {
    const auto commit_of = [](const std::string& argument) {
        SubmitOptions options;
        if (!argument.empty()) options.mails = {argument};
        const auto spec = complete_spec(options);
        return spec ? spec->commit : "error: " + spec.error().where;
    };
    EXPECT_EQ(commit_of("HEAD~3"), "HEAD~3");
    EXPECT_EQ(commit_of("v6.12..topic/x"), "v6.12..topic/x");
    EXPECT_EQ(commit_of("fix.patch"), "error: fix.patch");
    EXPECT_EQ(commit_of("./fix"), "error: ./fix");
    EXPECT_EQ(commit_of("two words"), "error: two words");
    EXPECT_EQ(commit_of(""), "error: field mail");
}

TEST(CommandLine, several_files_are_one_series) {
    const auto folder = *util::TempDir::make(::testing::TempDir(), "cli");
    const auto file = [&](const std::string& name, const std::string& text) {
        const auto path = folder.path() / name;
        EXPECT_TRUE(util::write_file_atomic(path, text));
        return path.string();
    };
    const std::string head = "From 0123abcd Mon Sep 17 00:00:00 2001\n";
    SubmitOptions options;
    options.mails = {file("a", head + "Subject: [PATCH 1/2] a\n\nx\n"),
                     file("b", "Subject: [PATCH 2/2] b\n\nx")};
    const auto spec = complete_spec(options);
    ASSERT_TRUE(spec) << spec.error().to_string();
    EXPECT_EQ(spec->mail, head +
                              "Subject: [PATCH 1/2] a\n\nx\n\n"
                              "From krepro Mon Sep 17 00:00:00 2001\n"
                              "Subject: [PATCH 2/2] b\n\nx\n\n");
    options.mails.emplace_back("HEAD");
    EXPECT_EQ(complete_spec(options).error().where, "HEAD");
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

TEST(CommandLine, parse_prints_remarks_when_asked) {
    const auto folder = *util::TempDir::make(::testing::TempDir(), "cli");
    const auto file = folder.path() / "console";
    ASSERT_TRUE(util::write_file_atomic(file, "[   10.0] hrtimer: interrupt took 8276210 ns\n"));
    EXPECT_EQ(run({"parse", file}).out, "no reports\n");
    EXPECT_NE(run({"parse", file, "--notices"}).out.find("hrtimer: interrupt took"),
              std::string::npos);
}

TEST(CommandLine, parse_follows_a_pipe_and_prints_a_report_a_line) {
    const auto folder = *util::TempDir::make(::testing::TempDir(), "cli");
    const auto pipe = folder.path() / "console";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const std::string splat =
        "[    1.0] BUG: sleeping function called from invalid context at a.c:3\n"
        "[    1.0] Call Trace:\n[    1.0]  foo+0x1/0x2\n";
    // The pause ends the first splat: without it the second's headline would.
    std::thread writer([&] {
        std::ofstream console(pipe);
        console << splat << std::flush;
        std::this_thread::sleep_for(std::chrono::milliseconds(700));
        console << splat;
    });
    const auto ran = run({"parse", pipe, "--follow", "--json"});
    writer.join();
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::istringstream lines(ran.out);
    int reports = 0;
    for (std::string line; std::getline(lines, line); ++reports)
        EXPECT_EQ(Json::parse(line)["kind"], "sleeping_in_atomic");
    EXPECT_EQ(reports, 2);
    EXPECT_EQ(run({"parse", folder.path() / "none", "--follow"}).code, 64);
}

TEST(CommandLine, selftest_says_which_families_and_where_to_keep_them) {
    SelftestOptions given;
    Commands commands;
    commands.groups = {
        selftest_command([&](const SelftestOptions& options) { return given = options, 7; })};
    EXPECT_EQ(run({"selftest", "--family", "a", "b", "--keep", "/k", "--json"}, commands).code, 7);
    EXPECT_EQ(given.families, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(given.keep, "/k");
    EXPECT_EQ(given.tree, "debian-6.1.8-rt5");
    EXPECT_EQ(given.profile, "rt-lockdep-zoo");
    EXPECT_EQ(given.output, Output::json);
    EXPECT_EQ(run({"selftest", "--profile", "rt-plain"}, commands).code, 7);
    EXPECT_EQ(given.profile, "rt-plain");
    EXPECT_EQ(run({"selftest"}).code, 64) << "not offered where main does not wire it";
}

TEST(CommandLine, tune_takes_a_mail_and_the_time_for_its_trials) {
    const auto folder =
        util::value_or_throw(util::TempDir::make(std::filesystem::temp_directory_path(), "tune"));
    const auto mail = folder.path() / "fix.mail";
    util::value_or_throw(util::write_file_atomic(mail, "a mail"));
    TuneOptions given;
    Commands commands;
    commands.groups = {
        tune_command([&](const TuneOptions& options) { return given = options, 7; })};
    EXPECT_EQ(run({"tune", mail, "--minutes", "5", "--json"}, commands).code, 7);
    EXPECT_EQ(given.spec.mail, "a mail");
    EXPECT_EQ(given.minutes, 5);
    EXPECT_EQ(given.output, Output::json);
    EXPECT_EQ(run({"tune", mail, "--minutes", "0"}, commands).code, 64);
    EXPECT_EQ(run({"tune", folder.path() / "none"}, commands).code, 64);
}

TEST(CommandLine, bisect_takes_two_commits_or_the_number_of_a_bisection) {
    int served = 0;
    ServeOptions given;
    Commands commands;
    commands.groups = {bisect_command([&](const ServeOptions& options, const UseServer&) {
        given = options;
        ++served;
        return 7;
    })};
    const auto code = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "bisect");
        return run(std::move(words), commands).code;
    };
    EXPECT_EQ(code({"v1", "v2", "--here", "--state", "/s", "--accelerator", "tcg"}), 7);
    EXPECT_EQ(given.state, "/s");
    EXPECT_EQ(given.accelerator, "tcg");
    EXPECT_EQ(code({"--resume", "3", "--here"}), 7);
    EXPECT_EQ(served, 2);
    for (const auto& wrong :
         std::vector<std::vector<std::string>>{{},
                                               {"v1"},
                                               {"v1..v2", "v3"},
                                               {"v1", "v2", "--workload", "auto"},
                                               {"v1", "v2", "--tree", "auto"},
                                               {"v1", "v2", "--confidence", "2"},
                                               {"v1", "v2", "--trials", "1"},
                                               {"v1", "v2", "--mail", "/no/such/mail"},
                                               {"v1", "v2", "--show", "3"},
                                               {"--show", "0"},
                                               {"--cancel", "x"}})
        EXPECT_EQ(code(wrong), 64) << (wrong.empty() ? "" : wrong.back());
    EXPECT_EQ(code({"v1", "v2", "--server", "http://127.0.0.1:9"}), 2);
    const auto help = run({"bisect", "--help"}, commands);
    EXPECT_EQ(help.code, 0);
    EXPECT_NE(help.out.find("krepro bisect v6.1 HEAD"), std::string::npos) << help.out;
}

TEST(Render, a_bisection_shows_its_steps_and_what_it_found) {
    const Terminal terminal({false, false, false, 80});
    const auto running = render_bisection(Json::parse(R"({
        "id": 4, "stage": "running", "title": "v1..v2 of tree", "commits": 17, "left": 5,
        "notes": [], "result": null, "problem": null,
        "steps": [{"number": 1, "job": 9, "commit": "0123456789abcdef", "title": "a\u001b[2J",
                   "stage": "done", "result": "hit", "hits": 3, "exposure": 310.4, "wall_s": 41.0}],
        "candidates": [{"probability": 0.25,
                        "commit": {"hash": "fedcba9876543210", "title": "tidy up"}}]})"),
                                          terminal);
    EXPECT_NE(running.find("bisection 4  running  v1..v2 of tree"), std::string::npos) << running;
    EXPECT_NE(running.find("  1  0123456789ab hit        3 hits, exposure 310 in 41 s, job 9"),
              std::string::npos)
        << running;
    EXPECT_NE(running.find("5 of 17 commits left"), std::string::npos);
    EXPECT_NE(running.find("0.250  fedcba987654 tidy up"), std::string::npos);
    EXPECT_EQ(running.find('\x1b'), std::string::npos) << "a commit's title moves no cursor";
    const auto done = render_bisection(Json::parse(R"({
        "id": 4, "stage": "done", "title": "t", "commits": 17, "left": 1, "notes": ["a note"],
        "steps": [], "candidates": [],
        "result": {"kind": "found", "sentence": "It brought the bug.", "limits": ["a limit"],
                   "commits": [{"hash": "fedcba9876543210", "title": "tidy up"}]},
        "problem": null})"),
                                       terminal);
    for (const auto* part :
         {"found", "a note", "It brought the bug.", "fedcba9876543210 tidy up", "a limit"})
        EXPECT_NE(done.find(part), std::string::npos) << part << " in " << done;
}

}  // namespace
}  // namespace krepro::cli
