// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "util/files.hpp"

namespace krepro::vm {

// Reads what is appended to a file that QEMU writes.
class FileTail {
  public:
    static constexpr std::size_t k_most_bytes = std::size_t{64} * 1024;

    explicit FileTail(std::filesystem::path path) : path_(std::move(path)) {}
    // The bytes since the last call, at most k_most_bytes of them; empty when there are none (yet).
    std::string read_more();

  private:
    std::filesystem::path path_;
    util::Fd fd_;
    std::string buffer_;
};

// Calls `on_change` on the loop's thread whenever a file in the folder was written (inotify),
// until it is destroyed.
class FolderWatch {
  public:
    FolderWatch(const boost::asio::any_io_executor& executor, const std::filesystem::path& folder,
                std::function<void()> on_change);
    ~FolderWatch();
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

  private:
    struct State;  // shared with the read that is under way
    static void read(const std::shared_ptr<State>& state);
    std::shared_ptr<State> state_;
};

}  // namespace krepro::vm
