// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace krepro::http {

// An HTTP server that keeps what it was sent, one request a connection, and answers as it was told:
// the first request with the first status, those after the last with the last.
class Receiver {
  public:
    using Request = boost::beast::http::request<boost::beast::http::string_body>;

    // Status 0: takes the request and says nothing. 3xx come with the Location.
    explicit Receiver(std::vector<unsigned> statuses, std::string location = "");
    ~Receiver();

    [[nodiscard]] std::string url() const;
    // What came, as soon as there are `count`, or after some seconds.
    std::vector<Request> wait_for(std::size_t count);
    std::size_t connections();

  private:
    void serve();
    unsigned take(Request request);

    std::vector<unsigned> statuses_;
    std::string location_;
    boost::asio::io_context loop_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Request> requests_;
    std::size_t connections_ = 0;
    bool stopping_ = false;
    std::vector<boost::asio::ip::tcp::socket> held_;
    std::thread thread_;
};

}  // namespace krepro::http
