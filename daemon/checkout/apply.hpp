// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/build.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

// Whether what touches foreign content runs in bubblewrap.
enum class Sandboxing { on, off };

// What `git apply` could not do.
struct FailedFile {
    std::string path;
    std::string line;    // where the hunk was looked for; empty when it is not about a hunk
    std::string reason;  // "patch does not apply", "No such file or directory"

    bool operator==(const FailedFile&) const = default;
};

// The files and hunks that git's messages name.
std::vector<FailedFile> parse_apply_errors(std::string_view messages);

// "kernel/fork.c:985 (@@ -985,6 +985,14 @@ void __put_task_struct(...))", joined by "; ". The hunk
// headers are looked up in the patch.
std::string describe_failures(const std::vector<FailedFile>& failures, std::string_view patch,
                              model::Direction direction);

// What is done with the patch: tried, done in the work tree, or done in an index alone.
enum class ApplyMode { check, write, index };

struct ApplyRequest {
    std::filesystem::path tree;
    std::string patch;
    model::Direction direction = model::Direction::forward;
    ApplyMode mode = ApplyMode::check;
    Sandboxing sandboxing = Sandboxing::on;
    // ApplyMode::index: a file below `tree`. ApplyMode::check: a file in a folder of its own, and
    // the patch is tried on it; empty: on the work tree.
    std::filesystem::path index;
    std::chrono::seconds deadline{120};  // of each git
    bool whole_context = false;          // else one line of it on either side is enough
};

// Nothing when the patch applies, else git's messages; an error only when git cannot be run.
boost::asio::awaitable<util::Result<std::optional<std::string>>> apply_patch(ApplyRequest request);

// A patch on the files of a revision. Nothing of the tree is written, and its work tree may be in
// any state.
struct TryRequest {
    std::filesystem::path tree;
    std::string revision;
    std::string patch;
    Sandboxing sandboxing = Sandboxing::on;
    std::chrono::seconds deadline{120};  // of each git
};

// What came of trying both directions. A patch that only adds lines may well apply once more to a
// tree that has it: of two directions that apply, the one that does so with its whole context is
// taken, then the one that finds more lines to take away.
struct Tried {
    std::optional<model::Direction> direction;  // nothing: neither applies, or none can be told
    bool both = false;                          // both apply, and neither better
    std::string forward, reverse;               // what git said when it did not apply
};
boost::asio::awaitable<util::Result<Tried>> try_directions(TryRequest request);

// git's hash of the tree that `revision` with the request's patch makes, without touching the work
// tree: equal for equal files, whatever revision, patch and direction led to them. The patch must
// be one that applies. The caller holds the tree's lock.
boost::asio::awaitable<util::Result<std::string>> patched_tree(ApplyRequest request,
                                                               std::string revision);

}  // namespace krepro::checkout
