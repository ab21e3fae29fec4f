// SPDX-License-Identifier: Apache-2.0
#include "http/secure_client.hpp"

#include <openssl/ssl.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace krepro::http {

namespace asio = boost::asio;

asio::awaitable<void> shake_hands(ClientStream* stream, std::string host) {
    auto* tls = stream->tls();
    if (tls == nullptr) co_return;
    boost::system::error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    // The name is said in the open, for servers of many names; numbers are none (RFC 6066).
    if (not_an_address) SSL_set_tlsext_host_name(tls->native_handle(), host.c_str());
    tls->set_verify_callback(asio::ssl::host_name_verification(host));
    co_await tls->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
}

}  // namespace krepro::http
