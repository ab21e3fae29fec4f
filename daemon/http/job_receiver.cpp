// SPDX-License-Identifier: Apache-2.0
#include "http/job_receiver.hpp"

#include <fmt/format.h>

#include "http/origin.hpp"
#include "http/url.hpp"

namespace krepro::http {

using util::ErrorKind;
using util::fail;

namespace {

constexpr auto k_where = "field webhook";
constexpr auto k_example = "for example https://ci.example.org/krepro";

bool is_private_literal(const std::string& host) {
    if (is_loopback_authority(host)) return true;
    boost::system::error_code code;
    const auto address = boost::asio::ip::make_address(host, code);
    return !code && is_private(address);
}

}  // namespace

util::Result<void> check_job_receiver(const std::string& text, JobReceivers allowed) {
    if (allowed == JobReceivers::none)
        return fail(ErrorKind::invalid_input, "this server has no secret to sign webhooks with",
                    k_where, "leave it out, or start the server with --webhook-secret-file");
    const auto url = parse_url(text);
    if (!url) return fail(ErrorKind::invalid_input, url.error().what, k_where, k_example);
    if (allowed == JobReceivers::any) return {};
    if (!url->tls)
        return fail(ErrorKind::invalid_input, "a webhook's address begins with https://", k_where,
                    "use https; plain HTTP needs a server with --webhook-allow-private");
    if (is_private_literal(url->host))
        return fail(ErrorKind::invalid_input,
                    "the webhook's address is of this machine or of a private network", k_where,
                    "that needs a server with --webhook-allow-private");
    return {};
}

std::string shown_receiver(std::string_view text) {
    const auto url = parse_url(text);
    if (!url) return "";
    return fmt::format("{}://{}{}", url->tls ? "https" : "http", url->authority(),
                       url->target == "/" ? "" : "/...");
}

}  // namespace krepro::http
