// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace krepro::guest {

// One JSON line of ttyS1 (daemon/model/harness.hpp says which fields there are). Text is escaped,
// and bytes that are no UTF-8 become U+FFFD, so that the line can always be read.
class Line {
  public:
    Line(std::string_view type, double uptime);
    Line& number(std::string_view name, std::int64_t value);
    Line& text(std::string_view name, std::string_view value);
    // The line with its newline.
    [[nodiscard]] std::string finish() const;

  private:
    std::string json_;
};

}  // namespace krepro::guest
