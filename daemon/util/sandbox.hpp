// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace krepro::util {

// Limits that hold for each process in the sandbox; 0: none.
struct SandboxLimits {
    std::uint64_t memory_mib = 0;     // address space
    std::uint64_t file_size_mib = 0;  // the largest file that can be written
};

// A room for what is not ours to trust: a kernel's makefiles, git on foreign patches, tools on
// foreign binaries. It sees /usr and what is bound here, under the same paths; it has no network.
struct SandboxSpec {
    std::vector<std::filesystem::path> read_only;
    std::vector<std::filesystem::path> read_write;  // may lie inside a read-only one
    std::filesystem::path cwd;
    std::vector<std::string> env;  // "NAME=value"; PATH and LC_ALL are set when not given
    SandboxLimits limits;
};

// The arguments that run a program in that room: put them before its own argv. Needs bubblewrap,
// and util-linux when there are limits.
std::vector<std::string> sandbox_argv(const SandboxSpec& spec);

}  // namespace krepro::util
