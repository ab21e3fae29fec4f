// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

namespace krepro::cli {

namespace {

void add_cache_commands(Program& program, const std::function<int(const CacheOptions&)>& run) {
    auto* group = program.app().add_subcommand(
        "cache", "See and tidy the kernels, objects and trees that krepro keeps");
    group->require_subcommand(1);
    const auto sub = [&](const char* name, const char* what, const char* examples) {
        auto& options = program.keep<CacheOptions>();
        options.action = name;
        auto* command = group->add_subcommand(name, what);
        command->footer(std::string("Examples:\n") + examples);
        command->add_option("--state", options.serve.state, "Folder of the daemon's store");
        command->add_option("--cache", options.serve.cache, "Folder of trees, kernels and images");
        add_output(command, options.output);
        program.on(command, [&options, run] { return run(options); });
        return std::pair{command, &options};
    };
    sub("list", "List what is kept, longest unused first", "  krepro cache list --json");
    sub("verify", "Hash every kernel and every artifact; 1 when one is damaged",
        "  krepro cache verify");
    const auto [pruning, options] =
        sub("prune", "Remove what was used longest ago, until the rest fits",
            "  krepro cache prune --gib 20\n"
            "  krepro cache prune --gib 0    (all that no job holds)");
    pruning
        ->add_option("--gib", options->most_gib,
                     "GiB that may stay; what krepro serve holds to when not given")
        ->check(CLI::NonNegativeNumber);
}

}  // namespace

AddGroup cache_command(std::function<int(const CacheOptions&)> run) {
    return [run = std::move(run)](Program& program) { add_cache_commands(program, run); };
}

}  // namespace krepro::cli
