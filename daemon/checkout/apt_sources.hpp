// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace krepro::checkout {

// A place that apt gets packages from, as the machine's configuration names it.
struct AptSource {
    std::string uris;
    std::string suites;
    std::string components;
    std::string signed_by;  // a path, or an embedded key with its continuation lines; may be empty

    bool operator==(const AptSource&) const = default;
};

// The enabled entries of a deb822 file (*.sources).
std::vector<AptSource> parse_deb822(std::string_view text);

// The entries of a one-line-style file (*.list).
std::vector<AptSource> parse_one_line(std::string_view text);

// Those of the distribution's own archives for the release with this code name, that offer `main`.
// A third party's archive is told by its own key ring or its own suite.
std::vector<AptSource> own_archives(const std::vector<AptSource>& sources,
                                    std::string_view codename);

// A deb822 file with these sources, component main, for type "deb" or "deb-src".
std::string write_deb822(const std::vector<AptSource>& sources, std::string_view type);

// All sources this machine has, in /etc/apt.
std::vector<AptSource> machine_sources();

// "bookworm"; empty when the machine does not say.
std::string machine_codename();

// Whether version a is older than b: numbers by value, "~" before everything.
bool older_version(std::string_view a, std::string_view b);

}  // namespace krepro::checkout
