// SPDX-License-Identifier: Apache-2.0
// The subcommands that talk to a server.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_access.hpp"
#include "cli/progress.hpp"
#include "cli/render.hpp"
#include "http/client.hpp"
#include "model/job_spec.hpp"

namespace krepro::cli {

using http::Ask;
using http::Client;
using model::Json;
using util::Result;

namespace {

constexpr std::chrono::seconds k_patience{60};
constexpr std::chrono::seconds k_log_pause{1};
constexpr std::size_t k_script_bytes = 65536;

int failed(const util::Error& error, Terminal& terminal) {
    terminal.error(error);
    return exit_code(error);
}

Result<Json> ask(const Remote& remote, const Ask& question) {
    const auto client = Client::make(remote.server);
    if (!client) return tl::unexpected(client.error());
    return client->json(question);
}

std::string job_path(std::int64_t job) {
    return fmt::format("/api/v1/jobs/{}", job);
}

// Every byte escaped: safe in any place of a query.
std::string percent(const std::string& text) {
    std::string escaped;
    for (const unsigned char c : text) escaped += fmt::format("%{:02X}", c);
    return escaped;
}

using Render = std::string (*)(const Json&, const Terminal&);

int show(const Remote& remote, const Ask& question, Render render, Terminal& terminal) {
    const auto answer = ask(remote, question);
    if (!answer) return failed(answer.error(), terminal);
    terminal.print(remote.output == Output::json ? model::dump_pretty(*answer) + "\n"
                                                 : render(*answer, terminal));
    return k_exit_ok;
}

// The exit code that a job's verdict stands for; a job without one is still on its way.
int exit_code_of(const Json& job) {
    const auto kind = model::enum_from_string<model::VerdictKind>(text_at(job, "verdict.kind"));
    return kind ? exit_code(*kind) : k_exit_ok;
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

// A mail goes as it is, byte for byte: JSON could not carry what is not UTF-8. A script needs JSON.
Ask submission(const model::JobSpec& spec) {
    Ask question;
    question.method = "POST";
    question.target = "/api/v1/jobs";
    if (!spec.script.empty()) {
        question.content_type = "application/json";
        question.body = model::dump(model::to_json(spec));
        return question;
    }
    question.content_type = "text/plain";
    question.body = spec.mail;
    question.target +=
        fmt::format("?tree={}&profile={}&workload={}&confidence={}&wall_s={}&trials={}",
                    percent(spec.tree), percent(spec.profile), model::to_string(spec.workload),
                    spec.confidence, spec.budget.wall_s, spec.budget.trials);
    return question;
}

std::string query_of(const ListOptions& options) {
    std::string query = fmt::format("?limit={}", options.limit);
    if (options.before > 0) query += fmt::format("&before={}", options.before);
    const std::pair<const char*, std::string> filters[] = {
        {"stage", options.stage}, {"verdict", options.verdict}, {"q", options.text}};
    for (const auto& [name, value] : filters) {
        if (value.empty()) continue;
        query += fmt::format("&{}={}", name, percent(value));
    }
    return query;
}

}  // namespace

Result<model::JobSpec> complete_spec(const SubmitOptions& options) {
    auto spec = options.spec;
    auto mail = read_input(options.mail, model::k_max_mail_bytes);
    if (!mail) return tl::unexpected(std::move(mail.error()));
    spec.mail = std::move(*mail);
    if (!options.script_file.empty()) {
        auto script = read_input(options.script_file, k_script_bytes);
        if (!script) return tl::unexpected(std::move(script.error()));
        spec.script = std::move(*script);
    }
    if (auto valid = model::validate(spec); !valid) return tl::unexpected(valid.error());
    return spec;
}

int run_submit(const SubmitOptions& options, Terminal& terminal) {
    const auto spec = complete_spec(options);
    if (!spec) return failed(spec.error(), terminal);
    const auto job = ask(options.remote, submission(*spec));
    if (!job) return failed(job.error(), terminal);
    const auto id = integer_at(*job, "id");
    const auto page = fmt::format("{}/jobs/{}", options.remote.server, id);
    if (options.wait) {
        terminal.note(fmt::format("job {}: {}", id, page));
        return run_watch({options.remote, id}, terminal);
    }
    terminal.print(options.remote.output == Output::json ? model::dump_pretty(*job) + "\n"
                                                         : fmt::format("job {}  {}\n", id, page));
    return k_exit_ok;
}

int run_show(const JobOptions& options, Terminal& terminal) {
    Ask question;
    question.target = job_path(options.job);
    return show(options.remote, question, render_job, terminal);
}

int run_watch(const JobOptions& options, Terminal& terminal) {
    const auto followed = follow(options, terminal);
    if (!followed) return failed(followed.error(), terminal);
    Ask question;
    question.target = job_path(options.job);
    const auto job = ask(options.remote, question);
    if (!job) return failed(job.error(), terminal);
    // The events were one line of JSON each, and so is the end.
    terminal.print(options.remote.output == Output::json ? model::dump(*job) + "\n"
                                                         : render_job(*job, terminal));
    return exit_code_of(*job);
}

int run_cancel(const JobOptions& options, Terminal& terminal) {
    Ask question;
    question.method = "POST";
    question.target = job_path(options.job) + "/cancel";
    return show(options.remote, question, render_job, terminal);
}

int run_list(const ListOptions& options, Terminal& terminal) {
    Ask question;
    question.target = "/api/v1/jobs" + query_of(options);
    return show(options.remote, question, render_jobs, terminal);
}

int run_report(const ReportOptions& options, Terminal& terminal) {
    Ask question;
    question.target = fmt::format("/api/v1/reports/{}", options.report);
    return show(options.remote, question, render_stored_report, terminal);
}

int run_log(const LogOptions& options, Terminal& terminal) {
    const auto client = Client::make(options.remote.server);
    if (!client) return failed(client.error(), terminal);
    std::size_t shown = 0;
    while (true) {
        const auto trial =
            client->json({"GET", fmt::format("/api/v1/trials/{}", options.trial), "", "", ""});
        if (!trial) return failed(trial.error(), terminal);
        const auto answer =
            client->send({"GET", fmt::format("/api/v1/trials/{}/console", options.trial), "",
                          fmt::format("bytes={}-", shown), ""});
        if (!answer) return failed(answer.error(), terminal);
        const bool running = flag_at(*trial, "running");
        if (answer->status == 200 || answer->status == 206) {
            // Lines of the kernel, made harmless: a guest does not drive this terminal.
            terminal.print(printable(answer->body));
            shown += answer->body.size();
        } else if (answer->status != 416 && !(running && options.follow)) {
            return failed({util::ErrorKind::not_found, "the trial has no console",
                           fmt::format("trial {}", options.trial), ""},
                          terminal);
        }
        if (!options.follow || !running) return k_exit_ok;
        std::this_thread::sleep_for(k_log_pause);
    }
}

}  // namespace krepro::cli
