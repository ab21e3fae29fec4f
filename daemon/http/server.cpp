// SPDX-License-Identifier: Apache-2.0
#include "http/server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>

#include "http/connection.hpp"
#include "http/tls.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto k_as_tuple = asio::as_tuple(asio::use_awaitable);
// How exact the limits in time are.
constexpr std::chrono::milliseconds k_tick{100};

tcp::acceptor listen_on(const asio::any_io_executor& executor, const ServerOptions& options) {
    try {
        const tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
        tcp::acceptor acceptor(executor);
        acceptor.open(endpoint.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(endpoint);
        acceptor.listen();
        return acceptor;
    } catch (const boost::system::system_error& error) {
        throw util::InfraError({util::ErrorKind::unavailable,
                                "cannot listen: " + error.code().message(),
                                fmt::format("{}:{}", options.address, options.port),
                                "is another krepro running there? choose another address or port"});
    }
}

}  // namespace

Server::Server(asio::any_io_executor executor, ServerOptions options, Services services)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      tls_(util::value_or_throw(server_tls(options_.tls_certificate, options_.tls_key))),
      api_(std::move(services), options_),
      bodies_(options_.limits.bodies_bytes),
      acceptor_(listen_on(executor_, options_)),
      all_gone_(executor_),
      tick_(executor_),
      port_(acceptor_.local_endpoint().port()) {}

Server::~Server() = default;

asio::awaitable<void> Server::run() {
    watching_ = true;
    asio::co_spawn(executor_, watch_limits(), asio::detached);
    co_await accept_all();
    co_await wait_for_connections();
}

void Server::stop() {
    if (stopping_) return;
    stopping_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    api_.services().bus->close();
    for (const auto& connection : connections_) connection->close_when_idle();
    tick_.cancel();
}

asio::awaitable<void> Server::watch_limits() {
    while (!stopping_ || !connections_.empty()) {
        // Nothing is looked at, and nobody woken, while nobody is here.
        if (connections_.empty())
            tick_.expires_at(asio::steady_timer::time_point::max());
        else
            tick_.expires_after(k_tick);
        co_await tick_.async_wait(k_as_tuple);
        const auto now = std::chrono::steady_clock::now();
        for (const auto& connection : connections_)
            if (connection->overdue(now)) connection->close();
    }
    watching_ = false;
    all_gone_.cancel();
}

asio::awaitable<void> Server::accept_all() {
    while (!stopping_) {
        auto [error, socket] = co_await acceptor_.async_accept(k_as_tuple);
        if (!error && !stopping_) {
            if (connections_.size() < options_.limits.connections)
                start(std::move(socket));
            else
                refuse(std::move(socket));
        } else if (!stopping_ && error != asio::error::connection_aborted) {
            // Out of descriptors, most likely: those who are here must leave first.
            spdlog::warn("http: cannot accept: {}", error.message());
            asio::steady_timer pause(executor_, std::chrono::milliseconds(100));
            co_await pause.async_wait(k_as_tuple);
        }
    }
}

void Server::start(tcp::socket socket) {
    if (connections_.empty()) tick_.cancel();
    connections_.push_back(std::make_unique<Connection>(this, std::move(socket), tls_.get()));
    asio::co_spawn(executor_, serve(this, std::prev(connections_.end())), asio::detached);
}

asio::awaitable<void> Server::serve(Server* server, Place place) {
    try {
        co_await (*place)->run();
    } catch (const std::exception& error) {
        spdlog::error("http: a connection failed: {}", error.what());
    }
    server->connections_.erase(place);
    if (!server->connections_.empty()) co_return;
    server->all_gone_.cancel();
    server->tick_.cancel();
}

// Fits into the socket's buffer, so it is never waited for.
void Server::refuse(tcp::socket socket) const {
    constexpr std::string_view k_answer =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
        "Content-Length: 0\r\n\r\n";
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.send(asio::buffer(k_answer.data(), k_answer.size()), 0, ignored);
}

asio::awaitable<void> Server::wait_for_connections() {
    if (!connections_.empty()) {
        all_gone_.expires_after(options_.limits.grace);
        co_await all_gone_.async_wait(k_as_tuple);
    }
    for (const auto& connection : connections_) connection->close();
    while (!connections_.empty() || watching_) {
        all_gone_.expires_after(std::chrono::milliseconds(100));
        co_await all_gone_.async_wait(k_as_tuple);
    }
}

}  // namespace krepro::http
