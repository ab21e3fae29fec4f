// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "pipeline/services.hpp"
#include "vm/vm_host.hpp"

namespace krepro::pipeline {

// The accelerator of this host: as configured, as the store remembers it, or as booting a guest
// shows, which is then remembered. `boot` gives that guest without the files of its ports;
// `tell` gets a line for people when one is tried.
boost::asio::awaitable<std::string> choose_accelerator(
    const Services& services, std::function<boost::asio::awaitable<vm::BootSpec>()> boot,
    std::function<void(const std::string&)> tell);

}  // namespace krepro::pipeline
