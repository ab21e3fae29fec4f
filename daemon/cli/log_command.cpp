// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/exit_code.hpp"
#include "cli/json_access.hpp"
#include "cli/program.hpp"
#include "cli/remote.hpp"

namespace krepro::cli {

namespace {
constexpr std::chrono::seconds k_log_pause{1};
}

int run_log(const LogOptions& options, Terminal& terminal) {
    const auto client = http::Client::make(options.remote.server);
    if (!client) return failed(client.error(), terminal);
    std::size_t shown = 0;
    while (true) {
        const auto trial =
            client->json({"GET", fmt::format("/api/v1/trials/{}", options.trial), "", "", ""});
        if (!trial) return failed(trial.error(), terminal);
        const auto answer =
            client->send({"GET", fmt::format("/api/v1/trials/{}/console", options.trial), "",
                          fmt::format("bytes={}-", shown), ""});
        if (!answer) return failed(answer.error(), terminal);
        const bool running = flag_at(*trial, "running");
        if (answer->status == 200 || answer->status == 206) {
            // Lines of the kernel, made harmless: a guest does not drive this terminal.
            terminal.print(printable(answer->body));
            shown += answer->body.size();
        } else if (answer->status != 416 && !(running && options.follow)) {
            return failed({util::ErrorKind::not_found, "the trial has no console",
                           fmt::format("trial {}", options.trial), ""},
                          terminal);
        }
        if (!options.follow || !running) return k_exit_ok;
        std::this_thread::sleep_for(k_log_pause);
    }
}

void add_log_commands(Program& program) {
    auto& options = program.keep<LogOptions>();
    auto* command = program.add("log", "Print the console of a trial",
                                "  krepro log 12\n  krepro log 12 -f   (while it runs)");
    add_id(command, "trial", options.trial, "Id of the trial");
    command->add_flag("-f,--follow", options.follow, "Go on until the trial ends");
    add_remote(command, options.remote);
    program.on(command, [&] { return run_log(options, program.terminal()); });
}

}  // namespace krepro::cli
