// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "model/job.hpp"

namespace krepro::cli {

// What a program shows its results as.
enum class Output { text, json };

// Where krepro keeps and finds things. Defaults: the state folder of root or of the user, see
// default_places().
struct Places {
    std::filesystem::path state;   // store, artifacts, runs
    std::filesystem::path cache;   // trees, builds, images
    std::filesystem::path data;    // kernels/ and images/; empty: found beside the program
    std::filesystem::path config;  // krepro.toml; need not exist
};

struct ServeOptions {
    Places places;
    std::string address = "127.0.0.1";
    unsigned short port = 8734;
    std::filesystem::path web_root;  // empty: found beside the program
    std::string libvirt_uri = "qemu:///embed";
    std::string accelerator = "auto";  // auto, kvm or tcg
    int build_jobs = 0;                // make -j; 0: as many as processors
    std::string log_level = "info";    // trace, debug, info, warn, error
};

struct DoctorOptions {
    Places places;
    std::string libvirt_uri = "qemu:///embed";
    Output output = Output::text;
};

// The same as a job of a server, in this process.
struct RunOptions {
    ServeOptions serve;
    model::JobSpec spec;
    Output output = Output::text;
};

// What main wires: the subcommands that need the concrete classes. One that is empty is not
// offered. Each returns the program's exit code.
struct Commands {
    std::function<int(const ServeOptions&)> serve;
    std::function<int(const DoctorOptions&)> doctor;
    std::function<int(const RunOptions&)> run;
    std::string version = "unknown";
};

// Reads the command line, runs the subcommand, prints errors; the program's exit code.
int main(int argc, char** argv, const Commands& commands);

// /var/lib/krepro and its like for root, the XDG folders for others; KREPRO_STATE, KREPRO_CACHE,
// KREPRO_DATA and KREPRO_CONFIG override.
[[nodiscard]] Places default_places();

}  // namespace krepro::cli
