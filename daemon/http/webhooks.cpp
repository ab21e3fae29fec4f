// SPDX-License-Identifier: Apache-2.0
#include "http/webhooks.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/views.hpp"
#include "util/hash.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using model::Json;

namespace {

constexpr int k_batch = 100;
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

Webhooks::Webhooks(store::AsyncStore* store, store::EventBus* bus, WebhookOptions options)
    : store_(store), bus_(bus), options_(std::move(options)) {
    if (options_.url.empty()) return;
    webhook_ = util::value_or_throw(Webhook::make(options_));
    // Another receiver begins with what ends from now on.
    fact_ = "webhook." + util::sha256_hex(options_.url).substr(0, 16);
}

void Webhooks::stop() {
    stopping_ = true;
    stop_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> Webhooks::pause(std::chrono::milliseconds time) {
    co_await bus_->wait(k_no_job, bus_->count(), time);
}

asio::awaitable<std::int64_t> Webhooks::start_point() {
    const auto read = [name = fact_](store::Store& s) {
        if (const auto known = s.fact(name); known && known->is_number_integer())
            return known->get<std::int64_t>();
        const auto now = s.last_event(0);
        s.put_fact(name, now);
        return now;
    };
    co_return co_await store_->call(read);
}

asio::awaitable<void> Webhooks::remember(std::int64_t seq) {
    const auto write = [name = fact_, seq](store::Store& s) { s.put_fact(name, seq); };
    co_await store_->call(write);
}

asio::awaitable<Webhooks::Batch> Webhooks::ends_after(std::int64_t seq) {
    const auto read = [seq](store::Store& s) {
        Batch batch;
        batch.last = seq;
        for (const auto& event : s.events_after(0, seq, k_batch)) {
            batch.last = event.seq;
            if (!is_end(event)) continue;
            if (const auto job = s.job(event.job))
                batch.ends.push_back({event.seq, delivery_of(event, *job)});
        }
        return batch;
    };
    co_return co_await store_->call(read);
}

asio::awaitable<void> Webhooks::run() {
    if (!webhook_) co_return;
    while (!stopping_) {
        try {
            co_await tell_ends();
        } catch (const util::InfraError& error) {
            spdlog::error("webhook: {}; trying again", error.what());
        }
        if (!stopping_) co_await pause(k_store_again);
    }
}

asio::awaitable<void> Webhooks::tell_ends() {
    auto last = co_await start_point();
    while (!stopping_) {
        const auto seen = bus_->count();
        auto batch = co_await ends_after(last);
        for (auto& end : batch.ends) {
            if (!co_await tell(std::move(end.delivery))) co_return;
            co_await remember(end.seq);
        }
        const bool more = batch.last != last;
        last = batch.last;
        if (!more) co_await bus_->wait(0, seen, k_patience);
    }
}

asio::awaitable<bool> Webhooks::tell(Delivery delivery) {
    const auto executor = co_await asio::this_coro::executor;
    auto time = options_.first_pause;
    for (int number = 1; !stopping_; ++number) {
        const auto attempt = co_await asio::co_spawn(
            executor, webhook_->post(delivery),
            asio::bind_cancellation_slot(stop_.slot(), asio::use_awaitable));
        if (attempt.fate == Webhook::Fate::delivered) {
            spdlog::info("webhook: delivery {} taken by {}", delivery.id, webhook_->url().host);
            co_return true;
        }
        if (stopping_) break;
        const bool last = attempt.fate == Webhook::Fate::refused || number >= options_.tries;
        spdlog::warn("webhook: delivery {}, try {}: {}{}", delivery.id, number, attempt.why,
                     last ? "; given up" : "");
        if (last) co_return true;
        co_await pause(time);
        time *= 2;
    }
    co_return false;
}

}  // namespace krepro::http
