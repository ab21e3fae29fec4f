// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

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

// git_command's output, trimmed of its last line end.
boost::asio::awaitable<util::Result<std::string>> git(std::filesystem::path repository,
                                                      std::vector<std::string> arguments);

// Makes the files in `folder` a repository with one commit; returns its hash.
boost::asio::awaitable<util::Result<std::string>> commit_all(std::filesystem::path folder,
                                                             std::string message);

// Clones or, when it is there already, fetches `location` into `repository` and returns the commit
// that `revision` names (empty: the remote's HEAD). `not_found` when there is no such revision,
// `unavailable` when the repository cannot be reached.
boost::asio::awaitable<util::Result<std::string>> fetch_revision(std::filesystem::path repository,
                                                                 std::string location,
                                                                 std::string revision);

}  // namespace krepro::checkout
