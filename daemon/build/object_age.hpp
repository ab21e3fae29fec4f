// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "build/object_tree.hpp"

namespace krepro::build {

// The times by which make tells what of an object tree is stale. What is not there is newer than
// everything, but for an option, which nobody waits for.
class ObjectAges {
  public:
    using Time = std::filesystem::file_time_type;

    // Looks at all files of the tree, which must outlive this object. Blocks.
    ObjectAges(const ObjectTree& tree, std::filesystem::path objects,
               const std::filesystem::path& source);

    [[nodiscard]] Time made(const ObjectTree::Object& object) const;
    [[nodiscard]] Time time(std::uint32_t file) const { return times_[file]; }
    [[nodiscard]] bool has_newer_option(const ObjectTree::Object& object, Time made);
    [[nodiscard]] bool is_stale(const ObjectTree::Object& object);

  private:
    std::filesystem::path objects_;
    std::vector<Time> times_;  // by index of the tree's files
    std::map<std::string, Time> options_;
};

}  // namespace krepro::build
