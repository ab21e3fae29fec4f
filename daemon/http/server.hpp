// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

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
    // Listens from here on. Throws util::InfraError when it cannot (port taken, wrong address).
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
    void start(boost::asio::ip::tcp::socket socket);
    void refuse(boost::asio::ip::tcp::socket socket) const;
    static boost::asio::awaitable<void> serve(Server* server, Connection* connection);

    boost::asio::any_io_executor executor_;
    ServerOptions options_;
    Api api_;
    ByteBudget bodies_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer all_gone_;  // cancelled when the last connection ends
    std::list<std::unique_ptr<Connection>> connections_;
    unsigned short port_ = 0;
    bool stopping_ = false;
};

}  // namespace krepro::http
