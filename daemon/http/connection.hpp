// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <optional>

#include "http/either_stream.hpp"
#include "http/message.hpp"
#include "http/request_check.hpp"
#include "http/router.hpp"

namespace krepro::http {

class Server;

// One client: reads requests one after the other and writes what the Api answers. Every wait has
// a limit, every buffer too. It holds no timer: the server looks at the limits of all connections
// together, so that a request costs none.
class Connection {
  public:
    // TLS with `tls` unless it is null.
    Connection(Server* server, boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);

    // Until the client is gone, an error or the server stops.
    boost::asio::awaitable<void> run();
    // Ends the wait for a next request; a request that is being served goes on.
    void close_when_idle();
    void close();
    // Whether what it waits for has taken longer than it may.
    [[nodiscard]] bool overdue(std::chrono::steady_clock::time_point now) const {
        return now > deadline_;
    }

  private:
    enum class After { next_request, close };

    boost::asio::awaitable<bool> shake_hands();
    boost::asio::awaitable<bool> wait_for_request();
    boost::asio::awaitable<boost::system::error_code> read_header(RequestParser* parser);
    boost::asio::awaitable<After> serve_one();
    boost::asio::awaitable<After> serve_routed(RequestParser* parser, Target target,
                                               RouteMatch match);
    // The body, or the problem that reading it is.
    boost::asio::awaitable<std::optional<Problem>> read_body(RequestParser* parser, BodyUse use);
    boost::asio::awaitable<After> reply_and_close(Reply reply);
    boost::asio::awaitable<After> write(Reply reply, beast::http::verb method, bool keep_alive);
    boost::asio::awaitable<bool> write_file(FilePart part);
    boost::asio::awaitable<void> feed_events(EventFeed feed);
    // Both pieces, as one where that is possible.
    boost::asio::awaitable<bool> send(std::string_view bytes, std::string_view more = {});
    // Says that no more will be written.
    boost::asio::awaitable<void> finish_writing();
    boost::asio::awaitable<void> linger();

    void limit(std::chrono::milliseconds time);
    void no_limit();
    [[nodiscard]] boost::asio::ip::tcp::socket& socket() { return stream_.lower(); }

    Server* server_;
    EitherStream<boost::asio::ip::tcp::socket> stream_;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
    beast::flat_buffer buffer_;
    bool idle_ = false;
    bool finished_ = false;  // nothing more is written
};

}  // namespace krepro::http
