// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>

#include "http/api.hpp"
#include "http/byte_budget.hpp"
#include "http/services.hpp"

namespace krepro::http {

class Connection;

// The HTTP server, on one loop's thread.
//
// It stops in two phases: stop() closes the acceptor and the idle connections, ends the event
// streams and lets the requests that are being answered finish; what is left after `grace` is
// closed. run() returns when no connection is left, so that nothing of the server is used after
// it.
class Server {
  public:
    // Listens from here on. Throws util::InfraError when it cannot (port taken, wrong address,
    // certificate that cannot be used).
    Server(boost::asio::any_io_executor executor, ServerOptions options, Services services);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    boost::asio::awaitable<void> run();
    // On the loop's thread; more than once is harmless.
    void stop();
    [[nodiscard]] unsigned short port() const { return port_; }

    // For the connections.
    [[nodiscard]] const Limits& limits() const { return options_.limits; }
    [[nodiscard]] Api& api() { return api_; }
    [[nodiscard]] ByteBudget& bodies() { return bodies_; }
    [[nodiscard]] bool stopping() const { return stopping_; }

  private:
    boost::asio::awaitable<void> accept_all();
    boost::asio::awaitable<void> wait_for_connections();
    // Closes the connections that wait for longer than they may, until the last one has gone.
    boost::asio::awaitable<void> watch_limits();
    void start(boost::asio::ip::tcp::socket socket);
    void refuse(boost::asio::ip::tcp::socket socket) const;
    using Place = std::list<std::unique_ptr<Connection>>::iterator;
    static boost::asio::awaitable<void> serve(Server* server, Place place);

    boost::asio::any_io_executor executor_;
    ServerOptions options_;
    std::unique_ptr<boost::asio::ssl::context> tls_;  // null: plain
    Api api_;
    ByteBudget bodies_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer all_gone_;  // cancelled when the last connection ends
    boost::asio::steady_timer tick_;      // of watch_limits()
    std::list<std::unique_ptr<Connection>> connections_;
    unsigned short port_ = 0;
    bool stopping_ = false;
    bool watching_ = false;
};

}  // namespace krepro::http
