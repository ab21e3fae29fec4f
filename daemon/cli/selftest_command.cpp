// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

namespace krepro::cli {

AddGroup selftest_command(std::function<int(const SelftestOptions&)> run) {
    return [run = std::move(run)](Program& program) {
        auto& options = program.keep<SelftestOptions>();
        auto* command =
            program.add("selftest", "Raise one bug a family in VMs; see that each is recognized",
                        "  krepro selftest\n"
                        "  krepro selftest --family circular_locking invalid_wait_context\n"
                        "  krepro selftest --profile rt-lockdep\n"
                        "  krepro selftest --keep consoles --json");
        command->add_option("--tree", options.tree, "Kernel tree, by its name in trees.toml")
            ->capture_default_str();
        command
            ->add_option("--profile", options.profile,
                         "Kernel configuration; bugs that it has no detector for are skipped")
            ->capture_default_str();
        command->add_option("--family", options.families,
                            "Only these, by their names or kinds in kernels/zoo/zoo.toml");
        command->add_option("--keep", options.keep, "Folder for the console of each bug");
        add_serve_options(command, options.serve);
        add_output(command, options.output);
        program.on(command, [run, &options] { return run(options); });
    };
}

}  // namespace krepro::cli
