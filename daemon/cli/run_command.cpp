// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"
#include "cli/program.hpp"

namespace krepro::cli {

namespace {

struct RunOptions {
    ServeOptions serve;
    SubmitOptions submit;
};

}  // namespace

AddGroup run_command(WithServer with_server) {
    return [with_server = std::move(with_server)](Program& program) {
        auto& options = program.keep<RunOptions>();
        options.submit.wait = true;
        auto* command = program.add(
            "run", "Prove a fix without a daemon: the job runs in this process",
            "  krepro run fix.eml\n"
            "  git format-patch -1 --stdout | krepro run - --workload amplified --json\n"
            "Ctrl-C ends the VM and the job. What was found stays: krepro serve --state "
            "STATE/run shows it.");
        command
            ->add_option("mail", options.submit.mails,
                         "Mail, patches or commit; - for standard input")
            ->required();
        command->add_option("--script", options.submit.script_file,
                            "Reproducer, in place of the mail's own; run once an iteration");
        add_spec(command, options.submit.spec);
        add_serve_options(command, options.serve);
        add_output(command, options.submit.remote.output);
        program.on(command, [with_server, &program, &options] {
            // Before anything is started: a mail that cannot be read needs no libvirt to say so.
            auto spec = complete_spec(options.submit);
            if (!spec) {
                program.terminal().error(spec.error());
                return exit_code(spec.error());
            }
            options.submit.spec = std::move(*spec);
            return with_server(options.serve, [&](const std::string& url) {
                options.submit.remote.server = url;
                return run_submit_spec(options.submit, program.terminal());
            });
        });
    };
}

}  // namespace krepro::cli
