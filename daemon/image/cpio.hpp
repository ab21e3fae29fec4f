// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "util/result.hpp"

namespace krepro::image {

// A tree of files in memory and its newc archive. The same tree gives the same bytes: names
// sorted, times, owners and inode numbers fixed.
class Cpio {
  public:
    struct Folder {
        unsigned mode = 0755;
    };
    struct File {
        std::string content;
        unsigned mode = 0644;
    };
    struct Link {
        std::string to;
    };
    struct CharDevice {
        unsigned major = 0;
        unsigned minor = 0;
    };
    using Node = std::variant<Folder, File, Link, CharDevice>;

    // `path` is absolute; the folders above it are made. A path that is there already keeps what
    // it has.
    void add(std::string_view path, Node node);
    [[nodiscard]] util::Result<std::string> bytes() const;

  private:
    std::map<std::string, Node> nodes_;  // by path without the leading slash
};

}  // namespace krepro::image
