// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <optional>

#include "http/teller.hpp"
#include "http/webhook.hpp"

namespace krepro::http {

// All who are told of jobs' ends: the daemon's receiver and those that jobs name. One secret signs
// what both get.
class Webhooks {
  public:
    // Throws util::InfraError when the options cannot be used. `store` and `bus` outlive it.
    Webhooks(store::AsyncStore* store, store::EventBus* bus, WebhookOptions options);
    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;

    // Each is run by a coroutine of its own; none when there is nobody to be told.
    [[nodiscard]] std::list<Teller>& tellers() { return tellers_; }
    // Ends what is under way. On the loop's thread.
    void stop();

  private:
    WebhookOptions options_;
    std::optional<Webhook> webhook_;
    std::list<Teller> tellers_;
};

}  // namespace krepro::http
