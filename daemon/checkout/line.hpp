// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>

#include "checkout/checkout.hpp"

namespace krepro::checkout {

// The line of commits between two of a repository: see KernelSource::find_line.
boost::asio::awaitable<util::Result<Line>> read_line(std::filesystem::path repository,
                                                     std::string good, std::string bad);

}  // namespace krepro::checkout
