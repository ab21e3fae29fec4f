// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

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
    std::optional<double> cache_gib;  // the cache is kept to this size
    std::optional<std::filesystem::path> tls_cert, tls_key;
    std::optional<std::string> webhook;
    std::optional<std::filesystem::path> webhook_secret_file;
    std::optional<bool> webhook_allow_private;
    std::optional<bool> demand_tokens;
    std::optional<bool> allow_unsandboxed;
};

struct DoctorOptions {
    ServeOptions serve;
    Output output = Output::text;
};

struct SelftestOptions {
    ServeOptions serve;
    std::string tree = "debian-6.1.8-rt5";
    std::string profile = "rt-lockdep-zoo";
    std::vector<std::string> families;  // empty: all
    std::filesystem::path keep;         // a folder for the consoles; empty: not kept
    Output output = Output::text;
};

struct BuildOptions {
    ServeOptions serve;
    std::string mail;  // file, or "-"
    std::string tree = "debian-6.1.8-rt5";
    std::string profile = "rt-lockdep";
    bool audit = false;  // make every skipped object for real and compare
    bool plain = false;  // without the planner
    bool again = false;  // though the kernels are in the cache
    std::string arm;     // "unpatched" or "patched" alone; empty: both
    Output output = Output::text;
};

struct CacheOptions {
    ServeOptions serve;
    std::string action;              // "list", "verify", "prune"
    std::optional<double> most_gib;  // of prune
    Output output = Output::text;
};

struct TreeOptions {
    enum class What { list, add, update, remove, git };
    What what = What::list;
    std::string name;
    std::string kind, source;  // add: where it comes from
    std::string revision, version, description;
    bool rt_series = false;
    std::filesystem::path dest;  // git
    Output output = Output::text;
};

struct TuneOptions {
    ServeOptions serve;
    model::JobSpec spec;  // complete
    double minutes = 30;
    Output output = Output::text;
};

// The command line while it is put together; a group of subcommands adds itself to it.
class Program;
using AddGroup = std::function<void(Program&)>;

// What main wires: the subcommands that need the concrete classes.
struct Commands {
    std::vector<AddGroup> groups;
    std::string version = "unknown";
};

// One a subcommand; what runs it returns the program's exit code.
[[nodiscard]] AddGroup serve_command(std::function<int(const ServeOptions&)> run);
[[nodiscard]] AddGroup doctor_command(std::function<int(const DoctorOptions&)> run);
[[nodiscard]] AddGroup selftest_command(std::function<int(const SelftestOptions&)> run);
[[nodiscard]] AddGroup build_command(std::function<int(const BuildOptions&)> run);
[[nodiscard]] AddGroup cache_command(std::function<int(const CacheOptions&)> run);
[[nodiscard]] AddGroup tune_command(std::function<int(const TuneOptions&)> run);
// Starts a server in this process, calls `use` with its URL, and ends it when that returns; SIGINT
// cancels the jobs meanwhile.
using UseServer = std::function<int(const std::string& url)>;
using WithServer = std::function<int(const ServeOptions&, const UseServer& use)>;
[[nodiscard]] AddGroup run_command(WithServer with_server);
[[nodiscard]] AddGroup bisect_command(WithServer with_server);
[[nodiscard]] AddGroup tree_command(std::function<int(const TreeOptions&)> run);
// A part of krepro that it runs itself; in no help text, and without an option.
[[nodiscard]] AddGroup hidden_command(std::string name, std::function<int()> run);

// Reads the command line, runs the subcommand, prints errors; the program's exit code.
int main(int argc, char** argv, const Commands& commands);

}  // namespace krepro::cli
