// SPDX-License-Identifier: Apache-2.0
#include "http/connection.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <cerrno>
#include <utility>

#include "http/event_feed.hpp"
#include "http/head.hpp"
#include "http/header_reader.hpp"
#include "http/request_check.hpp"
#include "http/server.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using beast::http::field;
using beast::http::verb;

namespace {

constexpr auto k_as_tuple = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t k_piece_bytes = 64U << 10U;
constexpr std::size_t k_header_piece_bytes = 4096;

// The client is gone, or was too slow: there is nobody to answer.
bool is_gone(const boost::system::error_code& error) {
    return error == beast::http::error::end_of_stream ||
           error == beast::http::error::partial_message || error == asio::error::connection_reset ||
           error == asio::error::eof || error == asio::error::operation_aborted ||
           error == asio::error::broken_pipe || error == asio::error::bad_descriptor ||
           error == asio::ssl::error::stream_truncated ||
           error.category() == asio::error::get_ssl_category();
}

// g++ 12 destroys an aggregate that is written inside a co_await expression twice (bug 107288), so
// answers are made here and not there.
Reply too_many_uploads(std::string_view path) {
    return problem_reply({ProblemKind::unavailable, "too many uploads at the same time", "body",
                          "try again in some seconds"},
                         path);
}

}  // namespace

Connection::Connection(Server* server, asio::ip::tcp::socket socket, asio::ssl::context* tls)
    : server_(server), stream_(std::move(socket), tls), buffer_(2 * k_piece_bytes) {}

void Connection::limit(std::chrono::milliseconds time) {
    deadline_ = std::chrono::steady_clock::now() + time;
}

void Connection::no_limit() {
    deadline_ = std::chrono::steady_clock::time_point::max();
}

void Connection::close_when_idle() {
    if (idle_) close();
}

void Connection::close() {
    boost::system::error_code ignored;
    socket().close(ignored);
}

asio::awaitable<void> Connection::run() {
    boost::system::error_code ignored;
    // Answers are written in whole pieces: waiting for more would only delay them.
    socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    const bool secure = co_await shake_hands();
    auto after = secure ? After::next_request : After::close;
    while (after == After::next_request && !server_->stopping()) {
        if (!co_await wait_for_request()) break;
        after = co_await serve_one();
    }
    co_await finish_writing();
    close();
}

asio::awaitable<bool> Connection::shake_hands() {
    if (stream_.tls() == nullptr) co_return true;
    limit(server_->limits().header_time);
    const auto [error] =
        co_await stream_.tls()->async_handshake(asio::ssl::stream_base::server, k_as_tuple);
    no_limit();
    co_return !error;
}

asio::awaitable<void> Connection::finish_writing() {
    if (std::exchange(finished_, true)) co_return;
    boost::system::error_code ignored;
    // A TLS client tells by this that the answer came to its end.
    if (stream_.tls() != nullptr && socket().is_open()) {
        limit(server_->limits().grace);
        co_await stream_.tls()->async_shutdown(k_as_tuple);
        no_limit();
    }
    socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

asio::awaitable<bool> Connection::wait_for_request() {
    if (buffer_.size() != 0) co_return true;
    idle_ = true;
    limit(server_->limits().idle_time);
    const auto [error, n] =
        co_await stream_.async_read_some(buffer_.prepare(k_header_piece_bytes), k_as_tuple);
    no_limit();
    idle_ = false;
    buffer_.commit(n);
    co_return !error;
}

// Mostly the whole header is there already, and reading it takes no turn of the loop.
asio::awaitable<boost::system::error_code> Connection::read_header(RequestParser* parser) {
    HeaderReader reader(parser, server_->limits().header_bytes);
    auto error = reader.take(buffer_);
    limit(server_->limits().header_time);
    while (error == beast::http::error::need_more) {
        const auto [read_error, n] =
            co_await stream_.async_read_some(buffer_.prepare(k_header_piece_bytes), k_as_tuple);
        buffer_.commit(n);
        error = read_error ? read_error : reader.take(buffer_);
    }
    no_limit();
    co_return error;
}

asio::awaitable<Connection::After> Connection::serve_one() {
    RequestParser parser;
    parser.body_limit(server_->limits().body_bytes);
    const auto error = co_await read_header(&parser);
    if (error && is_gone(error)) co_return After::close;
    const auto& request = parser.get();
    auto target = parse_target(target_of(request));
    if (auto reply = refuse_unread(error, request, target))
        co_return co_await reply_and_close(std::move(*reply));

    auto planned = server_->api().plan(request.method(), *target, request.base());
    if (auto* match = std::get_if<RouteMatch>(&planned)) {
        auto routed = std::move(*match);
        co_return co_await serve_routed(&parser, std::move(*target), std::move(routed));
    }
    auto reply = std::get<Reply>(std::move(planned));
    if (parser.is_done())
        co_return co_await write(std::move(reply), request.method(), parser.keep_alive());
    // Its body is not read: what follows cannot be told from a next request.
    co_return co_await reply_and_close(std::move(reply));
}

asio::awaitable<Connection::After> Connection::serve_routed(RequestParser* parser, Target target,
                                                            RouteMatch match) {
    const auto header = parser->get()[field::authorization];
    std::string authorization(header.data(), header.size());
    auto admitted =
        co_await server_->api().admit(match.route, std::move(authorization), target.path);
    if (auto* refusal = std::get_if<Reply>(&admitted))
        co_return co_await reply_and_close(std::move(*refusal));
    const bool has_body = !parser->is_done();
    const auto length = parser->content_length_remaining();
    // A chunked body does not say its length: it may become the longest that is read here.
    const auto longest =
        match.route->body == BodyUse::none ? k_ignored_body_bytes : server_->limits().body_bytes;
    const std::uint64_t claim = has_body ? std::min(length.value_or(longest), longest) : 0;
    const auto share = server_->bodies().take(claim);
    if (!share) {
        auto busy = too_many_uploads(target.path);
        co_return co_await reply_and_close(std::move(busy));
    }
    std::optional<Problem> problem;
    if (has_body) problem = co_await read_body(parser, match.route->body);
    if (problem && !socket().is_open()) co_return After::close;
    if (problem) {
        auto refusal = problem_reply(*problem, target.path);
        co_return co_await reply_and_close(std::move(refusal));
    }
    const auto method = parser->get().method();
    const bool keep_alive = parser->keep_alive();
    auto request = parser->release();
    Call call;
    call.method = method;
    call.target = std::move(target);
    call.path_values = std::move(match.values);
    call.headers = std::move(static_cast<beast::http::fields&>(request.base()));
    call.body = std::move(request.body());
    call.visitor = std::get<Visitor>(admitted);
    auto reply = co_await server_->api().answer(match.route, std::move(call));
    co_return co_await write(std::move(reply), method, keep_alive);
}

asio::awaitable<std::optional<Problem>> Connection::read_body(RequestParser* parser, BodyUse use) {
    if (use == BodyUse::none) {
        if (parser->content_length().value_or(0) > k_ignored_body_bytes)
            co_return Problem{ProblemKind::too_large, "this path takes no body", "body", ""};
        parser->body_limit(k_ignored_body_bytes);
    }
    if (beast::iequals(parser->get()[field::expect], "100-continue"))
        co_await send("HTTP/1.1 100 Continue\r\n\r\n");
    limit(server_->limits().body_time);
    const auto [error, n] = co_await beast::http::async_read(stream_, buffer_, *parser, k_as_tuple);
    no_limit();
    if (!error) co_return std::nullopt;
    if (is_gone(error)) close();
    co_return read_problem(error);
}

asio::awaitable<Connection::After> Connection::reply_and_close(Reply reply) {
    co_await write(std::move(reply), verb::get, false);
    co_await linger();
    co_return After::close;
}

asio::awaitable<Connection::After> Connection::write(Reply reply, verb method, bool keep_alive) {
    auto* part = std::get_if<FilePart>(&reply.body);
    const auto* feed = std::get_if<EventFeed>(&reply.body);
    keep_alive = keep_alive && feed == nullptr && !server_->stopping();
    server_->api().count(reply.status);
    const auto head = head_bytes(reply, keep_alive ? Ending::keep_alive : Ending::close);
    const bool with_body = method != verb::head;
    bool sent = co_await send(head, with_body ? body_bytes(reply) : std::string_view());
    if (sent && with_body && part != nullptr) sent = co_await write_file(std::move(*part));
    if (sent && with_body && feed != nullptr) co_await feed_events(*feed);
    co_return sent&& keep_alive ? After::next_request : After::close;
}

asio::awaitable<bool> Connection::write_file(FilePart part) {
    std::string piece;
    while (part.length != 0) {
        piece.resize(std::min<std::uint64_t>(part.length, k_piece_bytes));
        const auto n =
            ::pread(part.file.get(), piece.data(), piece.size(), static_cast<off_t>(part.offset));
        if (n < 0 && errno == EINTR) continue;
        // The length was promised: a file that became shorter can only end the connection.
        if (n <= 0) co_return false;
        piece.resize(static_cast<std::size_t>(n));
        if (!co_await send(piece)) co_return false;
        part.offset += static_cast<std::uint64_t>(n);
        part.length -= static_cast<std::uint64_t>(n);
    }
    co_return true;
}

asio::awaitable<void> Connection::feed_events(EventFeed feed) {
    EventReader reader(server_->api().services(), feed, server_->limits().heartbeat);
    while (true) {
        const auto bytes = co_await reader.next();
        if (bytes.empty() || !co_await send(bytes)) co_return;
    }
}

asio::awaitable<bool> Connection::send(std::string_view bytes, std::string_view more) {
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(bytes.data(), bytes.size()),
                                                   asio::buffer(more.data(), more.size())};
    limit(server_->limits().write_time);
    const auto [error, n] = co_await asio::async_write(stream_, pieces, k_as_tuple);
    no_limit();
    co_return !error;
}

// Reads on for a moment after the last answer: closing at once, with bytes of the client unread,
// would reset the connection, and the client would lose the answer that says why.
asio::awaitable<void> Connection::linger() {
    co_await finish_writing();
    limit(server_->limits().grace);
    std::uint64_t read = 0;
    while (read <= 2 * server_->limits().body_bytes) {
        buffer_.clear();
        // What still comes is not looked at: it may be TLS or not.
        const auto [error, n] =
            co_await socket().async_read_some(buffer_.prepare(k_piece_bytes), k_as_tuple);
        if (error) break;
        read += n;
    }
    no_limit();
}

}  // namespace krepro::http
