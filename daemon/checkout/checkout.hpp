// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/bisection.hpp"
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

// Whether the entry has what its kind needs; `invalid_input` names the key.
util::Result<void> check_tree(const Tree& tree);

// One sentence of progress ("unpacking linux_6.1.8.orig.tar.xz").
using Progress = std::function<void(const std::string&)>;

// The two arms of a job on one warm work tree. Exactly one of them is on disk at a time: see
// KernelSource::select.
struct Pair {
    model::Direction direction = model::Direction::forward;
    model::Checkout unpatched;
    model::Checkout patched;
};

// A change that a tree's own history holds: what lies between two of its commits.
struct Change {
    std::string before;   // whole hash: the unpatched arm
    std::string after;    // whole hash: the patched arm
    std::string author;   // "Name <address>" of the last commit
    std::string message;  // of the commits between, the last one first
    std::string diff;
    std::vector<std::string> notes;  // what is unusual: a merge, a pair that is no range
};

// The commits from a good to a bad one, in a line.
struct Line {
    std::vector<model::LineCommit> commits;  // the good one first, the bad one last
    std::vector<std::string> notes;          // what was done where the history is no line
};

// A file as one arm has it.
struct ArmFile {
    std::string path;  // relative to the tree
    std::string content;
};

// What differs between the two arms of a pair.
struct Difference {
    std::string diff;  // from the unpatched to the patched tree, without lines of context
    std::vector<ArmFile> unpatched;
    std::vector<ArmFile> patched;
};

// What a patch is tried on.
struct PatchBase {
    std::string tree;
    std::string commit = {};  // whole hash; empty: what the tree is at now
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
    // A commit that is on this machine is not fetched, wherever its branch is by now; `conflict`
    // when it can be had no more.
    virtual boost::asio::awaitable<util::Result<Pair>> prepare(PatchBase base,
                                                               const model::Mail& mail,
                                                               Progress progress) = 0;
    // Finds what a job names by a commit ("v6.12", "1f2e3d^": it against its first parent) or by
    // two ("A..B": both ends, whether or not one comes from the other). `not_found` names the
    // commit, `invalid_input` says of a root or an empty commit that it is one.
    virtual boost::asio::awaitable<util::Result<Change>> find_change(std::string tree,
                                                                     std::string commits,
                                                                     Progress progress) = 0;
    // The same, of what is on this machine, without waiting for a job that is at work on the tree.
    // `not_found` also when the tree is not fetched; nothing is written.
    virtual boost::asio::awaitable<util::Result<Change>> find_at_hand(std::string tree,
                                                                      std::string commits) = 0;
    // Names both arms of a change, by the whole hashes that find_change() gave.
    virtual boost::asio::awaitable<util::Result<Pair>> prepare_change(std::string tree,
                                                                      std::string before,
                                                                      std::string after,
                                                                      Progress progress) = 0;
    // One kernel alone: a revision of the tree (empty: the one that the tree is at).
    virtual boost::asio::awaitable<util::Result<model::Checkout>> prepare_one(
        std::string tree, std::string revision, Progress progress) = 0;
    // The first parents of `bad` that do not come from `good`, oldest first, after `good` itself: a
    // merge among them stands for all that it brought. `not_found` names the commit,
    // `invalid_input` says that `bad` does not come from `good`, `too_large` that they are too
    // many.
    virtual boost::asio::awaitable<util::Result<Line>> find_line(std::string tree, std::string good,
                                                                 std::string bad,
                                                                 Progress progress) = 0;
    // In which direction the tree takes the patch; `invalid_input` says why in neither. The work
    // tree stays as it is.
    virtual boost::asio::awaitable<util::Result<model::Direction>> try_patch(std::string tree,
                                                                             std::string patch,
                                                                             Progress progress) = 0;
    // The same, of what is on this machine, without waiting for a job that is at work on the tree:
    // for an answer at once. `not_found` when the tree is not fetched; nothing is written.
    virtual boost::asio::awaitable<util::Result<model::Direction>> try_at_hand(
        std::string tree, std::string patch) = 0;
    // Whether the tree's files are on this machine already.
    [[nodiscard]] virtual bool is_at_hand(const std::string& tree) const = 0;
    // Brings the work tree to the state of this checkout, touching only the files that differ.
    // It stays there while the result is held: no other process changes the tree before.
    virtual boost::asio::awaitable<util::Result<Held>> select(const model::Checkout& checkout) = 0;
    // The files in which the arms differ, as each has them: with them laid over the work tree one
    // can read either arm without switching it. Needs no lock.
    virtual boost::asio::awaitable<util::Result<Difference>> difference(Pair pair) = 0;
    // Whether the work tree is now in the state of one of the two arms, and not in another job's.
    [[nodiscard]] virtual bool is_at(const Pair& pair) const = 0;
};

}  // namespace krepro::checkout
