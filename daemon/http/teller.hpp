// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "http/webhook.hpp"
#include "store/async_store.hpp"
#include "store/event_bus.hpp"

namespace krepro::http {

// Tells of jobs' ends. Where it got to is kept in the store: an end that comes while krepro is not
// running, or that could not be told when it stopped, is told by the next start. An end may be told
// twice, with the same X-Krepro-Delivery; one that could not be told after all tries is logged and
// left.
class Teller {
  public:
    enum class To {
        daemons_receiver,  // every end, one after the other, in the order in which jobs end
        jobs_receivers,    // the ends of jobs that name a webhook; some at once, so that no
                           // receiver that is slow holds up the others
    };
    // What is pointed to outlives it.
    struct Parts {
        store::AsyncStore* store = nullptr;
        store::EventBus* bus = nullptr;
        const Webhook* webhook = nullptr;
        const WebhookOptions* options = nullptr;
    };
    Teller(const Parts& parts, To to);
    Teller(const Teller&) = delete;
    Teller& operator=(const Teller&) = delete;

    // Until stop().
    boost::asio::awaitable<void> run();
    // Ends what is under way. On the loop's thread.
    void stop();

    // The name under which the store knows where it got to. Another receiver of the daemon's
    // begins with what ends from now on.
    [[nodiscard]] const std::string& fact() const { return fact_; }

  private:
    struct End {
        std::int64_t seq = 0;
        Delivery delivery;
        std::string url;
    };
    struct Batch {
        std::vector<End> ends;
        std::int64_t last = 0;  // of all events that were looked at
    };
    // A delivery that is under way, or that a stop cut off.
    struct Flight {
        std::int64_t seq = 0;
        boost::asio::cancellation_signal stop;
        bool over = false;  // told, or given up
    };
    using Place = std::list<Flight>::iterator;

    boost::asio::awaitable<std::int64_t> start_point();
    boost::asio::awaitable<void> tell_ends();
    boost::asio::awaitable<Batch> ends_after(std::int64_t seq);
    // Until at most so many deliveries are under way.
    boost::asio::awaitable<void> wait_for_flights(std::size_t most);
    void begin(End end);
    boost::asio::awaitable<void> fly(Place place, End end);
    // Until it is told or given up; false when it was stopped before that.
    boost::asio::awaitable<bool> tell(Place place, const End* end);
    // Everything up to here is over.
    [[nodiscard]] std::int64_t position() const;
    boost::asio::awaitable<void> remember(std::int64_t seq);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds time);

    Parts parts_;
    To to_;
    std::string fact_;
    std::optional<boost::asio::steady_timer> changed_;  // cancelled when a delivery ends
    std::list<Flight> flights_;                         // by seq
    std::size_t flying_ = 0;
    std::optional<std::int64_t> looked_at_;  // the last event that was; nothing before the first
    std::int64_t remembered_ = 0;
    bool stopping_ = false;
};

}  // namespace krepro::http
