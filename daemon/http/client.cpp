// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <thread>

#include "http/secure_client.hpp"
#include "http/tls.hpp"

namespace krepro::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::http::field;
using util::Error;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::uint64_t k_max_answer_bytes = 1ULL << 30U;
constexpr std::chrono::seconds k_connect_time{10};
constexpr std::chrono::seconds k_answer_time{120};
// Longer than the server's heartbeat: a silent stream is a broken one.
constexpr std::chrono::seconds k_silence_time{60};
constexpr std::chrono::milliseconds k_retry_time{500};
// Of a server that answers 429.
constexpr int k_most_tries = 4;
constexpr std::chrono::seconds k_longest_wait{30};
constexpr unsigned k_too_many = 429;

// Where the server is, and what it is checked with; plain when that is null.
struct Address {
    Url url;
    asio::ssl::context* tls;
};

beast::http::request<beast::http::string_body> make_request(const Address& address,
                                                            const Ask& ask) {
    beast::http::request<beast::http::string_body> request;
    request.version(11);
    request.method_string(ask.method);
    request.target(ask.target);
    request.set(field::host, address.url.authority());
    request.set(field::user_agent, "krepro");
    request.set(field::connection, "close");
    if (const char* token = std::getenv("KREPRO_TOKEN"); token != nullptr && *token != '\0')
        request.set(field::authorization, std::string("Bearer ") + token);
    if (!ask.content_type.empty()) request.set(field::content_type, ask.content_type);
    if (!ask.range.empty()) request.set(field::range, ask.range);
    request.body() = ask.body;
    if (!ask.body.empty() || ask.method == "POST") request.prepare_payload();
    return request;
}

asio::awaitable<void> connect(ClientStream* stream, Url url) {
    asio::ip::tcp::resolver resolver(stream->get_executor());
    const auto endpoints = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
    stream->lower().expires_after(k_connect_time);
    co_await stream->lower().async_connect(endpoints, asio::use_awaitable);
    co_await shake_hands(stream, url.host);
}

std::string text_of(const beast::http::fields& headers, field name) {
    const auto value = headers[name];
    return std::string(value.data(), value.size());
}

// Whole seconds, as krepro writes it.
std::chrono::seconds retry_after(const beast::http::fields& headers) {
    const auto text = text_of(headers, field::retry_after);
    int seconds = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool whole = code == std::errc() && end == text.data() + text.size();
    return std::chrono::seconds(whole ? std::max(0, seconds) : 0);
}

void wait_as_asked(std::chrono::seconds asked) {
    std::this_thread::sleep_for(std::clamp(asked, std::chrono::seconds(1), k_longest_wait));
}

asio::awaitable<Answer> exchange(Address address, Ask ask) {
    beast::tcp_stream plain(co_await asio::this_coro::executor);
    ClientStream stream(std::move(plain), address.tls);
    co_await connect(&stream, address.url);
    stream.lower().expires_after(k_answer_time);
    const auto request = make_request(address, ask);
    // A server that refuses early closes while it is written to: its answer says why.
    boost::system::error_code write_error;
    co_await beast::http::async_write(stream, request,
                                      asio::redirect_error(asio::use_awaitable, write_error));
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(k_max_answer_bytes);
    co_await beast::http::async_read(stream, buffer, parser, asio::use_awaitable);
    auto response = parser.release();
    Answer answer;
    answer.status = response.result_int();
    answer.content_type = text_of(response.base(), field::content_type);
    answer.location = text_of(response.base(), field::location);
    answer.content_range = text_of(response.base(), field::content_range);
    answer.retry_after = retry_after(response.base());
    answer.body = std::move(response.body());
    co_return answer;
}

// Runs a coroutine to its end on a loop of its own.
template <class T>
Result<T> run_to_end(const Address& address, asio::awaitable<T> work) {
    asio::io_context loop(1);
    std::exception_ptr error;
    std::optional<T> value;
    asio::co_spawn(loop, std::move(work), [&](std::exception_ptr e, T result) {
        error = e;
        value = std::move(result);
    });
    loop.run();
    try {
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    } catch (const boost::system::system_error& failure) {
        return fail(
            ErrorKind::unavailable, "no answer: " + failure.code().message(),
            fmt::format("{}://{}", address.url.tls ? "https" : "http", address.url.authority()),
            address.url.tls ? "is `krepro serve` running there, with a certificate for "
                              "that name? KREPRO_CA_FILE names one to trust"
                            : "is `krepro serve` running there?");
    }
}

ErrorKind kind_of(unsigned status) {
    switch (status) {
        case 404:
            return ErrorKind::not_found;
        case 409:
            return ErrorKind::conflict;
        case 413:
            return ErrorKind::too_large;
        case 429:
            return ErrorKind::too_many;
        case 503:
            return ErrorKind::unavailable;
        default:
            return status < 500 ? ErrorKind::invalid_input : ErrorKind::internal;
    }
}

// The error that a problem document was made of.
Error error_of(const Answer& answer, const Ask& ask) {
    Error error{kind_of(answer.status), fmt::format("the server answered {}", answer.status),
                ask.target, ""};
    const auto json = model::parse_json(answer.body, "answer");
    if (!json || !json->is_object()) return error;
    const auto member = [&](const char* name, const std::string& otherwise) {
        const auto found = json->find(name);
        return found != json->end() && found->is_string() ? found->get<std::string>() : otherwise;
    };
    error.what = member("detail", error.what);
    error.where = member("where", error.where);
    error.hint = member("hint", "");
    return error;
}

// How a stream's connection ended.
struct StreamEnd {
    unsigned status = 0;  // 0: no answer came
    bool stopped = false;
    bool received = false;
    std::chrono::seconds retry_after{0};
    std::string body;  // of an answer that is no stream
};

struct StreamState {
    std::string last_id;
    const std::function<Client::Next(const SseMessage&)>* take;
};

// One connection of a stream. `state` outlives the coroutine: it is run to its end by the owner.
asio::awaitable<StreamEnd> read_stream(Address address, Ask ask, StreamState* state) {
    StreamEnd end;
    beast::tcp_stream plain(co_await asio::this_coro::executor);
    ClientStream stream(std::move(plain), address.tls);
    co_await connect(&stream, address.url);
    auto request = make_request(address, ask);
    request.set(field::accept, "text/event-stream");
    if (!state->last_id.empty()) request.set("Last-Event-ID", state->last_id);
    stream.lower().expires_after(k_silence_time);
    co_await beast::http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::buffer_body> parser;
    parser.body_limit(boost::none);
    co_await beast::http::async_read_header(stream, buffer, parser, asio::use_awaitable);
    end.status = parser.get().result_int();
    end.retry_after = retry_after(parser.get().base());
    SseParser events;
    std::array<char, 16384> bytes{};
    while (!parser.is_done()) {
        parser.get().body().data = bytes.data();
        parser.get().body().size = bytes.size();
        stream.lower().expires_after(k_silence_time);
        boost::system::error_code error;
        co_await beast::http::async_read_some(stream, buffer, parser,
                                              asio::redirect_error(asio::use_awaitable, error));
        const std::string_view piece(bytes.data(), bytes.size() - parser.get().body().size);
        if (end.status != 200)
            end.body += piece.substr(0, 65536 - std::min(end.body.size(), 65536UL));
        if (end.status == 200) {
            end.received |= !piece.empty();  // a heartbeat as well: the server is there
            for (const auto& message : events.feed(piece)) {
                state->last_id = message.id;
                end.stopped =
                    message.event == "end" || (*state->take)(message) == Client::Next::stop;
                if (end.stopped) co_return end;
            }
        }
        if (events.failed() || (error && error != beast::http::error::need_buffer)) break;
    }
    co_return end;
}

}  // namespace

Result<Client> Client::make(std::string_view text) {
    auto url = parse_url(text);
    if (!url) return tl::unexpected(std::move(url.error()));
    if (url->target != "/")
        return fail(ErrorKind::invalid_input, "expected http://HOST:PORT", std::string(text),
                    "for example http://127.0.0.1:8734");
    std::shared_ptr<asio::ssl::context> tls;
    if (url->tls) {
        const char* more = std::getenv("KREPRO_CA_FILE");
        auto made = client_tls(more == nullptr ? "" : more);
        if (!made) return tl::unexpected(std::move(made.error()));
        tls = std::move(*made);
    }
    return Client(std::move(*url), std::move(tls));
}

Result<Answer> Client::send(const Ask& ask) const {
    const Address address{url_, tls_.get()};
    for (int tries = 1;; ++tries) {
        auto answer = run_to_end(address, exchange(address, ask));
        if (!answer || answer->status != k_too_many || tries == k_most_tries) return answer;
        wait_as_asked(answer->retry_after);
    }
}

Result<std::string> Client::text(const Ask& ask) const {
    auto answer = send(ask);
    if (!answer) return tl::unexpected(std::move(answer.error()));
    if (answer->status >= 400) return tl::unexpected(error_of(*answer, ask));
    return std::move(answer->body);
}

Result<model::Json> Client::json(const Ask& ask) const {
    const auto body = text(ask);
    if (!body) return tl::unexpected(body.error());
    return model::parse_json(*body, "answer of the server");
}

Result<void> Client::follow(const std::string& target, std::int64_t after,
                            const std::function<Next(const SseMessage&)>& take,
                            std::chrono::milliseconds patience) const {
    const Address address{url_, tls_.get()};
    StreamState state{after > 0 ? std::to_string(after) : "", &take};
    auto last_good = std::chrono::steady_clock::now();
    Ask ask;
    ask.target = target;
    while (true) {
        const auto end = run_to_end(address, read_stream(address, ask, &state));
        if (end && (end->stopped || end->status == 204)) return {};
        const bool too_many = end && end->status == k_too_many;
        if (end && end->status >= 400 && end->status != 503 && !too_many) {
            Answer answer;
            answer.status = end->status;
            answer.body = end->body;
            return tl::unexpected(error_of(answer, ask));
        }
        const auto now = std::chrono::steady_clock::now();
        if (end && end->received) last_good = now;
        if (now - last_good > patience)
            return end ? fail(ErrorKind::unavailable, "the stream of events broke off", target)
                       : tl::unexpected(end.error());
        if (too_many)
            wait_as_asked(end->retry_after);
        else
            std::this_thread::sleep_for(k_retry_time);
    }
}

}  // namespace krepro::http
