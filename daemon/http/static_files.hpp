// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
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
// says.
class StaticFiles {
  public:
    explicit StaticFiles(std::filesystem::path root);

    // A path without extension that names no file is a page of the dashboard: index.html.
    [[nodiscard]] Reply get(const Call& call) const;

  private:
    [[nodiscard]] util::Result<std::filesystem::path> find(
        const std::vector<std::string>& segments) const;

    std::filesystem::path root_;  // canonical; empty when there is none
};

}  // namespace krepro::http
