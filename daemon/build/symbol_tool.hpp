// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "build/symbol_protocol.hpp"
#include "util/result.hpp"

namespace krepro::build {

// The subcommand under which krepro runs itself in the sandbox; in no help text.
inline constexpr std::string_view k_symbol_tool = "symbol-tool";

// Which units define the functions. A name that several functions of the kernel have is told apart
// by the printed size; where that does not do, it is each of them.
util::Result<FindAnswer> find_functions(const FindRequest& request);

// Lines, for the frames whose unit has the code that runs: each of its code sections, byte by byte
// but for what the linker fills in. Where units differ the frame stays without lines, and where it
// may be in one of several functions that do not have the same line there.
util::Result<ReadAnswer> read_lines(const ReadRequest& request);

// Does what the JSON of a request asks ("find" or "read") and returns the answer's JSON.
util::Result<std::string> run_symbol_tool(std::string_view request);

}  // namespace krepro::build
