// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/services.hpp"

namespace krepro::pipeline {

// What is kept of a file that is not there: an empty one, as of a log in which nothing was written,
// or nothing, which is an InfraError.
enum class Absent { empty, error };

// The files among the artifacts, where they stay as long as the job does; their hashes, in the same
// order.
boost::asio::awaitable<std::vector<std::string>> keep_files(
    const Services& services, std::int64_t job, std::vector<std::filesystem::path> files,
    Absent absent);

}  // namespace krepro::pipeline
