// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/build.hpp"
#include "model/mail.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

// One entry of trees.toml: a source of kernels.
struct Tree {
    std::string name;
    std::string kind;        // "debian-source", "debian-binary", "git", "tarball"
    std::string package;     // debian-source: "linux"; debian-binary: "linux-source-6.12"
    std::string version;     // debian-source: "6.1.8-1"; empty: the newest that can be had
    bool rt_series = false;  // apply debian/patches-rt/series
    std::string location;    // git: URL or path; tarball: path
    std::string revision;    // git: commit, tag or branch; empty: HEAD
    std::string description;
};

// Reads a trees.toml; `invalid_input` names the entry and key.
util::Result<std::vector<Tree>> read_trees(const std::filesystem::path& file);

// One sentence of progress ("unpacking linux_6.1.8.orig.tar.xz").
using Progress = std::function<void(const std::string&)>;

// The two arms of a job on one warm work tree. Exactly one of them is on disk at a time: see
// KernelSource::select.
struct Pair {
    model::Direction direction = model::Direction::forward;
    model::Checkout unpatched;
    model::Checkout patched;
};

// A work tree that is kept as it is; given back by the destructor. Shared with nobody: the pointer
// only hides what is held.
using Held = std::shared_ptr<void>;

// Where kernels come from: a seam, so that pipeline tests need no kernel.
class KernelSource {
  public:
    virtual ~KernelSource() = default;
    // Gets the tree (once; later calls find it in the cache), tries the patch forward, then in
    // reverse, and names both arms. Neither: `invalid_input` naming file and hunk for both tries.
    virtual boost::asio::awaitable<util::Result<Pair>> prepare(const std::string& tree,
                                                               const model::Mail& mail,
                                                               Progress progress) = 0;
    // Brings the work tree to the state of this checkout, touching only the files that differ.
    // It stays there while the result is held: no other process changes the tree before.
    virtual boost::asio::awaitable<util::Result<Held>> select(const model::Checkout& checkout) = 0;
};

}  // namespace krepro::checkout
