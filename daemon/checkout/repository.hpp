// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "checkout/checkout.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

// The bare copy of a git repository that krepro keeps: all trees of one location share it, and each
// has a `git worktree` of it.
struct Mirror {
    std::filesystem::path folder;  // .../NAME.git; NAME.git.lock is held while it is fetched into
    std::string location;          // URL or path
};

// Where the mirror of a location is, below `cache`.
Mirror mirror_of(const std::filesystem::path& cache, const std::string& location);

// Brings branches, tags and HEAD of the mirror to what the location has now, and makes the mirror
// when there is none. `unavailable` says why the repository cannot be reached.
boost::asio::awaitable<util::Result<void>> fetch(Mirror mirror);

// The whole hash of the commit that `revision` names (empty: HEAD): a tag, a branch, a hash or part
// of one, and git's ways to say "before that" ("v6.12~3"). `not_found` when there is none.
boost::asio::awaitable<util::Result<std::string>> find_commit(std::filesystem::path repository,
                                                              std::string revision);

// Makes `folder` a work tree of the mirror, without files yet, unless it is one.
boost::asio::awaitable<util::Result<void>> add_worktree(Mirror mirror, std::filesystem::path folder,
                                                        std::string commit);

// What `commits` ("A", "A..B") names: see KernelSource::find_change.
boost::asio::awaitable<util::Result<Change>> read_change(std::filesystem::path repository,
                                                         std::string commits);

// The two sides of "A..B"; the first is empty for "A". `invalid_input` for anything else.
struct CommitNames {
    std::string before;
    std::string after;
};
util::Result<CommitNames> split_commits(const std::string& commits);

}  // namespace krepro::checkout
