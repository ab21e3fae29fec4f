// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace krepro::util {

// A file descriptor that is closed by its destructor.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }
    int release();
    void reset();

  private:
    int fd_ = -1;
};

// The whole file; `too_large` when it has more than `limit` bytes, `invalid_input` when it is no
// regular file.
Result<std::string> read_file(const std::filesystem::path& path, std::uintmax_t limit = 1ULL << 30);

// The same for a file that somebody else had the making of: no symbolic link is followed on the
// way, and what is no regular file is `invalid_input`. Never blocks on a pipe.
Result<std::string> read_foreign_file(const std::filesystem::path& path,
                                      std::uintmax_t limit = 1ULL << 30);

// Copies such a file to a path of ours.
Result<void> copy_foreign_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Writes to a temporary name in the same folder, fsyncs and renames: after a crash the file is
// either the old one, the new one or absent, never half of it.
Result<void> write_file_atomic(const std::filesystem::path& path, std::string_view content);

// A folder of its own under `parent` that is removed with all it holds by the destructor. While
// this object is there it holds a lock on the folder: one that a killed process left has none.
class TempDir {
  public:
    static Result<TempDir> make(const std::filesystem::path& parent, std::string_view prefix);
    // Whether a process that is there has this folder, or it cannot be told that none has.
    [[nodiscard]] static bool has_owner(const std::filesystem::path& folder);
    TempDir(TempDir&& other) noexcept;
    TempDir& operator=(TempDir&& other) noexcept;
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    TempDir(std::filesystem::path path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    void remove() noexcept;
    std::filesystem::path path_;
    Fd lock_;
};

// An empty folder that every user can enter, in place of whatever was there.
Result<void> make_fresh_folder(const std::filesystem::path& path);

// An exclusive advisory lock on a file (created when absent), given back by the destructor or by
// the end of the process. `conflict` when another holder has it and `wait` says not to wait.
class FileLock {
  public:
    enum class Wait { no, yes };
    static Result<FileLock> take(const std::filesystem::path& path, Wait wait);
    // Whether somebody has it, this process included; true as well where that cannot be told.
    // Asking takes nothing: who wants the lock meanwhile gets it.
    [[nodiscard]] static bool is_held(const std::filesystem::path& path);

  private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

// Puts all that was written to the file system of this folder on its disk: what is said of those
// files after it holds after a power cut too. Blocks, for seconds where much was written.
Result<void> sync_file_system(const std::filesystem::path& folder);

// Bytes free for this user on the file system that holds `path` (or its nearest parent).
Result<std::uintmax_t> free_bytes(const std::filesystem::path& path);

}  // namespace krepro::util
