// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "http/message.hpp"
#include "http/services.hpp"

namespace krepro::http {

// An event stream as pieces of text to send. Holds no events: each piece is asked of the store
// from the last seq on, so a slow client costs no memory and a client that comes back with its
// last id misses nothing and gets nothing twice.
class EventReader {
  public:
    // The services outlive it.
    EventReader(const Services& services, EventFeed feed, std::chrono::milliseconds heartbeat)
        : services_(services), feed_(feed), heartbeat_(heartbeat) {}

    // Waits for the next piece; empty when the stream is over: the job is done and all its events
    // were given, or the bus is closed.
    boost::asio::awaitable<std::string> next();

  private:
    struct Batch {
        std::vector<model::Event> events;
        bool done = false;  // the job is, or is gone
    };
    boost::asio::awaitable<Batch> read();

    const Services& services_;
    EventFeed feed_;
    std::chrono::milliseconds heartbeat_;
    enum class State { fresh, streaming, settling, ended } state_ = State::fresh;
};

}  // namespace krepro::http
