// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

namespace krepro::cli {

AddGroup doctor_command(std::function<int(const DoctorOptions&)> run) {
    return [run = std::move(run)](Program& program) {
        auto& options = program.keep<DoctorOptions>();
        auto* command = program.add("doctor", "Check what krepro needs, each with its mend",
                                    "  krepro doctor\n  krepro doctor --json");
        add_serve_options(command, options.serve);
        add_output(command, options.output);
        program.on(command, [run, &options] { return run(options); });
    };
}

}  // namespace krepro::cli
