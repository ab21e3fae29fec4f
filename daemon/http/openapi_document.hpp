// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace krepro::http {

// docs/openapi.json as it was when this program was built: it is part of the program, so that what
// a server says of itself is true of itself.
[[nodiscard]] std::string_view openapi_document();

}  // namespace krepro::http
