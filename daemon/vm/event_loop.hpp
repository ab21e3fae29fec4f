// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>

namespace krepro::vm {

// Makes libvirt use this io_context for its sockets and timers (virEventRegisterImpl). Once a
// process, before the first connection; the io_context must outlive every connection.
void use_event_loop(boost::asio::io_context& io);

}  // namespace krepro::vm
