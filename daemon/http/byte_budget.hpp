// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace krepro::http {

// Memory that all requests together may take for their bodies. Used from the loop's thread only.
class ByteBudget {
  public:
    explicit ByteBudget(std::uint64_t bytes) : left_(bytes) {}

    // A share of the budget, given back by its destructor. The budget outlives it.
    class Share {
      public:
        Share(Share&& other) noexcept
            : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
        Share& operator=(Share&&) = delete;
        ~Share() {
            if (budget_ != nullptr) budget_->left_ += bytes_;
        }

      private:
        friend class ByteBudget;
        Share(ByteBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
        ByteBudget* budget_;
        std::uint64_t bytes_;
    };

    // Nothing when that much is not left.
    [[nodiscard]] std::optional<Share> take(std::uint64_t bytes) {
        if (bytes > left_) return std::nullopt;
        left_ -= bytes;
        return Share(this, bytes);
    }
    [[nodiscard]] std::uint64_t left() const { return left_; }

  private:
    std::uint64_t left_;
};

}  // namespace krepro::http
