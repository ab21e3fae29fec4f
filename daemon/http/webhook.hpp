// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "http/job_receiver.hpp"
#include "http/url.hpp"
#include "util/result.hpp"

namespace krepro::http {

// Where the ends of jobs are told, and how hard it is tried.
struct WebhookOptions {
    std::string url;                    // told of every job's end; empty: none is
    std::filesystem::path secret_file;  // what deliveries are signed with; empty: there are none
    bool allow_private = false;         // addresses of this machine and of private networks
    std::filesystem::path trusted;      // certificates beside the system's; may be empty
    int tries = 5;
    std::chrono::milliseconds first_pause{2'000};  // doubled with each try
    std::chrono::milliseconds try_time{10'000};
};

// What a job may name, where these are the options.
[[nodiscard]] JobReceivers job_receivers(const WebhookOptions& options);

// What is told: JSON, and a name that is the same each time it is tried.
struct Delivery {
    std::string event;
    std::string id;
    std::string body;
};

// The value of X-Krepro-Signature: "sha256=" and the HMAC-SHA256 of the body in hexadecimal.
[[nodiscard]] std::string webhook_signature(std::string_view secret, std::string_view body);

// What deliveries are sent with: the secret that receivers know krepro by, and which of them it
// may connect to.
class Webhook {
  public:
    // `invalid_input` or `unavailable` names the option or the file that is wrong.
    static util::Result<Webhook> make(const WebhookOptions& options);

    enum class Fate {
        delivered,
        refused,  // trying again would change nothing
        failed,   // it may work later
    };
    struct Attempt {
        Fate fate = Fate::failed;
        unsigned status = 0;  // of the answer; 0: there was none
        std::string why;      // empty when it was delivered
    };
    // Posts it once: no redirect is followed, and no more of the answer read than its head. Where
    // private addresses are not allowed, the name's addresses are looked at, and none but one that
    // was looked at is connected to.
    [[nodiscard]] boost::asio::awaitable<Attempt> post(Url url, Delivery delivery) const;

  private:
    Webhook() = default;
    std::string secret_;
    bool allow_private_ = false;
    std::chrono::milliseconds try_time_{};
    std::unique_ptr<boost::asio::ssl::context> tls_;
};

}  // namespace krepro::http
