// SPDX-License-Identifier: Apache-2.0
// Wires krepro: the only place that knows every concrete class.
#include "cli/cli.hpp"

int main(int argc, char** argv) {
    krepro::cli::Commands commands;
    commands.version = "0.1.0";
    return krepro::cli::main(argc, argv, commands);
}
