// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/fields.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.hpp"
#include "model/token.hpp"
#include "store/async_store.hpp"

namespace krepro::http {

// A new secret: "krepro_" and 256 random bits in hexadecimal. Shown once, to who asked for it.
[[nodiscard]] std::string new_secret();
// What is kept of a secret: its SHA-256.
[[nodiscard]] std::string hash_of_secret(std::string_view secret);

// Whether a request names a secret where logs, histories and other pages would keep it.
[[nodiscard]] std::optional<Problem> refuse_secret_in_url(const Target& target);

// A token bucket: `rate` requests a second, `burst` of them at once.
class RateLimit {
  public:
    struct Rule {
        double rate = 50;
        double burst = 200;
    };
    explicit RateLimit(Rule rule) : rule_(rule), left_(rule.burst) {}
    // False when it is empty; then wait() says for how many seconds, 1 at least.
    bool take(std::chrono::steady_clock::time_point now);
    [[nodiscard]] int wait() const;

  private:
    Rule rule_;
    double left_;
    std::chrono::steady_clock::time_point last_{};
};

// Asks for a token where one is demanded, and says who its holder is. On the loop's thread.
//
// A token that was good is taken as good for a second more, so that a busy client costs no look
// into the store each time: one that is revoked, by whichever process, is refused a second later.
class Doorman {
  public:
    enum class Door { open, token_demanded };
    Doorman(Door door, RateLimit::Rule rule) : door_(door), rule_(rule) {}

    [[nodiscard]] bool open() const { return door_ == Door::open; }
    // The visitor, or 401, 403 or 429. `needed` is what the route asks for.
    boost::asio::awaitable<std::variant<Visitor, Reply>> admit(store::AsyncStore* store,
                                                               std::string authorization,
                                                               model::Role needed,
                                                               std::string instance);

  private:
    struct Known {
        Visitor visitor;
        std::chrono::steady_clock::time_point until;
    };
    boost::asio::awaitable<std::optional<Visitor>> look_up(store::AsyncStore* store,
                                                           std::string hash);

    Door door_;
    RateLimit::Rule rule_;
    std::map<std::string, Known> known_;       // by hash; bounded
    std::map<std::int64_t, RateLimit> rates_;  // by token; 0 is all that are refused, together
};

}  // namespace krepro::http
