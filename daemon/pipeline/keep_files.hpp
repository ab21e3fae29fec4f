// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/services.hpp"

namespace krepro::pipeline {

// The files among the artifacts, where they stay as long as the job does; their hashes, in the same
// order. One that is not there is kept as an empty one.
boost::asio::awaitable<std::vector<std::string>> keep_files(
    const Services& services, std::int64_t job, std::vector<std::filesystem::path> files);

}  // namespace krepro::pipeline
