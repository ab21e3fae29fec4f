// SPDX-License-Identifier: Apache-2.0
#include "cli/remote.hpp"

#include <fmt/format.h>

#include "cli/exit_code.hpp"

namespace krepro::cli {

using model::Json;
using util::Result;

int failed(const util::Error& error, Terminal& terminal) {
    terminal.error(error);
    return exit_code(error);
}

Result<Json> ask(const Remote& remote, const http::Ask& question) {
    const auto client = http::Client::make(remote.server);
    if (!client) return tl::unexpected(client.error());
    return client->json(question);
}

std::string job_path(std::int64_t job) {
    return fmt::format("/api/v1/jobs/{}", job);
}

std::string percent(const std::string& text) {
    std::string escaped;
    for (const unsigned char c : text) escaped += fmt::format("%{:02X}", c);
    return escaped;
}

int show(const Remote& remote, const http::Ask& question, Render render, Terminal& terminal) {
    const auto answer = ask(remote, question);
    if (!answer) return failed(answer.error(), terminal);
    terminal.print(remote.output == Output::json ? model::dump_pretty(*answer) + "\n"
                                                 : render(*answer, terminal));
    return k_exit_ok;
}

}  // namespace krepro::cli
