// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "cli/exit_code.hpp"
#include "cli/program.hpp"
#include "cli/remote.hpp"

namespace krepro::cli {

namespace {

struct OpenOptions {
    Remote remote;
    std::int64_t job = 0;  // 0: the list of jobs
    bool print_only = false;
};

// Whether there is a desktop that could show a page.
bool has_desktop() {
    for (const auto* name : {"DISPLAY", "WAYLAND_DISPLAY"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return true;
    return false;
}

// xdg-open leaves a browser running: it is not waited for longer than it takes to start it.
bool open_in_browser(const std::string& url) {
    std::string program = "xdg-open", argument = url;
    char* argv[] = {program.data(), argument.data(), nullptr};
    pid_t child = 0;
    if (::posix_spawnp(&child, program.c_str(), nullptr, nullptr, argv, environ) != 0) return false;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int run_open(const OpenOptions& options, Terminal& terminal) {
    // A page that is not there should be said here and not in a browser.
    http::Ask question;
    question.target = options.job > 0 ? job_path(options.job) : "/healthz";
    if (const auto there = ask(options.remote, question); !there)
        return failed(there.error(), terminal);
    const auto url = options.job > 0 ? fmt::format("{}/jobs/{}", options.remote.server, options.job)
                                     : options.remote.server + "/";
    terminal.print(options.remote.output == Output::json ? model::dump({{"url", url}}) + "\n"
                                                         : url + "\n");
    if (!options.print_only && has_desktop() && !open_in_browser(url))
        terminal.note("no browser could be started: open the address above");
    return k_exit_ok;
}

}  // namespace

void add_open_commands(Program& program) {
    auto& options = program.keep<OpenOptions>();
    auto* command = program.add("open", "Show a job in the dashboard",
                                "  krepro open 3\n  krepro open   (the list of jobs)\n"
                                "  krepro open 3 --print   (the address alone)");
    command->add_option("job", options.job, "Id of the job")->check(CLI::PositiveNumber);
    command->add_flag("--print", options.print_only, "Print the address, start no browser");
    add_remote(command, options.remote);
    program.on(command, [&] { return run_open(options, program.terminal()); });
}

}  // namespace krepro::cli
