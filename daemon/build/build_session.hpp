// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "build/local_builder.hpp"
#include "util/files.hpp"
#include "util/process.hpp"
#include "util/sandbox.hpp"

namespace krepro::build {

// One build under way.
struct LocalKernelBuilder::Session {
    BuildRequest request;
    Profile profile;
    std::string key;
    std::string compiler;               // and assembler and linker, as they name themselves
    std::filesystem::path home;         // the object tree that is kept for tree and profile
    std::filesystem::path objects;      // where this build is: there, or in a copy
    std::optional<util::TempDir> once;  // that copy: what a patch runs there, nobody else meets
    bool fresh = false;                 // there was nothing in it, of which anything is known
    bool first = true;                  // there was no kernel
    std::vector<ChangedFile> changed;   // since the states that the objects may be of
    std::string names;                  // of the source's files, in a word
    std::function<void(const BuildProgress&)> tell;
    BuildProgress progress;
    std::optional<RebuildPlan> plan;  // none: it was not asked, all is make's
    std::string plain_reason;         // why it was not
    std::chrono::steady_clock::time_point compiling_since;
    std::string audit;  // what comparing skipped objects found
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

    void step(std::string name);
    void count_object();

    [[nodiscard]] std::filesystem::path expected_file() const { return home.string() + ".objects"; }
    [[nodiscard]] std::filesystem::path log_file() const { return home.string() + ".log"; }
    // What the build's own programs are made of. It outlives the objects, so that a patch can be
    // judged before there are new ones.
    [[nodiscard]] std::filesystem::path programs_file() const {
        return home.string() + ".programs";
    }
    // There while a build runs: found at the start of one, the last was killed.
    [[nodiscard]] std::filesystem::path making_file() const { return objects.string() + ".making"; }
    // ccache's, of the object tree that is kept. Patches of code alone share it, and no program of
    // a patch ever runs with it at hand: such a build has none.
    [[nodiscard]] std::filesystem::path compiler_cache() const { return home.string() + ".ccache"; }
    [[nodiscard]] std::filesystem::path fragment_file() const {
        return objects / ".krepro-fragment";
    }

    // make for this source and object tree, in a room without network that can write nothing but
    // the objects.
    [[nodiscard]] util::ProcessSpec make(const std::vector<std::string>& targets) const;
    // The second tier, for what the planner calls hard and for going back: "gcc" is ccache by its
    // place in PATH, so that kbuild's saved commands stay those of the compiler.
    void add_ccache(util::SandboxSpec& sandbox) const;
};

// Of a kernel that was made in an empty object tree: why there was nothing to skip. It stands in
// build.json.
inline constexpr std::string_view k_no_objects = "there are no objects yet";

// The error of a make that this machine failed: nothing is said of the kernel.
std::optional<util::Error> hosts_error(const util::ProcessSpec& spec,
                                       const util::ProcessResult& result);

// Where the sandbox looks for compilers: an entry of its environment.
std::string compiler_path();

}  // namespace krepro::build
