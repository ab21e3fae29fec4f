// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "http/sse.hpp"
#include "model/json.hpp"
#include "util/result.hpp"

namespace krepro::http {

struct Answer {
    unsigned status = 0;
    std::string content_type;
    std::string location;
    std::string content_range;
    std::string body;
};

struct Ask {
    std::string method = "GET";
    std::string target;  // "/api/v1/jobs?limit=3"
    std::string content_type;
    std::string range;
    std::string body;
};

// What the CLI talks to a server with: blocking, one connection a request. Not for the loop's
// thread.
class Client {
  public:
    // "http://host:port" with nothing behind it; `invalid_input` otherwise.
    static util::Result<Client> make(std::string_view url);

    // Any answer, errors included. `unavailable` when there is none.
    [[nodiscard]] util::Result<Answer> send(const Ask& ask) const;
    // The JSON of an answer below 400; a problem comes back as the error that it was made of.
    [[nodiscard]] util::Result<model::Json> json(const Ask& ask) const;
    // The text of an answer below 400.
    [[nodiscard]] util::Result<std::string> text(const Ask& ask) const;

    enum class Next { go_on, stop };
    // Calls `take` for each event of the stream after `after`, and reconnects where it broke off:
    // nothing is lost, nothing comes twice. Returns when `take` says stop or the server says that
    // there is nothing more. `unavailable` when the server cannot be reached for `patience`.
    [[nodiscard]] util::Result<void> follow(const std::string& target, std::int64_t after,
                                            const std::function<Next(const SseMessage&)>& take,
                                            std::chrono::milliseconds patience) const;

  private:
    Client(std::string host, std::string port) : host_(std::move(host)), port_(std::move(port)) {}
    std::string host_;
    std::string port_;
};

}  // namespace krepro::http
