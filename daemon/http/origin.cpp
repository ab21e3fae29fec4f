// SPDX-License-Identifier: Apache-2.0
#include "http/origin.hpp"

#include <boost/asio/ip/address.hpp>
#include <string>

namespace krepro::http {

namespace {

using boost::beast::http::field;

std::string_view value_of(const boost::beast::http::fields& headers, field name) {
    const auto value = headers[name];
    return {value.data(), value.size()};
}

// "[::1]:80" -> "::1", "host:80" -> "host".
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        return end == std::string_view::npos ? std::string_view{} : authority.substr(1, end - 1);
    }
    return authority.substr(0, authority.find(':'));
}

std::string_view authority_of(std::string_view origin) {
    const auto slashes = origin.find("://");
    return slashes == std::string_view::npos ? std::string_view{} : origin.substr(slashes + 3);
}

}  // namespace

bool is_loopback_authority(std::string_view authority) {
    const std::string host(host_of(authority));
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    boost::system::error_code code;
    const auto address = boost::asio::ip::make_address(host, code);
    return !code && address.is_loopback();
}

std::optional<Problem> check_origin(const boost::beast::http::fields& headers, Names names,
                                    Effect effect) {
    const auto host = value_of(headers, field::host);
    if (names == Names::local_only && !host.empty() && !is_loopback_authority(host))
        return Problem{ProblemKind::forbidden, "this server answers to names of this machine only",
                       "header Host", "use http://127.0.0.1 or http://localhost"};
    const auto origin = value_of(headers, field::origin);
    if (effect == Effect::reads || origin.empty()) return std::nullopt;
    const auto authority = authority_of(origin);
    const bool same = !authority.empty() && authority == host;
    const bool local = names == Names::local_only && is_loopback_authority(authority);
    if (same || local) return std::nullopt;
    return Problem{ProblemKind::forbidden, "a page of another origin may not change anything here",
                   "header Origin", "use the page that this server serves, or no browser"};
}

}  // namespace krepro::http
