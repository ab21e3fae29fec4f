// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/result.hpp"

namespace krepro::http {

// A request's target, taken apart and percent-decoded. The path is split before it is decoded, so
// that an encoded slash stays inside its segment.
struct Target {
    std::string path;                   // as sent, without the query: for `instance` and logs
    std::vector<std::string> segments;  // "/api/v1/jobs" has three, "/" has none
    std::vector<std::pair<std::string, std::string>> query;

    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
};

// `invalid_input` when it does not begin with a slash, has a wrong percent escape or a NUL, or
// names a query parameter twice.
util::Result<Target> parse_target(std::string_view text);

// The error names the first parameter that is not in `known`.
util::Result<void> refuse_unknown_parameters(const Target& target,
                                             const std::vector<std::string_view>& known);

// A positive number, `otherwise` when it is not given; the error names the parameter.
util::Result<std::int64_t> number_parameter(const Target& target, std::string_view name,
                                            std::int64_t otherwise);

// A page of a listing: entries with ids smaller than `before` (0: from the newest).
struct Page {
    std::int64_t before = 0;
    int limit = 50;  // 1..500
};
// Of the parameters before and limit.
util::Result<Page> read_page(const Target& target);
// The same path and filters, from the last entry of this page on.
std::string next_link(const Target& target, std::int64_t last, int limit);

// A positive decimal number as ids and seqs are written; nothing else is one.
std::optional<std::int64_t> parse_id(std::string_view text);

}  // namespace krepro::http
