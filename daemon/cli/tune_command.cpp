// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"
#include "cli/program.hpp"

namespace krepro::cli {

namespace {

struct Given {
    SubmitOptions submit;
    TuneOptions tune;
};

}  // namespace

AddGroup tune_command(std::function<int(const TuneOptions&)> run) {
    return [run = std::move(run)](Program& program) {
        auto& given = program.keep<Given>();
        auto* command = program.add(
            "tune", "Find the variant of a reproducer that hits soonest on this host",
            "  krepro tune fix.eml\n"
            "  krepro tune fix.eml --minutes 60 --json\n"
            "  krepro tune fix.eml --script repro.sh --tree debian-6.1.8-rt5\n"
            "Boots the kernel without the patch under variants (vCPUs, runtime, instances, "
            "memory),\n"
            "drops those that hit seldom, and keeps the best: later jobs about the same bug run "
            "it\n"
            "as their amplified workload, and say so. Ctrl-C ends the VM; nothing is kept then.");
        command->add_option("mail", given.submit.mails, "Mail or patches; - for standard input")
            ->required();
        command->add_option("--script", given.submit.script_file,
                            "Reproducer, in place of the mail's own; run once an iteration");
        command->add_option("--tree", given.submit.spec.tree, "Kernel tree")->capture_default_str();
        command->add_option("--profile", given.submit.spec.profile, "Kernel configuration")
            ->capture_default_str();
        command->add_option("--minutes", given.tune.minutes, "Time for trials")
            ->capture_default_str()
            ->check(CLI::Range(1.0, 10080.0));
        add_serve_options(command, given.tune.serve);
        add_output(command, given.tune.output);
        program.on(command, [run, &program, &given] {
            auto spec = complete_spec(given.submit);
            if (!spec) {
                program.terminal().error(spec.error());
                return exit_code(spec.error());
            }
            given.tune.spec = std::move(*spec);
            return run(given.tune);
        });
    };
}

}  // namespace krepro::cli
