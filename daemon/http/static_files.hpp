// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace krepro::http {

// By the name's extension; "application/octet-stream" when it is not known.
[[nodiscard]] std::string_view content_type_of(std::string_view file_name);

// A file as a Reply: the whole of it, the part that `range` asks for, or 416.
[[nodiscard]] Reply file_reply(util::Fd file, std::string_view range, std::string_view instance);

// The dashboard's files. Nothing outside of the root is ever served, whatever the path or a link
// says. They are kept in memory, read anew when they change, and packed once for clients that take
// gzip. Used on the loop's thread.
class StaticFiles {
  public:
    explicit StaticFiles(std::filesystem::path root);

    // A path without extension that names no file is a page of the dashboard: index.html.
    [[nodiscard]] Reply get(const Call& call);

  private:
    [[nodiscard]] util::Result<std::filesystem::path> find(
        const std::vector<std::string>& segments) const;
    // Null when the file is too large to be kept.
    [[nodiscard]] SharedDocument document_of(const std::filesystem::path& path,
                                             const util::Fd& file);

    struct Kept {
        std::uint64_t inode = 0, size = 0;
        std::int64_t changed_ns = 0;
        SharedDocument document;
    };
    std::filesystem::path root_;  // canonical; empty when there is none
    std::map<std::filesystem::path, Kept> kept_;
};

}  // namespace krepro::http
