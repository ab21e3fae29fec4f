// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <string_view>

#include "cli/cli.hpp"
#include "cli/exit_code.hpp"
#include "cli/program.hpp"

namespace krepro::cli {

#define GROUP(name) void add_##name##_commands(Program& program);
#include "cli/groups.def"
#undef GROUP

namespace {

using AddGroup = void (*)(Program&);
constexpr AddGroup k_groups[] = {
#define GROUP(name) add_##name##_commands,
#include "cli/groups.def"
#undef GROUP
};

}  // namespace

Program::Program(const Commands& commands, Terminal& terminal)
    : terminal_(terminal),
      app_(
          "Proves kernel fixes: builds without and with a patch, boots both, runs the "
          "reproducer, says which bug is gone.") {
    app_.name("krepro");
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "krepro " + commands.version);
    app_.footer(
        "Exit codes: 0 fixed, 1 not fixed or regression or a new splat, 2 infrastructure,\n"
        "3 not reproduced, 4 inconclusive, 64 usage.\n"
        "Begin with: krepro serve, and in another terminal: krepro submit MAIL --wait");
    for (const auto add_group : k_groups) add_group(*this);
    for (const auto& add_group : commands.groups) add_group(*this);
}

int Program::run(int argc, char** argv) {
    try {
        app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app_.exit(error);
        return code == 0 ? k_exit_ok : k_exit_usage;
    }
    return action_();
}

CLI::App* Program::add(const std::string& name, const std::string& what,
                       const std::string& examples) {
    auto* command = app_.add_subcommand(name, what);
    command->footer("Examples:\n" + examples);
    return command;
}

void Program::on(CLI::App* command, Action action) {
    command->callback([this, action = std::move(action)] { action_ = action; });
}

namespace {

int run(int argc, char** argv, const Commands& commands) {
    auto terminal = Terminal::of_process();
    try {
        Program program(commands, terminal);
        return program.run(argc, argv);
    } catch (const util::InfraError& error) {
        terminal.error(error.error());
        return exit_code(error.error());
    } catch (const std::exception& error) {
        terminal.error({util::ErrorKind::internal, error.what(), "krepro", ""});
        return k_exit_infrastructure;
    }
}

}  // namespace

int main(int argc, char** argv, const Commands& commands) {
    const int code = run(argc, argv, commands);
    const bool check = argc > 1 && std::string_view(argv[1]) == "check";
    // A wrong option or a failure is no finding about a commit.
    return check && (code == k_exit_usage || code == k_exit_infrastructure) ? k_check_abort : code;
}

}  // namespace krepro::cli
