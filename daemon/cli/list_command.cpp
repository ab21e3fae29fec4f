// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/program.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"

namespace krepro::cli {

namespace {

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

int run_list(const ListOptions& options, Terminal& terminal) {
    http::Ask question;
    question.target = "/api/v1/jobs" + query_of(options);
    return show(options.remote, question, render_jobs, terminal);
}

void add_list_commands(Program& program) {
    auto& options = program.keep<ListOptions>();
    auto* command = program.add("list", "List jobs, newest first",
                                "  krepro list --verdict not_fixed\n"
                                "  krepro list --text memcg --limit 10 --json");
    command->add_option("--stage", options.stage,
                        "queued, checking_out, building, running or done");
    command->add_option("--verdict", options.verdict, "fixed, not_fixed, regression, ...");
    command->add_option("--text", options.text, "Part of the title");
    command->add_option("--before", options.before, "Only ids below this one");
    command->add_option("--limit", options.limit, "At most this many")
        ->check(CLI::Range(1, 500))
        ->capture_default_str();
    add_remote(command, options.remote);
    program.on(command, [&] { return run_list(options, program.terminal()); });
}

}  // namespace krepro::cli
