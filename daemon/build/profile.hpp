// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace krepro::build {

// A named set of config fragments and the options it guarantees.
struct Profile {
    std::string name;
    std::string description;
    std::string fragments;                // their text, in order
    std::vector<std::string> guarantees;  // "PREEMPT_RT=y"
};

// Reads NAME.toml and its fragments from a folder of profiles. `not_found` lists the names there
// are; `invalid_input` names the file and key.
util::Result<Profile> read_profile(const std::filesystem::path& folder, std::string_view name);

// The names of the profiles in the folder, sorted.
std::vector<std::string> profile_names(const std::filesystem::path& folder);

// Checks a .config against what the profile guarantees. `invalid_input` names every option that
// is missing or has another value.
util::Result<void> check_guarantees(const Profile& profile, std::string_view config);

}  // namespace krepro::build
