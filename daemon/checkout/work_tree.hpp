// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "checkout/apply.hpp"
#include "model/build.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

// How a work tree gets to a state: a commit, and a patch applied to it or reversed out of it.
struct State {
    std::string revision;
    std::optional<model::Direction> direction;  // none: the commit as it is
    std::string patch;                          // empty when there is no direction

    bool operator==(const State&) const = default;
};

// The name of a state: equal names have equal files.
std::string state_name(const State& state);

// A state as a file's text and back. `internal` when the text is none.
std::string write_state(const State& state);
util::Result<State> read_state(std::string_view text);

// Writes down in folder/states how to get to a state; returns its name.
util::Result<std::string> keep_state(const std::filesystem::path& folder, const State& state);

// The lock of a work tree, waited for without blocking the loop.
boost::asio::awaitable<util::Result<util::FileLock>> lock_tree(std::filesystem::path file);

// Brings the work tree at folder/source to the state, rewriting only files that differ, and notes
// it in folder/at. Repairs what an interrupted change left behind. The caller holds the lock.
boost::asio::awaitable<util::Result<void>> bring_to(std::filesystem::path folder, State state,
                                                    Sandboxing sandboxing);

}  // namespace krepro::checkout
