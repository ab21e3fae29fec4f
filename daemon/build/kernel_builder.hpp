// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/build.hpp"
#include "util/priority.hpp"
#include "util/result.hpp"

namespace krepro::build {

struct BuildRequest {
    model::Checkout checkout;
    std::string profile;
    std::vector<std::string> changed_files;  // by the patch; only for the progress estimate
    std::string config = {};                 // a fragment on top of the profile's
    std::string compiler = {};               // "gcc", "clang"; empty: the profile's
    // Of the compilers; nullptr: as everybody else. A build beside trials takes what they leave.
    std::shared_ptr<util::Priority> priority = {};
    // The patch is krepro's own: it may run in the build and be warm for the next one.
    bool own_patch = false;
};

struct BuildProgress {
    std::string step;             // "configuring", "compiling", "keeping the result"
    int objects = 0;              // compiled so far
    std::optional<int> expected;  // when it can be told
    double compiling_s = 0;       // since compiling began
};

// How long compiling the rest takes at the pace so far; nothing before there is a pace.
[[nodiscard]] inline std::optional<double> seconds_left(const BuildProgress& progress) {
    if (!progress.expected || progress.objects == 0) return std::nullopt;
    const double rest =
        *progress.expected > progress.objects ? *progress.expected - progress.objects : 0;
    return progress.compiling_s / progress.objects * rest;
}

// A kernel that is built and where its files are.
struct BuiltKernel {
    model::Build build;
    std::filesystem::path bzimage;
    std::filesystem::path vmlinux;
    std::filesystem::path config;
    // The object tree it was built in; may be gone, or hold the objects of a later build.
    std::filesystem::path objects;
};

// Makes kernels: a seam, so that pipeline tests compile nothing.
class KernelBuilder {
  public:
    virtual ~KernelBuilder() = default;
    // The kernel when it was built before and its files are whole; nothing otherwise.
    virtual boost::asio::awaitable<std::optional<BuiltKernel>> find(BuildRequest request) = 0;
    // Builds the checkout as it is on disk, on whatever objects are there from the last build of
    // its tree and profile. A kernel that does not compile is `invalid_input` with the compiler's
    // first error as `where`.
    virtual boost::asio::awaitable<util::Result<BuiltKernel>> build(
        BuildRequest request, std::function<void(const BuildProgress&)> progress) = 0;
};

}  // namespace krepro::build
