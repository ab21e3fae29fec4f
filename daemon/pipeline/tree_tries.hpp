// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkout/checkout.hpp"
#include "checkout/tree_book.hpp"
#include "model/preview.hpp"

namespace krepro::pipeline {

// What the trees that are here say to patches which somebody is still writing. One try at a time
// runs, of the patch that was asked about last; a patch that nobody asks about any more is dropped,
// and what was found is remembered for some minutes. Used on the loop's thread; outlives the loop.
class TreeTries {
  public:
    // `source` outlives this.
    TreeTries(checkout::TreeBook trees, checkout::KernelSource* source)
        : trees_(std::move(trees)), source_(source) {}
    TreeTries(const TreeTries&) = delete;
    TreeTries& operator=(const TreeTries&) = delete;

    // The known trees in their order, behind `wanted` where that is a path. Waits `patience` for
    // those that were not tried yet; what is not known by then is `trying`, and known to a later
    // call. Nothing is fetched.
    boost::asio::awaitable<std::vector<model::TreeAnswer>> ask(std::string patch,
                                                               std::string wanted,
                                                               std::chrono::milliseconds patience);

  private:
    using Clock = std::chrono::steady_clock;
    // A patch, by its hash.
    struct Asked {
        std::string patch;                 // empty when no tree is left to try
        std::vector<std::string> waiting;  // trees to try
        std::map<std::string, model::TreeAnswer> said;
        Clock::time_point first, last;  // asked about
    };
    struct Next {
        std::string hash, tree, patch;
    };

    [[nodiscard]] std::vector<model::TreeAnswer> known(const std::string& hash,
                                                       const std::vector<std::string>& names);
    [[nodiscard]] std::vector<std::string> names(const std::string& wanted) const;
    void want(const std::string& hash, const std::string& patch,
              const std::vector<std::string>& names);
    void forget_old();
    [[nodiscard]] std::optional<Next> next();
    boost::asio::awaitable<void> work();

    checkout::TreeBook trees_;
    checkout::KernelSource* source_;
    std::map<std::string, Asked> asked_;
    bool working_ = false;
};

// An error's what and where, in one line.
[[nodiscard]] std::string in_words(const util::Error& error);

}  // namespace krepro::pipeline
