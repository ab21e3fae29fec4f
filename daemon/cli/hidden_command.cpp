// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

namespace krepro::cli {

AddGroup hidden_command(std::string name, std::function<int()> run) {
    return [name = std::move(name), run = std::move(run)](Program& program) {
        program.on(program.app().add_subcommand(name)->group(""), run);
    };
}

}  // namespace krepro::cli
