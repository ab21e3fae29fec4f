// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/sse.hpp"
#include "http/url.hpp"
#include "model/json.hpp"
#include "util/result.hpp"

namespace krepro::http {

struct Answer {
    unsigned status = 0;
    std::string content_type;
    std::string location;
    std::string content_range;
    std::chrono::seconds retry_after{0};  // that the server asks for; 0: it does not say
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
// thread. Where KREPRO_TOKEN is set, its token is sent along.
class Client {
  public:
    // "http://host:port" or "https://host:port" with nothing behind it; `invalid_input` otherwise.
    // A server's certificate is checked against the system's, and those in KREPRO_CA_FILE.
    static util::Result<Client> make(std::string_view url);

    // Any answer, errors included. `unavailable` when there is none. A server that has too many
    // requests of this client (429) is asked again when it says, a few times.
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
    Client(Url url, std::shared_ptr<boost::asio::ssl::context> tls)
        : url_(std::move(url)), tls_(std::move(tls)) {}
    Url url_;
    // Shared by the copies of a client: reading the system's certificates takes a while.
    std::shared_ptr<boost::asio::ssl::context> tls_;
};

}  // namespace krepro::http
