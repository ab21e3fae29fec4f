// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "checkout/apply.hpp"
#include "checkout/checkout.hpp"

namespace krepro::checkout {

// Kernel trees on this machine's disk, below `cache`:
//
//   trees/<tree>/source      one warm work tree, a git repository
//   trees/<tree>/stamp       base commit and version: written last, so a tree with it is whole
//   trees/<tree>/states/     how to get to each state that prepare() named
//   trees/<tree>/at          the state that the work tree is in; absent while it is changed
//   trees/<tree>.lock        held while the work tree is changed, and while it is selected
//   apt/                     apt's own lists
//
// Two jobs on one tree take turns: the second waits in prepare() or select() for the lock.
class LocalKernelSource : public KernelSource {
  public:
    LocalKernelSource(std::vector<Tree> trees, std::filesystem::path cache,
                      Sandboxing sandboxing = Sandboxing::on);

    boost::asio::awaitable<util::Result<Pair>> prepare(const std::string& tree,
                                                       const model::Mail& mail,
                                                       Progress progress) override;
    boost::asio::awaitable<util::Result<Held>> select(const model::Checkout& checkout) override;

    [[nodiscard]] const std::vector<Tree>& trees() const { return trees_; }

  private:
    // Where one tree's things are.
    struct Place {
        Tree tree;
        std::filesystem::path folder;
        [[nodiscard]] std::filesystem::path source() const { return folder / "source"; }
    };

    [[nodiscard]] util::Result<Tree> find_tree(const std::string& name) const;
    [[nodiscard]] Place place_of(Tree tree) const;
    boost::asio::awaitable<util::Result<std::string>> base_commit(Place place, Progress progress);
    boost::asio::awaitable<util::Result<std::string>> make(Place place, Progress progress);
    boost::asio::awaitable<util::Result<model::Direction>> find_direction(Place place,
                                                                          std::string patch);

    std::vector<Tree> trees_;
    std::filesystem::path cache_;
    Sandboxing sandboxing_;
};

// A tree that a job names by path: "/src/linux", "/src/linux@v6.12", "git:/src/linux",
// "/src/linux-6.12.tar.xz". `invalid_input` when the text is no path, `not_found` when nothing is
// there.
util::Result<Tree> tree_of_path(std::string_view text);

}  // namespace krepro::checkout
