// SPDX-License-Identifier: Apache-2.0
// What the command line says of itself: completions and manual pages.
#include <fmt/format.h>

#include <filesystem>

#include "cli/exit_code.hpp"
#include "cli/outline.hpp"
#include "cli/program.hpp"
#include "util/files.hpp"

namespace krepro::cli {

namespace {

struct CompletionOptions {
    std::string shell;
};

struct ManualOptions {
    std::string command;  // empty: krepro itself
    std::string folder;   // empty: standard output
};

int run_completion(const CompletionOptions& options, Program& program) {
    const auto outline = outline_of(program.app());
    program.terminal().print(options.shell == "bash"  ? bash_completion(outline)
                             : options.shell == "zsh" ? zsh_completion(outline)
                                                      : fish_completion(outline));
    return k_exit_ok;
}

util::Result<void> write_manual(const CommandOutline& outline, const std::filesystem::path& folder,
                                const std::string& version) {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    auto written = util::write_file_atomic(folder / (outline.name + ".1"),
                                           manual_page(outline, nullptr, version));
    for (const auto& command : outline.commands) {
        if (!written) return written;
        const auto name = fmt::format("{}-{}.1", outline.name, command.name);
        written = util::write_file_atomic(folder / name, manual_page(command, &outline, version));
    }
    return written;
}

int run_manual(const ManualOptions& options, Program& program) {
    const auto outline = outline_of(program.app());
    const auto& version = program.app().version();
    const auto fail = [&](const util::Error& error) {
        program.terminal().error(error);
        return exit_code(error);
    };
    if (!options.folder.empty()) {
        const auto written = write_manual(outline, options.folder, version);
        return written ? k_exit_ok : fail(written.error());
    }
    if (options.command.empty()) {
        program.terminal().print(manual_page(outline, nullptr, version));
        return k_exit_ok;
    }
    for (const auto& command : outline.commands)
        if (command.name == options.command) {
            program.terminal().print(manual_page(command, &outline, version));
            return k_exit_ok;
        }
    return fail({util::ErrorKind::not_found, "there is no such subcommand", options.command,
                 "krepro --help lists them"});
}

}  // namespace

void add_completion_commands(Program& program) {
    auto& completion = program.keep<CompletionOptions>();
    auto* command =
        program.add("completion", "Print a script that completes krepro's words",
                    "  krepro completion bash > /etc/bash_completion.d/krepro\n"
                    "  krepro completion zsh > ~/.zfunc/_krepro\n"
                    "  krepro completion fish > ~/.config/fish/completions/krepro.fish");
    command->add_option("shell", completion.shell, "The shell")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    program.on(command, [&] { return run_completion(completion, program); });

    auto& manual = program.keep<ManualOptions>();
    command = program.add("manual", "Print or write the manual pages",
                          "  krepro manual show | man -l -\n"
                          "  krepro manual -o /usr/local/share/man/man1");
    command->add_option("command", manual.command, "Of this subcommand; krepro when not given");
    command->add_option("-o,--output", manual.folder, "Folder for all of the pages");
    program.on(command, [&] { return run_manual(manual, program); });
}

}  // namespace krepro::cli
