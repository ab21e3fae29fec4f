// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace krepro::guest {

// The workload's output, taken apart into lines. Lines are cut at k_longest_line bytes and their
// control characters replaced, so that no byte of the workload can pass for the kernel's own.
class OutputLines {
  public:
    static constexpr std::size_t k_longest_line = 480;
    static constexpr std::size_t k_kept_bytes = 2000;

    // The lines that `bytes` complete.
    [[nodiscard]] std::vector<std::string> feed(std::string_view bytes);
    // The last line, when it has no newline.
    [[nodiscard]] std::vector<std::string> finish();
    // The last lines, of k_kept_bytes together at most, joined by newlines.
    [[nodiscard]] std::string tail() const;

  private:
    std::string complete();
    std::string partial_;
    std::deque<std::string> kept_;
    std::size_t kept_bytes_ = 0;
};

// Lets a burst of lines pass and then so many a second: a workload that floods must not push the
// kernel's lines out of the log.
class LineBudget {
  public:
    static constexpr int k_burst = 100;
    static constexpr int k_per_second = 20;

    // True when a line may pass now; `uptime` in seconds, never going back.
    [[nodiscard]] bool take(double uptime);
    // Lines refused since this was last asked.
    [[nodiscard]] std::int64_t take_refused();

  private:
    double tokens_ = k_burst;
    double last_ = 0;
    std::int64_t refused_ = 0;
};

}  // namespace krepro::guest
