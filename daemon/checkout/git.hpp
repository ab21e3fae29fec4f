// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "util/git_folders.hpp"
#include "util/process.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

// A list of words. GCC 12 cannot compile a braced list within a co_await expression.
template <class... Words>
std::vector<std::string> words(Words&&... each) {
    std::vector<std::string> list;
    list.reserve(sizeof...(each));
    (list.emplace_back(std::forward<Words>(each)), ...);
    return list;
}

// git in a repository, without the user's and the machine's configuration, hooks or prompts, and
// with commits that have a fixed author and date: the same files make the same commit.
util::ProcessSpec git_command(const std::filesystem::path& repository,
                              std::vector<std::string> arguments);

using util::git_folder;
using util::git_folders;

// git_command's program in a room without network, that can write the repository and `writable`.
util::ProcessSpec in_git_sandbox(const std::filesystem::path& repository, util::ProcessSpec spec,
                                 std::vector<std::filesystem::path> writable = {});

// git_command in its sandbox: the output, trimmed of its last line end.
boost::asio::awaitable<util::Result<std::string>> git(std::filesystem::path repository,
                                                      std::vector<std::string> arguments);

// Makes the files in `folder` a repository with one commit; returns its hash.
boost::asio::awaitable<util::Result<std::string>> commit_all(std::filesystem::path folder,
                                                             std::string message);

// Removes the lock files that a killed git left in a git folder (`.git`, or a mirror itself): of
// its index, HEAD and the like, and of its refs. The caller holds krepro's own lock of that
// repository, which says that no git works there now.
void remove_stale_locks(const std::filesystem::path& git_folder);

// `git fetch` of these refs from a URL, in a room with the network, or from a path of this machine,
// in one without; only the repository can be written. `unavailable` when the path leads nowhere.
util::Result<util::ProcessSpec> fetch_command(const std::filesystem::path& repository,
                                              const std::string& location,
                                              std::vector<std::string> refs);

}  // namespace krepro::checkout
