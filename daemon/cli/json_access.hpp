// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/json.hpp"

namespace krepro::cli {

// Members of a server's answer by path ("arms.patched.counts.hits"). A newer or older server may
// leave members out or change them: what is not there as asked is empty, never an exception.
[[nodiscard]] const model::Json& at(const model::Json& json, std::string_view path);
[[nodiscard]] std::string text_at(const model::Json& json, std::string_view path);
[[nodiscard]] double number_at(const model::Json& json, std::string_view path);
[[nodiscard]] std::int64_t integer_at(const model::Json& json, std::string_view path);
[[nodiscard]] bool flag_at(const model::Json& json, std::string_view path);

}  // namespace krepro::cli
