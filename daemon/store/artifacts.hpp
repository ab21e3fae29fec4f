// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace krepro::store {

// Files by content: root/ab/cdef... where "abcdef..." is the SHA-256 of the bytes. Written to a
// temporary name, fsynced and renamed, so that a file that is there is whole. Thread safe.
class Artifacts {
  public:
    explicit Artifacts(std::filesystem::path root) : root_(std::move(root)) {}

    // Copies the file; returns its hash. A copy and not a link: the file may change afterwards.
    // One that is there already is read again, and replaced when it is damaged.
    util::Result<std::string> add_file(const std::filesystem::path& file) const;
    util::Result<std::string> add_bytes(std::string_view bytes) const;
    // Where the artifact is; `not_found` when it is not there, `invalid_input` when `hash` is not
    // 64 lower-case hexadecimal digits.
    [[nodiscard]] util::Result<std::filesystem::path> path(std::string_view hash) const;
    // Reads the file again and compares its hash; `internal` when it differs.
    [[nodiscard]] util::Result<void> verify(std::string_view hash) const;
    // Removes an artifact that nothing refers to any more; one that is not there is no error.
    void remove(std::string_view hash) const;
    // Removes what a process that was killed left half written. Call it once at the start, before
    // anything is added.
    void remove_drafts() const;

  private:
    std::filesystem::path root_;
};

}  // namespace krepro::store
