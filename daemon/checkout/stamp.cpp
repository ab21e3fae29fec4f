// SPDX-License-Identifier: Apache-2.0
#include "checkout/stamp.hpp"

#include <fmt/format.h>

#include <system_error>

#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::checkout {

namespace fs = std::filesystem;

namespace {

// What the files of a tree are made from. A tarball that was packed anew is another one.
std::string definition_of(const Tree& tree) {
    util::Sha256 hash;
    for (const auto& part : {tree.kind, tree.package, tree.version, tree.location})
        hash.add_field(part);
    hash.add_field(tree.rt_series ? "rt" : "");
    std::error_code code;
    if (tree.kind == "tarball" && fs::exists(tree.location, code)) {
        hash.add_field(std::to_string(fs::file_size(tree.location, code)));
        hash.add_field(
            std::to_string(fs::last_write_time(tree.location, code).time_since_epoch().count()));
    }
    return hash.hex();
}

}  // namespace

std::string stamp_text(const std::string& revision, const Tree& tree, const std::string& version) {
    return fmt::format("{}\n{} {}\n{}\n", revision, tree.name, version, definition_of(tree));
}

std::string stamped_revision(const fs::path& folder, const Tree& tree) {
    const auto stamp = util::read_file(folder / "stamp");
    if (!stamp || !stamp->ends_with("\n" + definition_of(tree) + "\n")) return {};
    return stamp->substr(0, stamp->find('\n'));
}

}  // namespace krepro::checkout
