// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "build/build_cache.hpp"
#include "build/kernel_builder.hpp"
#include "build/profile.hpp"

namespace krepro::build {

// Builds on this machine, in bubblewrap. One object tree is kept for each tree and profile, so
// that the second arm, and the next patch, compile only what changed.
class LocalKernelBuilder : public KernelBuilder {
  public:
    // `profiles`: the folder with the profile manifests; `cache`: builds/, obj/ and logs go there.
    LocalKernelBuilder(std::filesystem::path profiles, std::filesystem::path cache);

    boost::asio::awaitable<std::optional<BuiltKernel>> find(BuildRequest request) override;
    boost::asio::awaitable<util::Result<BuiltKernel>> build(
        BuildRequest request, std::function<void(const BuildProgress&)> progress) override;

  private:
    struct Session;  // one build under way
    boost::asio::awaitable<util::Result<std::string>> content_key(const BuildRequest& request,
                                                                  const Profile& profile);
    boost::asio::awaitable<util::Result<void>> configure(Session& session);
    boost::asio::awaitable<int> expected_objects(const Session& session);
    boost::asio::awaitable<util::Result<void>> compile(Session& session);
    boost::asio::awaitable<util::Result<BuiltKernel>> keep(Session& session);

    std::filesystem::path profiles_;
    std::filesystem::path cache_root_;
    BuildCache cache_;
    boost::asio::thread_pool pool_;  // hashing, copying and scanning
    std::string compiler_;           // first line of `gcc --version`, asked once
};

}  // namespace krepro::build
