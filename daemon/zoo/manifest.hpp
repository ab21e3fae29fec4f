// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.hpp"
#include "util/result.hpp"

namespace krepro::zoo {

// Whether a bug leaves the kernel as it was, so that others can be raised in the same boot.
enum class Boot { own, shared };

// One deliberate bug of the zoo's driver and what the kernel must say when it is raised: an entry
// of kernels/zoo/zoo.toml, whose head explains each key.
struct Bug {
    std::string name;
    std::string kind;
    std::string function;
    std::vector<std::string> locks;
    std::string interrupt;
    std::string says;
    std::string syzbot;
    std::vector<std::string> also;
    Boot boot = Boot::own;
    std::string setup;
    double wait_s = 1;
    std::string command_line;
    std::vector<std::string> needs = {};  // options of the kernel's .config: "DEBUG_LIST=y"

    bool operator==(const Bug&) const = default;
};

// Reads a zoo.toml, in its order. `invalid_input` names the entry and key: an unknown key, a wrong
// type, a missing name or kind, a name twice, a kind that the scanner does not know.
util::Result<std::vector<Bug>> read_manifest(const std::filesystem::path& file);

// The bugs whose name or kind is among `wanted`; all when nothing is wanted. `not_found` names what
// is none of them.
util::Result<std::vector<Bug>> choose(const std::vector<Bug>& bugs,
                                      const std::vector<std::string>& wanted);

}  // namespace krepro::zoo
