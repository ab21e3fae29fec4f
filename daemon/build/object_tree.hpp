// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace krepro::build {

// What kbuild knows of an object tree: each object and the files that it was made from.
struct ObjectTree {
    struct Object {
        std::string unit;                  // "kernel/fork.o"
        std::vector<std::uint32_t> files;  // indices into `files`
        std::vector<std::string> options;  // "include/config/SMP": make watches them too
    };
    std::vector<std::string> files;  // below the source: relative to it; others as kbuild has them
    std::vector<bool> in_source;     // by index of the files
    std::vector<Object> objects;
};

// More is no .cmd file of kbuild's.
inline constexpr std::uintmax_t k_most_cmd_file = 4U << 20U;

// The files and options of one .cmd file's text, as they stand there.
struct CommandDeps {
    std::vector<std::string_view> files;
    std::vector<std::string_view> options;
};
CommandDeps parse_command_deps(std::string_view cmd_text);

// Reads every .o.cmd file whose object is there. Blocks, for about half a second.
ObjectTree read_object_tree(const std::filesystem::path& objects,
                            const std::filesystem::path& source);

}  // namespace krepro::build
