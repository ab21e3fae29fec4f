// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>

#include "pipeline/services.hpp"
#include "util/files.hpp"

namespace krepro::pipeline {

// The archive that repeats the job without krepro, as a file that has no name any more: it is gone
// when the descriptor is closed. `not_found` without such a job, `conflict` when it has no verdict
// or lacks a kernel.
boost::asio::awaitable<util::Result<util::Fd>> make_bundle(const Services& services,
                                                           std::int64_t job);

}  // namespace krepro::pipeline
