// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/json.hpp"

namespace krepro::model {

// parse_json() for what others sent, which is one object, when a few values are all it may hold:
// what has more is refused before it is parsed.
util::Result<Json> parse_small_json(std::string_view text, const std::string& where,
                                    std::size_t max_values);

}  // namespace krepro::model
