// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace krepro::util {

// HMAC-SHA256 (RFC 2104) in lower-case hexadecimal.
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

}  // namespace krepro::util
