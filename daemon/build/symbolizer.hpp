// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "build/kernel_builder.hpp"
#include "build/symbol_protocol.hpp"
#include "util/result.hpp"

namespace krepro::build {

struct SymbolRequest {
    BuiltKernel kernel;            // the one that printed the frames
    std::filesystem::path source;  // the tree it was built from, in whatever arm's state
    // Files of the tree as this kernel was built from them, where the tree may have others now:
    // paths relative to the tree, and their contents.
    std::vector<std::pair<std::string, std::string>> files;
    std::vector<FrameQuery> frames;
    // Whether the tree was left alone but for those files; asked before and after it is read.
    std::function<bool()> undisturbed;
};

struct Symbols {
    // One entry a frame, in order. Files are relative to the tree where they are in it.
    std::vector<FrameLines> frames;
    int compiled = 0;  // units made for this request; the others were there
};

// Finds file and line of frames: a seam, so that pipeline tests compile nothing.
class Symbolizer {
  public:
    virtual ~Symbolizer() = default;
    // Frames whose line cannot be told have none and say why; an error is about all of them.
    virtual boost::asio::awaitable<util::Result<Symbols>> symbolize(SymbolRequest request) = 0;
};

}  // namespace krepro::build
