// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "http/message.hpp"
#include "http/router.hpp"

namespace krepro::http {

class Server;

// One client: reads requests one after the other and writes what the Api answers. Every wait has
// a limit, every buffer too.
class Connection {
  public:
    Connection(Server* server, boost::asio::ip::tcp::socket socket);

    // Until the client is gone, an error or the server stops.
    boost::asio::awaitable<void> run();
    // Ends the wait for a next request; a request that is being served goes on.
    void close_when_idle();
    void close();

  private:
    using Parser = beast::http::request_parser<beast::http::string_body>;
    enum class After { next_request, close };

    boost::asio::awaitable<bool> wait_for_request();
    boost::asio::awaitable<After> serve_one();
    boost::asio::awaitable<After> serve_routed(Parser* parser, Target target, RouteMatch match);
    // The body, or the problem that reading it is.
    boost::asio::awaitable<std::optional<Problem>> read_body(Parser* parser, BodyUse use);
    boost::asio::awaitable<After> reply_and_close(Reply reply);
    boost::asio::awaitable<After> write(Reply reply, beast::http::verb method, bool keep_alive);
    boost::asio::awaitable<bool> write_file(FilePart part);
    boost::asio::awaitable<void> feed_events(EventFeed feed);
    boost::asio::awaitable<bool> send(std::string_view bytes);
    boost::asio::awaitable<void> linger();

    Server* server_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    bool idle_ = false;
};

}  // namespace krepro::http
