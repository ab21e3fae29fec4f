// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"

namespace krepro::cli {

// The command line while it is put together and parsed. A group of subcommands adds itself by a
// function of this class's parts alone.
class Program {
  public:
    Program(const Commands& commands, Terminal& terminal);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    int run(int argc, char** argv);

    // What runs when the subcommand is given; the exit code.
    using Action = std::function<int()>;

    CLI::App* add(const std::string& name, const std::string& what, const std::string& examples);
    void on(CLI::App* command, Action action);
    // Options that live as long as the program: CLI11 writes through references into them.
    template <class Options>
    Options& keep(Options options = {}) {
        auto kept = std::make_shared<Options>(std::move(options));
        kept_.push_back(kept);
        return *kept;
    }

    [[nodiscard]] CLI::App& app() { return app_; }
    [[nodiscard]] Terminal& terminal() { return terminal_; }

  private:
    Terminal& terminal_;
    std::vector<std::shared_ptr<void>> kept_;  // shared_ptr: destroys what it does not name
    CLI::App app_;
    Action action_;
};

// Options that several subcommands have.
void add_output(CLI::App* command, Output& output);
void add_remote(CLI::App* command, Remote& remote);
void add_spec(CLI::App* command, model::JobSpec& spec);
void add_serve_options(CLI::App* command, ServeOptions& options);
// A job, trial or report by its number.
void add_id(CLI::App* command, const std::string& name, std::int64_t& id, const std::string& what);

}  // namespace krepro::cli
