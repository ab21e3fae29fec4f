// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "cli/terminal.hpp"
#include "model/job.hpp"
#include "model/json.hpp"

namespace krepro::cli {

inline constexpr auto k_default_server = "http://127.0.0.1:8734";

// One struct and one function a subcommand; each returns the exit code. Results go to standard
// output, progress and errors to standard error.

struct Remote {
    std::string server = k_default_server;
    Output output = Output::text;
};

struct SubmitOptions {
    Remote remote;
    std::vector<std::string> mails;  // files, or "-"; several are one series. Or a commit alone
    std::string script_file;         // empty: the mail's reproducer
    std::string config_file;         // empty: none
    model::JobSpec spec;             // its mail and script are read from the files
    bool wait = false;
};
int run_submit(const SubmitOptions& options, Terminal& terminal);
// The same with a specification that is complete: no file is read.
int run_submit_spec(const SubmitOptions& options, Terminal& terminal);
// Hands the complete specification to the server; the job as it answers.
util::Result<model::Json> hand_over(const SubmitOptions& options);
// Submits one kernel alone, waits, and says what `git bisect run` wants to hear: 0 when the bug
// does not show, 1 when it does, 125 when this kernel cannot be built or gave no evidence, 128 for
// the rest.
int run_check(const SubmitOptions& options, Terminal& terminal);
// For a job that is done, as the API shows it.
[[nodiscard]] int check_exit_code(const model::Json& job);

struct JobOptions {
    Remote remote;
    std::int64_t job = 0;
};
int run_show(const JobOptions& options, Terminal& terminal);
int run_watch(const JobOptions& options, Terminal& terminal);
// Shows what happens until the job is done; the job then.
util::Result<model::Json> watch(const JobOptions& options, Terminal& terminal);
// Without the events that watch shows: for scripts.
int run_wait(const JobOptions& options, Terminal& terminal);
int run_retry(const JobOptions& options, Terminal& terminal);
int run_cancel(const JobOptions& options, Terminal& terminal);

struct ListOptions {
    Remote remote;
    std::string stage, verdict, text;
    std::int64_t before = 0;
    int limit = 50;
};
int run_list(const ListOptions& options, Terminal& terminal);

struct ReportOptions {
    Remote remote;
    std::int64_t report = 0;
};
int run_report(const ReportOptions& options, Terminal& terminal);

struct LogOptions {
    Remote remote;
    std::int64_t trial = 0;
    bool follow = false;
};
int run_log(const LogOptions& options, Terminal& terminal);

struct ParseOptions {
    std::string file;  // or "-"
    Output output = Output::text;
    bool follow = false;   // each report as soon as it is complete; a file is read on as it grows
    bool notices = false;  // one-line remarks on a slow machine as well
};
int run_parse(const ParseOptions& options, Terminal& terminal);

// The whole of a file or of standard input ("-"), at most `limit` bytes.
util::Result<std::string> read_input(const std::string& file, std::size_t limit);

// The mail and script of the files into the specification; checks its ranges.
util::Result<model::JobSpec> complete_spec(const SubmitOptions& options);

}  // namespace krepro::cli
