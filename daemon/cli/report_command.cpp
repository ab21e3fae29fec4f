// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/program.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"

namespace krepro::cli {

int run_report(const ReportOptions& options, Terminal& terminal) {
    http::Ask question;
    question.target = fmt::format("/api/v1/reports/{}", options.report);
    return show(options.remote, question, render_stored_report, terminal);
}

void add_report_commands(Program& program) {
    auto& options = program.keep<ReportOptions>();
    auto* command = program.add("report", "Show a report: title, context, locks, frames",
                                "  krepro report 7\n  krepro report 7 --json | jq .report.frames");
    add_id(command, "report", options.report, "Id of the report");
    add_remote(command, options.remote);
    program.on(command, [&] { return run_report(options, program.terminal()); });
}

}  // namespace krepro::cli
