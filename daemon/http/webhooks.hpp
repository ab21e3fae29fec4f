// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <optional>
#include <vector>

#include "http/webhook.hpp"
#include "store/async_store.hpp"
#include "store/event_bus.hpp"

namespace krepro::http {

// Tells one receiver of each job's end, in the order in which they end. Where it got to is kept in
// the store: an end that comes while krepro is not running, or that could not be told when it
// stopped, is told by the next start. An end may be told twice, with the same X-Krepro-Delivery;
// one that could not be told after all tries is logged and left.
class Webhooks {
  public:
    // Throws util::InfraError when the options cannot be used. `store` and `bus` outlive it.
    Webhooks(store::AsyncStore* store, store::EventBus* bus, WebhookOptions options);

    // Until stop(); at once when there is nobody to be told.
    boost::asio::awaitable<void> run();
    // Ends what is under way. On the loop's thread.
    void stop();

  private:
    struct End {
        std::int64_t seq = 0;
        Delivery delivery;
    };
    struct Batch {
        std::vector<End> ends;
        std::int64_t last = 0;  // of all events that were looked at
    };
    boost::asio::awaitable<std::int64_t> start_point();
    boost::asio::awaitable<void> tell_ends();
    boost::asio::awaitable<Batch> ends_after(std::int64_t seq);
    // Until it is told or given up; false when it was stopped before that.
    boost::asio::awaitable<bool> tell(Delivery delivery);
    boost::asio::awaitable<void> remember(std::int64_t seq);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds time);

    store::AsyncStore* store_;
    store::EventBus* bus_;
    WebhookOptions options_;
    std::optional<Webhook> webhook_;
    std::string fact_;  // the name under which the store knows where it got to
    boost::asio::cancellation_signal stop_;
    bool stopping_ = false;
};

}  // namespace krepro::http
