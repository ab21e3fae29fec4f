// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "build/symbolizer.hpp"

namespace krepro::build {

// Kernels are built without debug information. When a frame's line is asked for, its unit is
// compiled again, with it, by the command that kbuild kept, into cache/debug/KEY; an object that is
// there is not made again. A unit whose code is not byte for byte the kernel's gives no lines.
// Compilers and readers of foreign binaries run in bubblewrap, and give way to running trials.
class LocalSymbolizer : public Symbolizer {
  public:
    // `program`: krepro itself, or another program with its symbol tool.
    LocalSymbolizer(const std::filesystem::path& cache, const std::filesystem::path& program);

    boost::asio::awaitable<util::Result<Symbols>> symbolize(SymbolRequest request) override;

  private:
    struct Session;
    boost::asio::awaitable<util::Result<model::Json>> ask(const Session& session,
                                                          model::Json question);
    boost::asio::awaitable<util::Result<void>> make_units(Session& session);

    std::filesystem::path cache_;
    std::filesystem::path program_;
};

}  // namespace krepro::build
