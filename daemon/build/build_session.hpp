// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "build/local_builder.hpp"
#include "util/process.hpp"
#include "util/sandbox.hpp"

namespace krepro::build {

// One build under way.
struct LocalKernelBuilder::Session {
    BuildRequest request;
    Profile profile;
    std::string key;
    std::filesystem::path objects;  // the object tree
    bool first = true;              // there are no objects yet
    std::function<void(const BuildProgress&)> tell;
    BuildProgress progress;
    std::optional<RebuildPlan> plan;  // none: it was not asked, all is make's
    std::string plain_reason;         // why it was not
    std::chrono::steady_clock::time_point compiling_since;
    std::string audit;  // what comparing skipped objects found
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

    void step(std::string name);
    void count_object();

    [[nodiscard]] std::filesystem::path expected_file() const {
        return objects.string() + ".objects";
    }
    // There while make runs: found at the start of a build, the last one was killed.
    [[nodiscard]] std::filesystem::path making_file() const { return objects.string() + ".making"; }
    // ccache's, of this object tree alone: what one kernel's makefiles leave there, no other reads.
    [[nodiscard]] std::filesystem::path compiler_cache() const {
        return objects.string() + ".ccache";
    }
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

}  // namespace krepro::build
