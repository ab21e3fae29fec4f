// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace krepro::http {

// What the connection does after an answer.
enum class Ending { keep_alive, close };

// The status line and the header fields of an answer, to the empty line. No byte of a field's value
// begins another line.
[[nodiscard]] std::string head_bytes(const Reply& reply, Ending ending);

// The bytes that leave with the head; empty when the body is a file or a stream.
[[nodiscard]] std::string_view body_bytes(const Reply& reply);

}  // namespace krepro::http
