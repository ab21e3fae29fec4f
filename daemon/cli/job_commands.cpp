// SPDX-License-Identifier: Apache-2.0
// One job: shown, followed, ended.
#include <fmt/format.h>

#include <chrono>

#include "cli/exit_code.hpp"
#include "cli/json_access.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"

namespace krepro::cli {

using http::Ask;
using http::Client;
using model::Json;
using util::Result;

namespace {

constexpr std::chrono::seconds k_patience{60};

// The exit code that the verdict of a job that has ended stands for. One that this client does not
// know proves nothing.
int exit_code_of(const Json& job) {
    const auto kind = model::enum_from_string<model::VerdictKind>(text_at(job, "verdict.kind"));
    return kind ? exit_code(*kind) : k_exit_infrastructure;
}

void tell(const http::SseMessage& message, const Remote& remote, Terminal& terminal) {
    const auto event = model::parse_json(message.data, "event");
    if (!event) return;
    if (remote.output == Output::json) {
        terminal.print(model::dump(*event) + "\n");
        return;
    }
    const auto said = describe_event(*event);
    if (!said.line.empty()) terminal.note(said.line);
    if (!said.status.empty()) terminal.status(said.status);
}

Result<void> follow(const JobOptions& options, Terminal& terminal) {
    const auto client = Client::make(options.remote.server);
    if (!client) return tl::unexpected(client.error());
    const auto take = [&](const http::SseMessage& message) {
        tell(message, options.remote, terminal);
        return Client::Next::go_on;
    };
    return client->follow(job_path(options.job) + "/events", 0, take, k_patience);
}

}  // namespace

int run_show(const JobOptions& options, Terminal& terminal) {
    Ask question;
    question.target = job_path(options.job);
    return show(options.remote, question, render_job, terminal);
}

Result<Json> watch(const JobOptions& options, Terminal& terminal) {
    const auto followed = follow(options, terminal);
    if (!followed) return tl::unexpected(followed.error());
    Ask question;
    question.target = job_path(options.job);
    return ask(options.remote, question);
}

int run_watch(const JobOptions& options, Terminal& terminal) {
    const auto job = watch(options, terminal);
    if (!job) return failed(job.error(), terminal);
    // The events were one line of JSON each, and so is the end.
    terminal.print(options.remote.output == Output::json ? model::dump(*job) + "\n"
                                                         : render_job(*job, terminal));
    return exit_code_of(*job);
}

int run_wait(const JobOptions& options, Terminal& terminal) {
    const auto client = Client::make(options.remote.server);
    if (!client) return failed(client.error(), terminal);
    const auto ignore = [](const http::SseMessage&) { return Client::Next::go_on; };
    const auto ended = client->follow(job_path(options.job) + "/events", 0, ignore, k_patience);
    if (!ended) return failed(ended.error(), terminal);
    Ask question;
    question.target = job_path(options.job);
    const auto job = ask(options.remote, question);
    if (!job) return failed(job.error(), terminal);
    terminal.print(options.remote.output == Output::json
                       ? model::dump_pretty(*job) + "\n"
                       : fmt::format("{}: {}\n", text_at(*job, "verdict.kind"),
                                     printable(text_at(*job, "verdict.sentence"))));
    return exit_code_of(*job);
}

int run_retry(const JobOptions& options, Terminal& terminal) {
    Ask question;
    question.method = "POST";
    question.target = job_path(options.job) + "/retry";
    const auto job = ask(options.remote, question);
    if (!job) return failed(job.error(), terminal);
    const auto id = integer_at(*job, "id");
    terminal.print(options.remote.output == Output::json
                       ? model::dump_pretty(*job) + "\n"
                       : fmt::format("job {}  {}/jobs/{}\n", id, options.remote.server, id));
    return k_exit_ok;
}

int run_cancel(const JobOptions& options, Terminal& terminal) {
    Ask question;
    question.method = "POST";
    question.target = job_path(options.job) + "/cancel";
    return show(options.remote, question, render_job, terminal);
}

void add_job_commands(Program& program) {
    struct Row {
        const char* name;
        const char* what;
        const char* examples;
        int (*function)(const JobOptions&, Terminal&);
    };
    const Row rows[] = {
        {"show", "Show a job: both arms, counts, verdict, reports",
         "  krepro show 3\n  krepro show 3 --json | jq .verdict", run_show},
        {"watch", "Follow a job to its end and exit with its verdict's code",
         "  krepro watch 3\n  krepro watch 3 --json   (one event a line)", run_watch},
        {"wait", "Wait for a job's end, say its verdict, exit with the verdict's code",
         "  krepro wait 3\n  krepro wait 3 --json | jq .verdict.kind", run_wait},
        {"retry", "Queue the same job again", "  krepro retry 3\n  krepro retry 3 --json | jq .id",
         run_retry},
        {"cancel", "End a job; what was found so far stays", "  krepro cancel 3", run_cancel}};
    for (const auto& row : rows) {
        auto& options = program.keep<JobOptions>();
        auto* command = program.add(row.name, row.what, row.examples);
        add_id(command, "job", options.job, "Id of the job");
        add_remote(command, options.remote);
        program.on(command,
                   [&program, &options, row] { return row.function(options, program.terminal()); });
    }
}

}  // namespace krepro::cli
