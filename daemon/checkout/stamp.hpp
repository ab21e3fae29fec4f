// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "checkout/checkout.hpp"

namespace krepro::checkout {

// What stands beside the files of a tree that krepro made: "COMMIT\nNAME VERSION\n" and what they
// were made from.
[[nodiscard]] std::string stamp_text(const std::string& revision, const Tree& tree,
                                     const std::string& version);

// The base commit of a tree that was made from what its definition says today; else empty.
[[nodiscard]] std::string stamped_revision(const std::filesystem::path& folder, const Tree& tree);

}  // namespace krepro::checkout
