// SPDX-License-Identifier: Apache-2.0
#include "http/access.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "util/hash.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using model::Role;

namespace {

constexpr std::string_view k_prefix = "krepro_";
constexpr std::size_t k_bytes = 32;
constexpr std::chrono::seconds k_trust{1};
constexpr std::size_t k_max_known = 1024;

bool is_secret(std::string_view text) {
    return text.size() == k_prefix.size() + 2 * k_bytes && text.starts_with(k_prefix) &&
           text.find_first_not_of("0123456789abcdef", k_prefix.size()) == std::string_view::npos;
}

// The secret of "Bearer SECRET"; empty when it is none.
std::string_view bearer(std::string_view header) {
    constexpr std::string_view k_scheme = "bearer ";
    if (header.size() <= k_scheme.size()) return {};
    for (std::size_t i = 0; i < k_scheme.size(); ++i)
        if (std::tolower(static_cast<unsigned char>(header[i])) != k_scheme[i]) return {};
    header.remove_prefix(k_scheme.size());
    return is_secret(header) ? header : std::string_view{};
}

Reply unauthorized(std::string_view instance) {
    auto reply = problem_reply(
        {ProblemKind::unauthorized, "this server asks for a token", "header Authorization",
         "send \"Authorization: Bearer TOKEN\"; krepro token add makes one"},
        instance);
    reply.headers.emplace_back(beast::http::field::www_authenticate, "Bearer realm=\"krepro\"");
    return reply;
}

Reply too_many(int seconds, std::string_view instance) {
    auto reply = problem_reply({ProblemKind::too_many_requests, "too many requests of this token",
                                "header Authorization", fmt::format("try again in {} s", seconds)},
                               instance);
    reply.headers.emplace_back(beast::http::field::retry_after, std::to_string(seconds));
    return reply;
}

}  // namespace

std::string new_secret() {
    std::array<unsigned char, k_bytes> bits{};
    if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1)
        throw util::InfraError(
            {util::ErrorKind::unavailable, "no random numbers to be had", "", "try again"});
    std::string secret(k_prefix);
    for (const auto byte : bits) secret += fmt::format("{:02x}", byte);
    return secret;
}

std::string hash_of_secret(std::string_view secret) {
    return util::sha256_hex(secret);
}

std::optional<Problem> refuse_secret_in_url(const Target& target) {
    constexpr std::array<std::string_view, 5> k_names{"token", "access_token", "authorization",
                                                      "api_key", "secret"};
    bool found = target.path.find(k_prefix) != std::string::npos;
    for (const auto& [name, value] : target.query)
        found = found || std::find(k_names.begin(), k_names.end(), name) != k_names.end() ||
                is_secret(value);
    if (!found) return std::nullopt;
    return Problem{ProblemKind::invalid_input,
                   "a token in an address is kept in logs and histories, and is not taken",
                   "target",
                   "send it as \"Authorization: Bearer TOKEN\", and revoke the one you sent"};
}

bool RateLimit::take(std::chrono::steady_clock::time_point now) {
    const std::chrono::duration<double> since = now - last_;
    left_ = std::min(rule_.burst, left_ + since.count() * rule_.rate);
    last_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
}

int RateLimit::wait() const {
    return std::max(1, static_cast<int>(std::ceil((1 - left_) / rule_.rate)));
}

asio::awaitable<std::optional<Visitor>> Doorman::look_up(store::AsyncStore* store,
                                                         std::string hash) {
    const auto now = std::chrono::steady_clock::now();
    if (const auto found = known_.find(hash); found != known_.end() && now < found->second.until)
        co_return found->second.visitor;
    known_.erase(hash);
    const auto ask = [hash](store::Store& s) { return s.token_of(hash); };
    const auto token = co_await store->call(ask);
    if (!token) co_return std::nullopt;
    const Visitor visitor{token->id, token->role};
    if (known_.size() >= k_max_known) known_.clear();
    const Known known{visitor, now + k_trust};
    known_.insert_or_assign(hash, known);
    co_return visitor;
}

asio::awaitable<std::variant<Visitor, Reply>> Doorman::admit(store::AsyncStore* store,
                                                             std::string authorization, Role needed,
                                                             std::string instance) {
    if (open()) co_return Visitor{};
    const auto secret = bearer(authorization);
    std::optional<Visitor> visitor;
    if (!secret.empty()) {
        auto hash = hash_of_secret(secret);
        visitor = co_await look_up(store, std::move(hash));
    }
    auto& rate = rates_.try_emplace(visitor ? visitor->token : 0, rule_).first->second;
    if (!rate.take(std::chrono::steady_clock::now())) co_return too_many(rate.wait(), instance);
    if (!visitor) co_return unauthorized(instance);
    if (visitor->role < needed)
        co_return problem_reply(
            {ProblemKind::forbidden,
             fmt::format("this asks for the role {}, the token has {}", model::to_string(needed),
                         model::to_string(visitor->role)),
             "header Authorization", "ask for a token with that role"},
            instance);
    co_return *visitor;
}

}  // namespace krepro::http
