// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "model/job.hpp"

namespace krepro::cli {

// What a program shows its results as.
enum class Output { text, json };

// What the command line says of the daemon. What it does not say is left to the environment, the
// configuration file and the defaults, in this order.
struct ServeOptions {
    std::optional<std::filesystem::path> state;  // store, artifacts, runs
    std::optional<std::filesystem::path> cache;  // trees, builds, images
    std::optional<std::filesystem::path> share;  // kernels/ and web/dist
    std::optional<std::string> address;
    std::optional<unsigned short> port;      // 0: any
    std::optional<std::string> accelerator;  // kvm or tcg
    std::optional<std::string> libvirt_uri;
};

struct DoctorOptions {
    ServeOptions serve;
    Output output = Output::text;
};

// What main wires: the subcommands that need the concrete classes. One that is empty is not
// offered. Each returns the program's exit code.
struct Commands {
    std::function<int(const ServeOptions&)> serve;
    std::function<int(const DoctorOptions&)> doctor;
    std::string version = "unknown";
};

// Reads the command line, runs the subcommand, prints errors; the program's exit code.
int main(int argc, char** argv, const Commands& commands);

}  // namespace krepro::cli
