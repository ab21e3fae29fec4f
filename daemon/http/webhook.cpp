// SPDX-License-Identifier: Apache-2.0
#include "http/webhook.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "http/secure_client.hpp"
#include "http/tls.hpp"
#include "util/files.hpp"
#include "util/hmac.hpp"

namespace krepro::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::http::field;
using util::ErrorKind;
using util::fail;
using Endpoints = std::vector<asio::ip::tcp::endpoint>;

namespace {

constexpr std::size_t k_min_secret = 16;
constexpr std::size_t k_max_secret = 4096;
constexpr std::uint32_t k_max_head = 16U << 10U;

util::Result<std::string> read_secret(const std::filesystem::path& file) {
    if (file.empty())
        return fail(ErrorKind::invalid_input, "a webhook needs a secret to be signed with",
                    "--webhook-secret-file", "make one: openssl rand -hex 32 > FILE");
    auto secret = util::read_file(file, k_max_secret);
    if (!secret) return secret;
    while (secret->ends_with('\n') || secret->ends_with('\r')) secret->pop_back();
    if (secret->size() < k_min_secret)
        return fail(ErrorKind::invalid_input,
                    fmt::format("the webhook's secret has fewer than {} bytes", k_min_secret),
                    file.string(), "make one: openssl rand -hex 32 > FILE");
    return secret;
}

using Request = beast::http::request<beast::http::string_body>;

Request make_request(const Url& url, const Delivery& delivery, const std::string& secret) {
    Request request{beast::http::verb::post, url.target, 11};
    request.set(field::host, url.authority());
    request.set(field::user_agent, "krepro");
    request.set(field::content_type, "application/json");
    request.set(field::connection, "close");
    request.set("X-Krepro-Event", delivery.event);
    request.set("X-Krepro-Delivery", delivery.id);
    request.set("X-Krepro-Signature", webhook_signature(secret, delivery.body));
    request.body() = delivery.body;
    request.prepare_payload();
    return request;
}

// The statuses that ask to come again: everything else below 500 is the receiver's last word.
bool asks_again(unsigned status) {
    return status >= 500 || status == 408 || status == 425 || status == 429;
}

Webhook::Attempt judge(unsigned status) {
    using Fate = Webhook::Fate;
    if (status >= 200 && status < 300) return {Fate::delivered, status, ""};
    if (status >= 300 && status < 400)
        return {Fate::refused, status,
                fmt::format("the receiver answered {}: redirects are not followed", status)};
    return {asks_again(status) ? Fate::failed : Fate::refused, status,
            fmt::format("the receiver answered {}", status)};
}

struct Exchange {
    const Request* request;
    Endpoints endpoints;
    const Url* url;
    asio::ssl::context* tls;
    std::chrono::milliseconds time;
};

// The status of the answer. One limit in time for all of it.
asio::awaitable<unsigned> exchange(const Exchange* parts) {
    beast::tcp_stream plain(co_await asio::this_coro::executor);
    ClientStream stream(std::move(plain), parts->tls);
    stream.lower().expires_after(parts->time);
    co_await stream.lower().async_connect(parts->endpoints, asio::use_awaitable);
    co_await shake_hands(&stream, parts->url->host);
    co_await beast::http::async_write(stream, *parts->request, asio::use_awaitable);
    beast::flat_buffer buffer(2UL * k_max_head);
    beast::http::response_parser<beast::http::empty_body> parser;
    parser.header_limit(k_max_head);
    co_await beast::http::async_read_header(stream, buffer, parser, asio::use_awaitable);
    co_return parser.get().result_int();
}

}  // namespace

std::string webhook_signature(std::string_view secret, std::string_view body) {
    return "sha256=" + util::hmac_sha256_hex(secret, body);
}

JobReceivers job_receivers(const WebhookOptions& options) {
    if (options.secret_file.empty()) return JobReceivers::none;
    return options.allow_private ? JobReceivers::any : JobReceivers::public_https;
}

util::Result<Webhook> Webhook::make(const WebhookOptions& options) {
    if (auto url = parse_url(options.url); !url && !options.url.empty()) {
        url.error().what = "the webhook's address: " + url.error().what;
        url.error().hint = "for example https://ci.example.org/krepro";
        return tl::unexpected(std::move(url.error()));
    }
    auto secret = read_secret(options.secret_file);
    if (!secret) return tl::unexpected(std::move(secret.error()));
    auto tls = client_tls(options.trusted);
    if (!tls) return tl::unexpected(std::move(tls.error()));
    Webhook webhook;
    webhook.secret_ = std::move(*secret);
    webhook.allow_private_ = options.allow_private;
    webhook.try_time_ = options.try_time;
    webhook.tls_ = std::move(*tls);
    return webhook;
}

asio::awaitable<Webhook::Attempt> Webhook::post(Url url, Delivery delivery) const {
    const auto request = make_request(url, delivery, secret_);
    Attempt attempt;
    try {
        asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
        const auto found = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
        Endpoints endpoints;
        for (const auto& entry : found)
            if (allow_private_ || !is_private(entry.endpoint().address()))
                endpoints.push_back(entry.endpoint());
        if (endpoints.empty()) {
            attempt.fate = Fate::refused;
            attempt.why = fmt::format(
                "{} is a private address, which needs --webhook-allow-private", url.host);
            co_return attempt;
        }
        const Exchange parts{&request, std::move(endpoints), &url, url.tls ? tls_.get() : nullptr,
                             try_time_};
        const auto status = co_await exchange(&parts);
        attempt = judge(status);
    } catch (const boost::system::system_error& error) {
        attempt.why = "no answer: " + error.code().message();
    }
    co_return attempt;
}

}  // namespace krepro::http
