// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/json_access.hpp"
#include "cli/program.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"

namespace krepro::cli {

using util::Result;

namespace {

Result<model::Json> checked(const SubmitOptions& options, Terminal& terminal) {
    auto complete = options;
    auto spec = complete_spec(options);
    if (!spec) return tl::unexpected(spec.error());
    complete.spec = std::move(*spec);
    const auto job = hand_over(complete);
    if (!job) return job;
    const auto id = integer_at(*job, "id");
    terminal.note(fmt::format("job {}: {}/jobs/{}", id, options.remote.server, id));
    return watch({options.remote, id}, terminal);
}

}  // namespace

int check_exit_code(const model::Json& job) {
    const auto kind = model::enum_from_string<model::VerdictKind>(text_at(job, "verdict.kind"));
    if (kind == model::VerdictKind::reproduced) return 1;
    if (kind == model::VerdictKind::not_reproduced) return 0;
    if (kind == model::VerdictKind::inconclusive) return k_check_skip;
    // With an arm the code is at fault, without one the machine or the request.
    return text_at(job, "problem.arm").empty() ? k_check_abort : k_check_skip;
}

int run_check(const SubmitOptions& options, Terminal& terminal) {
    const auto job = checked(options, terminal);
    if (!job) {
        terminal.error(job.error());
        return k_check_abort;
    }
    terminal.print(options.remote.output == Output::json ? model::dump(*job) + "\n"
                                                         : render_job(*job, terminal));
    return check_exit_code(*job);
}

void add_check_commands(Program& program) {
    auto& options = program.keep<SubmitOptions>();
    options.spec.alone = true;
    auto* command = program.add(
        "check", "Does one commit's kernel show the bug? For git bisect run",
        "  krepro check HEAD --tree /src/linux --mail fix.eml\n"
        "  git bisect run krepro check HEAD --tree \"$PWD\" --script repro.sh --wall-s 600\n"
        "Exit codes: 0 it does not show, 1 it does, 125 this commit cannot be tested, 128 no\n"
        "commit can (server, tree, options). A clean kernel uses the whole budget: its size says\n"
        "how rare a bug may be and still be seen.");
    command->add_option("commit", options.spec.commit, "Commit of the tree")->required();
    command
        ->add_option("--mail", options.mails,
                     "Mail that tells of the bug: its trace and its reproducer; - for standard "
                     "input")
        ->expected(1);
    command->add_option("--script", options.script_file,
                        "Reproducer, in place of the mail's own; run once an iteration");
    command->add_option("--config", options.config_file,
                        "File with CONFIG_X=y lines, on top of the profile's");
    add_spec(command, options.spec);
    add_remote(command, options.remote);
    program.on(command, [&] { return run_check(options, program.terminal()); });
}

}  // namespace krepro::cli
