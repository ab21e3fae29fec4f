// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "model/json.hpp"
#include "model/trial.hpp"

namespace krepro::model {

// Whether the patch was applied to the tree (which is then the unpatched arm) or reversed out of
// it (the tree is then the patched arm).
enum class Direction { forward, reverse };

template <>
struct EnumNames<Direction> {
    static constexpr std::array k_names{std::pair{Direction::forward, "forward"},
                                        std::pair{Direction::reverse, "reverse"}};
};

// One tree state on disk: tree + revision + patches applied.
struct Checkout {
    std::string tree;      // name in trees.toml
    std::string revision;  // what the tree is at: a commit hash
    std::string source;    // folder
    std::string state;     // names how to get there: revision, patch and direction
    std::string content;   // hash of all files: equal for equal files, whatever led to them
    ArmName arm = ArmName::unpatched;

    bool operator==(const Checkout&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("tree", &Checkout::tree),
                               field("revision", &Checkout::revision),
                               field("source", &Checkout::source), field("state", &Checkout::state),
                               field("content", &Checkout::content), field("arm", &Checkout::arm));
    }
};

// One kernel, built. The files are artifacts, named by their hash.
struct Build {
    std::string key;  // content key: checkout state, config, toolchain, recipe
    ArmName arm = ArmName::unpatched;
    std::string tree;
    std::string profile;
    std::string release;   // "6.1.8-rt5"
    std::string compiler;  // with assembler and linker, as they name themselves
    std::string bzimage;   // artifact hash
    std::string vmlinux;   // artifact hash
    std::string config;    // artifact hash
    int objects = 0;       // compiled in this build
    int skipped = 0;       // that make would have compiled, and that the patch does not reach
    std::string plain;     // why the planner was not followed; empty: it was
    std::string audit;     // what comparing the skipped ones found: "clean", "mismatch"; or nothing
    double wall_s = 0;
    bool cached = false;  // nothing was compiled for this job

    bool operator==(const Build&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("key", &Build::key), field("arm", &Build::arm), field("tree", &Build::tree),
            field("profile", &Build::profile), field("release", &Build::release),
            field("compiler", &Build::compiler), field("bzimage", &Build::bzimage),
            field("vmlinux", &Build::vmlinux), field("config", &Build::config),
            field("objects", &Build::objects), field("skipped", &Build::skipped),
            field("plain", &Build::plain), field("audit", &Build::audit),
            field("wall_s", &Build::wall_s), field("cached", &Build::cached));
    }
};

}  // namespace krepro::model
