// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <string>

#include "http/either_stream.hpp"

namespace krepro::http {

using ClientStream = EitherStream<boost::beast::tcp_stream>;

// The client's side of TLS on a stream that is connected: the server must show a certificate for
// `host` that the stream's context trusts. Nothing to do on a plain one. Throws system_error.
boost::asio::awaitable<void> shake_hands(ClientStream* stream, std::string host);

}  // namespace krepro::http
