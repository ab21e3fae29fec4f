// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace krepro::http {

// An http or https address, taken apart.
struct Url {
    bool tls = false;
    std::string host;          // without brackets
    std::string port;          // 80 or 443 when it is not said
    std::string target = "/";  // path and query

    bool operator==(const Url&) const = default;
    // "host:port" as the Host header has it.
    [[nodiscard]] std::string authority() const;
};

// `invalid_input` for other schemes, user names, fragments, and bytes that no address has.
util::Result<Url> parse_url(std::string_view text);

// Whether an address is of this machine, of a network that is not the Internet, or of nobody: what
// a server must not be sent to by what others configured.
[[nodiscard]] bool is_private(const boost::asio::ip::address& address);

}  // namespace krepro::http
