// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace krepro::http {

// What a Range header asks of a file of `size` bytes (RFC 9110, 14).
struct RangeChoice {
    enum class Kind {
        whole,          // no header, another unit, several ranges or bad syntax: 200
        part,           // 206
        unsatisfiable,  // 416
    };
    Kind kind = Kind::whole;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    bool operator==(const RangeChoice&) const = default;
};

[[nodiscard]] RangeChoice choose_range(std::string_view header, std::uint64_t size);

}  // namespace krepro::http
