// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "build/kernel_builder.hpp"
#include "util/result.hpp"

namespace krepro::build {

// A named set of config fragments and the options it guarantees.
struct Profile {
    std::string name;
    std::string description;
    std::string fragments;                // their text, in order
    std::vector<std::string> guarantees;  // "PREEMPT_RT=y"; "KASAN=n": must not be there
    std::string compiler = "gcc";         // or "clang", with all of LLVM's tools
    std::string added = {};               // the fragment of a job, which `fragments` ends with

    // Names what builds can share objects: the profile, and what a job changed in it.
    [[nodiscard]] std::string variant() const;
    // The programs whose versions decide what comes out.
    [[nodiscard]] std::vector<std::string> tools() const;
};

// Puts a job's fragment on top of the profile's, and its compiler in the place of the profile's.
// `invalid_input` names a line that is no option, and an option that the profile guarantees and the
// fragment takes away.
util::Result<Profile> adapt(Profile profile, std::string_view fragment, std::string_view compiler);

// read_profile and adapt, for what a build asks for.
util::Result<Profile> profile_for(const std::filesystem::path& folder, const BuildRequest& request);

// Reads NAME.toml and its fragments from a folder of profiles. `not_found` lists the names there
// are; `invalid_input` names the file and key.
util::Result<Profile> read_profile(const std::filesystem::path& folder, std::string_view name);

// The names of the profiles in the folder, sorted.
std::vector<std::string> profile_names(const std::filesystem::path& folder);

// Which of these options a .config does not have so, each with what it has: "KASAN=n" is wanted,
// "CONFIG_KASAN=n (is y)" comes back.
std::vector<std::string> unmet(const std::vector<std::string>& options, std::string_view config);

// Checks a .config against what the profile guarantees. `invalid_input` names every option that
// is missing or has another value.
util::Result<void> check_guarantees(const Profile& profile, std::string_view config);

}  // namespace krepro::build
