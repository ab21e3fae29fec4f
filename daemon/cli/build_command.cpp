// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

namespace krepro::cli {

AddGroup build_command(std::function<int(const BuildOptions&)> run) {
    return [run = std::move(run)](Program& program) {
        auto& options = program.keep<BuildOptions>();
        auto* command =
            program.add("build", "Build both kernels of a patch; needs no server",
                        "  krepro build fix.eml\n"
                        "  krepro build fix.patch --audit   (prove what was not compiled)\n"
                        "  krepro build - --plain --again --json");
        command->add_option("mail", options.mail, "Mail or patch; - for standard input")
            ->required();
        command
            ->add_option("--tree", options.tree,
                         "Kernel tree: a name that krepro tree list shows, or the "
                         "path of a git repository")
            ->capture_default_str();
        command->add_option("--profile", options.profile, "Kernel configuration")
            ->capture_default_str();
        command->add_flag("--audit", options.audit,
                          "Make every object that was skipped for real, and compare");
        auto* plain = command->add_flag("--plain", options.plain,
                                        "Leave it to make what is compiled, to measure against");
        plain->excludes(command->get_option("--audit"));
        command->add_option("--arm", options.arm, "This kernel alone: unpatched or patched")
            ->check(CLI::IsMember({"unpatched", "patched"}));
        command->add_flag("--again", options.again, "Build though the kernels are in the cache");
        add_serve_options(command, options.serve);
        add_output(command, options.output);
        program.on(command, [run, &options] { return run(options); });
    };
}

}  // namespace krepro::cli
