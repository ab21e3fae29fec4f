// SPDX-License-Identifier: Apache-2.0
#include "http/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace krepro::http {

namespace ip = boost::asio::ip;
using util::ErrorKind;
using util::fail;

namespace {

struct Network {
    std::uint32_t address;
    int bits;
};

// RFC 6890 and its successors: all that is not a host on the Internet.
constexpr std::array k_private_v4{
    Network{0x00000000, 8},  Network{0x0A000000, 8},  Network{0x64400000, 10},
    Network{0x7F000000, 8},  Network{0xA9FE0000, 16}, Network{0xAC100000, 12},
    Network{0xC0000000, 24}, Network{0xC0000200, 24}, Network{0xC0A80000, 16},
    Network{0xC6120000, 15}, Network{0xC6336400, 24}, Network{0xCB007100, 24},
    Network{0xE0000000, 3},
};

bool is_private_v4(std::uint32_t address) {
    return std::any_of(k_private_v4.begin(), k_private_v4.end(), [address](const Network& n) {
        return (address ^ n.address) >> (32 - n.bits) == 0;
    });
}

std::uint32_t v4_at(const ip::address_v6::bytes_type& bytes, std::size_t at) {
    return static_cast<std::uint32_t>(bytes[at]) << 24U |
           static_cast<std::uint32_t>(bytes[at + 1]) << 16U |
           static_cast<std::uint32_t>(bytes[at + 2]) << 8U | bytes[at + 3];
}

bool begins(const ip::address_v6::bytes_type& bytes, std::initializer_list<unsigned char> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool is_private_v6(const ip::address_v6& address) {
    const auto bytes = address.to_bytes();
    // Those that stand for an IPv4 address: mapped, translated (NAT64), 6to4.
    if (address.is_v4_mapped() || begins(bytes, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}))
        return is_private_v4(v4_at(bytes, 12));
    if (begins(bytes, {0x20, 0x02})) return is_private_v4(v4_at(bytes, 2));
    // Only 2000::/3 is the Internet, but for documentation and Teredo.
    return (bytes[0] & 0xE0U) != 0x20U || begins(bytes, {0x20, 0x01, 0x0D, 0xB8}) ||
           begins(bytes, {0x20, 0x01, 0, 0});
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    return code == std::errc() && end == text.data() + text.size() && port > 0 && port <= 65535;
}

}  // namespace

std::string Url::authority() const {
    const bool v6 = host.find(':') != std::string::npos;
    const bool usual = port == (tls ? "443" : "80");
    return (v6 ? "[" + host + "]" : host) + (usual ? "" : ":" + port);
}

util::Result<Url> parse_url(std::string_view text) {
    const auto wrong = [&](const char* what) {
        return fail(ErrorKind::invalid_input, what, std::string(text.substr(0, 200)),
                    "for example http://127.0.0.1:8734");
    };
    Url url;
    url.tls = text.starts_with("https://");
    if (!url.tls && !text.starts_with("http://"))
        return wrong("expected http://HOST:PORT or https://HOST:PORT");
    for (const char c : text)
        if (c <= ' ' || c >= 127) return wrong("an address is printable ASCII without spaces");
    auto rest = text.substr(url.tls ? 8 : 7);
    if (rest.find('#') != std::string_view::npos) return wrong("an address here has no fragment");
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    auto authority = rest.substr(0, end);
    rest.remove_prefix(end);
    if (rest.starts_with('?')) url.target = "/" + std::string(rest);
    if (rest.starts_with('/')) url.target = rest;
    if (authority.find('@') != std::string_view::npos)
        return wrong("an address here holds no user name or password");
    const auto bracket = authority.find(']');
    const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    url.port = url.tls ? "443" : "80";
    if (colon != std::string_view::npos) url.port = authority.substr(colon + 1);
    url.host = authority.substr(0, colon);
    if (url.host.starts_with('[') && url.host.ends_with(']'))
        url.host = url.host.substr(1, url.host.size() - 2);
    if (!is_port(url.port)) return wrong("the port is a number from 1 to 65535");
    constexpr std::string_view k_allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";
    if (url.host.empty() || url.host.find_first_not_of(k_allowed) != std::string::npos)
        return wrong("the address names no host");
    return url;
}

bool is_private(const ip::address& address) {
    return address.is_v4() ? is_private_v4(address.to_v4().to_uint())
                           : is_private_v6(address.to_v6());
}

}  // namespace krepro::http
