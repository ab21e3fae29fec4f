// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/harness.hpp"
#include "util/result.hpp"

namespace krepro::vm {

// One line of ttyS1, without its end. `invalid_input` when it is not an event of the harness:
// type and uptime must be there, unknown fields and wrong types are refused.
[[nodiscard]] util::Result<model::HarnessEvent> parse_harness_line(std::string_view line);

// Takes ttyS1 apart into events while it streams. Any chunking gives the same events; memory is
// bounded whatever the bytes are.
class HarnessReader {
  public:
    static constexpr std::size_t k_longest_line = 64U << 10U;

    // Takes the next bytes; returns the events of the lines that they complete. Lines that are no
    // event, and lines that are too long, are passed over and counted.
    std::vector<model::HarnessEvent> feed(std::string_view bytes);
    [[nodiscard]] std::uint64_t junk_lines() const { return junk_lines_; }

  private:
    void add_to_line(std::string_view bytes);
    void end_line(std::vector<model::HarnessEvent>& events);

    std::string line_;
    bool too_long_ = false;
    std::uint64_t junk_lines_ = 0;
};

}  // namespace krepro::vm
