// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "build/plan_closure.hpp"

namespace krepro::build {

// Who notes in a kernel where in its file a piece of code or data stands.
enum class Noting {
    code,      // that which asks for __LINE__, and static keys
    compiler,  // it too, for a sanitizer: of all code and data, line and column
};

// What a .config says of that.
[[nodiscard]] Noting noting_of(std::string_view config);

// Which parts of a file come out different when they stand elsewhere in it.
class Places {
  public:
    Places(const std::vector<PlanFile>& files, Words& words, Noting noting);
    // Whether it matters where the item's tokens stand: all of them, for what it holds may be the
    // line of any.
    [[nodiscard]] bool matter(const Item& item) const;

  private:
    using WordSet = std::vector<bool>;  // by word number
    static WordSet made_of(std::vector<Words::Id> seeds, const std::vector<PlanFile>& files,
                           const Words& words);

    WordSet numbers_;  // __LINE__, and every macro made of it
    WordSet keys_;     // static keys, and every macro made of them
    Noting noting_;
};

}  // namespace krepro::build
