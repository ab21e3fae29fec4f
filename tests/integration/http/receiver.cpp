// SPDX-License-Identifier: Apache-2.0
#include "integration/http/receiver.hpp"

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>

namespace krepro::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

Receiver::Receiver(std::vector<unsigned> statuses, std::string location)
    : statuses_(std::move(statuses)),
      location_(std::move(location)),
      acceptor_(loop_, {asio::ip::make_address("127.0.0.1"), 0}),
      thread_([this] { serve(); }) {}

Receiver::~Receiver() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    // Wakes the accept.
    asio::io_context loop;
    asio::ip::tcp::socket last(loop);
    boost::system::error_code ignored;
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
}

std::string Receiver::url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook?a=b";
}

std::vector<Receiver::Request> Receiver::wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return requests_.size() >= count; });
    return requests_;
}

std::size_t Receiver::connections() {
    const std::lock_guard lock(mutex_);
    return connections_;
}

unsigned Receiver::take(Request request) {
    const std::lock_guard lock(mutex_);
    const auto status = statuses_[std::min(requests_.size(), statuses_.size() - 1)];
    requests_.push_back(std::move(request));
    changed_.notify_all();
    return status;
}

void Receiver::serve() {
    while (true) {
        asio::ip::tcp::socket socket(loop_);
        boost::system::error_code error;
        acceptor_.accept(socket, error);
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            ++connections_;
        }
        beast::flat_buffer buffer;
        Request request;
        beast::http::read(socket, buffer, request, error);
        if (error) continue;
        const auto status = take(std::move(request));
        if (status == 0) {
            held_.push_back(std::move(socket));
            continue;
        }
        beast::http::response<beast::http::empty_body> answer;
        answer.result(status);
        if (!location_.empty()) answer.set(beast::http::field::location, location_);
        answer.prepare_payload();
        beast::http::write(socket, answer, error);
    }
}

}  // namespace krepro::http
