// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "checkout/apply.hpp"
#include "checkout/checkout.hpp"
#include "checkout/tree_book.hpp"
#include "checkout/work_tree.hpp"

namespace krepro::checkout {

// Kernel trees on this machine's disk, below `cache`:
//
//   trees/<tree>/source      one warm work tree, a git repository
//   trees/<tree>/stamp       base commit and version: written last, so a tree with it is whole
//   trees/<tree>/states/     how to get to each state that prepare() named
//   trees/<tree>/at          the state that the work tree is in; absent while it is changed
//   mirrors/<hash>.git       what krepro has of a git repository: the source of a git tree is a
//                            `git worktree` of it
//   trees/<tree>.lock        held while the work tree is changed, and while it is selected
//   apt/                     apt's own lists
//
// Two jobs on one tree take turns: the second waits in prepare() or select() for the lock.
class LocalKernelSource : public KernelSource {
  public:
    LocalKernelSource(TreeBook book, std::filesystem::path cache,
                      Sandboxing sandboxing = Sandboxing::on);
    LocalKernelSource(std::vector<Tree> trees, std::filesystem::path cache,
                      Sandboxing sandboxing = Sandboxing::on)
        : LocalKernelSource(TreeBook(std::move(trees)), std::move(cache), sandboxing) {}

    boost::asio::awaitable<util::Result<Pair>> prepare(PatchBase base, const model::Mail& mail,
                                                       Progress progress) override;
    boost::asio::awaitable<util::Result<Change>> find_change(std::string tree, std::string commits,
                                                             Progress progress) override;
    boost::asio::awaitable<util::Result<Change>> find_at_hand(std::string tree,
                                                              std::string commits) override;
    boost::asio::awaitable<util::Result<Pair>> prepare_change(std::string tree, std::string before,
                                                              std::string after,
                                                              Progress progress) override;
    boost::asio::awaitable<util::Result<model::Checkout>> prepare_one(std::string tree,
                                                                      std::string revision,
                                                                      Progress progress) override;
    boost::asio::awaitable<util::Result<Line>> find_line(std::string tree, std::string good,
                                                         std::string bad,
                                                         Progress progress) override;
    boost::asio::awaitable<util::Result<model::Direction>> try_patch(std::string tree,
                                                                     std::string patch,
                                                                     Progress progress) override;
    boost::asio::awaitable<util::Result<model::Direction>> try_at_hand(std::string tree,
                                                                       std::string patch) override;
    [[nodiscard]] bool is_at_hand(const std::string& tree) const override;
    boost::asio::awaitable<util::Result<Held>> select(const model::Checkout& checkout) override;
    boost::asio::awaitable<util::Result<Difference>> difference(Pair pair) override;
    [[nodiscard]] bool is_at(const Pair& pair) const override;

    // Where all that is kept of the tree is.
    [[nodiscard]] util::Result<std::filesystem::path> folder_of(const std::string& tree) const;
    // Gets the tree's files, or what is new of them; returns what they were made from: a version
    // or a commit.
    boost::asio::awaitable<util::Result<std::string>> update(std::string tree, Progress progress);
    // Removes the tree's files, when no job has them; they can be had again.
    boost::asio::awaitable<util::Result<void>> remove_files(std::string tree);

  private:
    // Where one tree's things are.
    struct Place {
        Tree tree;
        std::filesystem::path folder;
        [[nodiscard]] std::filesystem::path source() const { return folder / "source"; }
    };

    // And that nobody else changes them.
    struct LockedPlace {
        Place place;
        util::FileLock lock;
    };

    static Progress or_silent(Progress progress);
    boost::asio::awaitable<util::Result<LockedPlace>> hold(std::string tree);
    [[nodiscard]] util::Result<Tree> find_tree(const std::string& name) const;
    [[nodiscard]] Place place_of(Tree tree) const;
    [[nodiscard]] std::filesystem::path repository_of(const Place& place) const;
    boost::asio::awaitable<util::Result<std::string>> base_commit(Place place, Progress progress);
    boost::asio::awaitable<util::Result<std::string>> base_of_git(Place place, Progress progress);
    // The commit when there is one, else what the tree is at.
    boost::asio::awaitable<util::Result<std::string>> commit_or_base(Place place,
                                                                     std::string commit,
                                                                     Progress progress);
    boost::asio::awaitable<util::Result<std::string>> make(Place place, Progress progress);
    [[nodiscard]] static bool is_whole(const Place& place);
    boost::asio::awaitable<util::Result<model::Direction>> find_direction(Place place,
                                                                          TryRequest request);
    boost::asio::awaitable<util::Result<std::string>> one_commit(Place place, std::string revision,
                                                                 Progress progress);
    boost::asio::awaitable<util::Result<model::Checkout>> checkout_of(Place place,
                                                                      std::string commit);
    boost::asio::awaitable<util::Result<void>> bring_near(Place place, Pair pair);
    // Both arms of a pair by their names, and the work tree near them.
    boost::asio::awaitable<util::Result<Pair>> settle(Place place, Pair pair);
    boost::asio::awaitable<util::Result<void>> have_commits(Place place,
                                                            std::vector<std::string> commits,
                                                            Progress progress);

    TreeBook book_;
    std::filesystem::path cache_;
    Sandboxing sandboxing_;
};

// A tree that a job names by path: "/src/linux", "/src/linux@v6.12", "git:/src/linux",
// "/src/linux-6.12.tar.xz". `invalid_input` when the text is no path, `not_found` when nothing is
// there.
util::Result<Tree> tree_of_path(std::string_view text);

}  // namespace krepro::checkout
