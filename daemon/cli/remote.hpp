// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cli/commands.hpp"
#include "http/client.hpp"
#include "model/json.hpp"

namespace krepro::cli {

// What the subcommands that talk to a server share.

// Prints the error; its exit code.
int failed(const util::Error& error, Terminal& terminal);
util::Result<model::Json> ask(const Remote& remote, const http::Ask& question);
[[nodiscard]] std::string job_path(std::int64_t job);
// Every byte escaped: safe in any place of a query.
[[nodiscard]] std::string percent(const std::string& text);

using Render = std::string (*)(const model::Json&, const Terminal&);
// Asks and prints the answer, as text or as JSON.
int show(const Remote& remote, const http::Ask& question, Render render, Terminal& terminal);

}  // namespace krepro::cli
