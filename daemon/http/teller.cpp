// SPDX-License-Identifier: Apache-2.0
#include "http/teller.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <utility>

#include "http/views.hpp"
#include "util/hash.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using model::Json;

namespace {

constexpr int k_batch = 100;
// Receivers that never answer take their places for a minute and a half each.
constexpr std::size_t k_at_once = 32;
// After so many events that told of nothing, the place is noted all the same: the next start need
// not look at them again.
constexpr std::int64_t k_stride = 1000;
constexpr std::chrono::hours k_patience{1};
constexpr std::chrono::seconds k_store_again{10};
// A job that is nobody's: who waits for its news is woken by the end of the bus alone.
constexpr std::int64_t k_no_job = -1;

bool is_end(const model::Event& event) {
    return event.type == "stage" && event.data.is_object() &&
           event.data.value("stage", "") == model::to_string(model::JobStage::done);
}

Delivery delivery_of(const model::Event& event, const model::Job& job) {
    const Json body{{"event", "job.done"},
                    {"delivery", std::to_string(event.seq)},
                    {"at", event.at},
                    {"job", summary_view(job)}};
    return {"job.done", std::to_string(event.seq), model::dump(body) + "\n"};
}

}  // namespace

Teller::Teller(const Parts& parts, To to)
    : parts_(parts),
      to_(to),
      fact_("webhook." + (to == To::daemons_receiver
                              ? util::sha256_hex(parts.options->url).substr(0, 16)
                              : std::string("jobs"))) {}

void Teller::stop() {
    stopping_ = true;
    for (auto& flight : flights_) flight.stop.emit(asio::cancellation_type::terminal);
    if (changed_) changed_->cancel();
}

asio::awaitable<void> Teller::pause(std::chrono::milliseconds time) {
    co_await parts_.bus->wait(k_no_job, parts_.bus->count(), time);
}

asio::awaitable<std::int64_t> Teller::start_point() {
    const auto read = [name = fact_](store::Store& s) {
        if (const auto known = s.fact(name); known && known->is_number_integer())
            return known->get<std::int64_t>();
        const auto now = s.last_event(0);
        s.put_fact(name, now);
        return now;
    };
    co_return co_await parts_.store->call(read);
}

asio::awaitable<void> Teller::remember(std::int64_t seq) {
    const auto write = [name = fact_, seq](store::Store& s) { s.put_fact(name, seq); };
    co_await parts_.store->call(write);
    remembered_ = seq;
}

asio::awaitable<Teller::Batch> Teller::ends_after(std::int64_t seq) {
    const auto own = to_ == To::daemons_receiver ? parts_.options->url : std::string();
    const auto read = [seq, own](store::Store& s) {
        Batch batch;
        batch.last = seq;
        for (const auto& event : s.events_after(0, seq, k_batch)) {
            batch.last = event.seq;
            if (!is_end(event)) continue;
            const auto job = s.job(event.job);
            if (!job) continue;
            const auto& url = own.empty() ? job->spec.webhook : own;
            if (!url.empty()) batch.ends.push_back({event.seq, delivery_of(event, *job), url});
        }
        return batch;
    };
    co_return co_await parts_.store->call(read);
}

asio::awaitable<void> Teller::run() {
    changed_.emplace(co_await asio::this_coro::executor);
    while (!stopping_) {
        try {
            co_await tell_ends();
        } catch (const util::InfraError& error) {
            spdlog::error("webhook: {}; trying again", error.what());
        }
        if (!stopping_) co_await pause(k_store_again);
    }
    co_await wait_for_flights(0);
}

asio::awaitable<void> Teller::tell_ends() {
    if (!looked_at_) looked_at_ = remembered_ = co_await start_point();
    while (!stopping_) {
        const auto seen = parts_.bus->count();
        const auto before = *looked_at_;
        auto batch = co_await ends_after(before);
        for (auto& end : batch.ends) {
            co_await wait_for_flights(to_ == To::daemons_receiver ? 0 : k_at_once - 1);
            if (stopping_) co_return;
            begin(std::move(end));
        }
        looked_at_ = batch.last;
        if (batch.last != before) continue;
        if (flying_ == 0 && *looked_at_ - remembered_ >= k_stride) co_await remember(*looked_at_);
        co_await parts_.bus->wait(0, seen, k_patience);
    }
}

asio::awaitable<void> Teller::wait_for_flights(std::size_t most) {
    while (flying_ > most) {
        changed_->expires_at(asio::steady_timer::time_point::max());
        co_await changed_->async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

void Teller::begin(End end) {
    looked_at_ = end.seq;
    ++flying_;
    flights_.emplace_back().seq = end.seq;
    asio::co_spawn(changed_->get_executor(), fly(std::prev(flights_.end()), std::move(end)),
                   asio::detached);
}

// Nothing leaves it: its place would be lost.
asio::awaitable<void> Teller::fly(Place place, End end) {
    try {
        place->over = co_await tell(place, &end);
        if (place->over) co_await remember(position());
    } catch (const std::exception& error) {
        spdlog::error("webhook: delivery {}: {}", end.delivery.id, error.what());
    }
    // One that a stop cut off keeps the position before it.
    if (place->over) flights_.erase(place);
    --flying_;
    changed_->cancel();
}

std::int64_t Teller::position() const {
    const auto first = std::find_if(flights_.begin(), flights_.end(),
                                    [](const Flight& flight) { return !flight.over; });
    return first == flights_.end() ? *looked_at_ : first->seq - 1;
}

asio::awaitable<bool> Teller::tell(Place place, const End* end) {
    const auto& options = *parts_.options;
    // What may be named can have changed since the job was taken.
    if (to_ == To::jobs_receivers) {
        const auto may = check_job_receiver(end->url, job_receivers(options));
        if (!may) spdlog::warn("webhook: delivery {}: {}", end->delivery.id, may.error().what);
        if (!may) co_return true;
    }
    const auto url = util::value_or_throw(parse_url(end->url));
    auto time = options.first_pause;
    for (int number = 1; !stopping_; ++number) {
        auto posting = parts_.webhook->post(url, end->delivery);
        const auto attempt = co_await asio::co_spawn(
            changed_->get_executor(), std::move(posting),
            asio::bind_cancellation_slot(place->stop.slot(), asio::use_awaitable));
        if (attempt.fate == Webhook::Fate::delivered) {
            spdlog::info("webhook: delivery {} taken by {}", end->delivery.id, url.host);
            co_return true;
        }
        if (stopping_) break;
        const bool last = attempt.fate == Webhook::Fate::refused || number >= options.tries;
        spdlog::warn("webhook: delivery {}, try {}: {}{}", end->delivery.id, number, attempt.why,
                     last ? "; given up" : "");
        if (last) co_return true;
        co_await pause(time);
        time *= 2;
    }
    co_return false;
}

}  // namespace krepro::http
