// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

namespace krepro::cli {

void add_parse_commands(Program& program) {
    auto& options = program.keep<ParseOptions>();
    auto* command =
        program.add("parse", "Find the kernel reports in a console log; needs no server",
                    "  krepro parse console.log\n  dmesg | krepro parse - --json\n"
                    "  dmesg --follow | krepro parse - --follow --json   (one report a line)");
    command->add_option("file", options.file, "Console log; - for standard input")->required();
    add_output(command, options.output);
    command->add_flag_callback(
        "--text", [&] { options.output = Output::text; }, "Print text (the default)");
    command->add_flag("-f,--follow", options.follow,
                      "Print each report when it is complete, and read on as the file grows");
    command->add_flag("--notices", options.notices,
                      "Print the scheduler's and timers' remarks on a slow machine too");
    program.on(command, [&] { return run_parse(options, program.terminal()); });
}

}  // namespace krepro::cli
