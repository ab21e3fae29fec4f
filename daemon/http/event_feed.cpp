// SPDX-License-Identifier: Apache-2.0
#include "http/event_feed.hpp"

#include "http/sse.hpp"

namespace krepro::http {

namespace asio = boost::asio;

namespace {

constexpr int k_batch = 100;
// The pipeline stores a job's end and its last events one after the other: a moment of silence
// after the end says that all of them are there.
constexpr std::chrono::milliseconds k_settle_time{500};

}  // namespace

asio::awaitable<EventReader::Batch> EventReader::read() {
    const auto feed = feed_;
    const auto ask = [feed](store::Store& s) {
        Batch batch{s.events_after(feed.job, feed.after, k_batch), false};
        if (feed.job != 0 && batch.events.empty()) {
            const auto job = s.job(feed.job);
            batch.done = !job || job->stage == model::JobStage::done;
        }
        return batch;
    };
    co_return co_await services_.store->call(ask);
}

asio::awaitable<std::string> EventReader::next() {
    if (state_ == State::fresh) {
        state_ = State::streaming;
        co_return std::string(k_sse_preamble);
    }
    while (state_ != State::ended && !services_.bus->closed()) {
        const auto seen = services_.bus->count();
        const auto batch = co_await read();
        if (!batch.events.empty()) {
            state_ = State::streaming;
            std::string text;
            for (const auto& event : batch.events) text += format_event(event);
            feed_.after = batch.events.back().seq;
            co_return text;
        }
        if (batch.done && state_ == State::settling) {
            state_ = State::ended;
            co_return format_end(feed_.job);
        }
        if (batch.done) state_ = State::settling;
        const auto patience = batch.done ? k_settle_time : heartbeat_;
        const bool woken = co_await services_.bus->wait(feed_.job, seen, patience);
        if (!batch.done && !woken) co_return std::string(k_sse_heartbeat);
    }
    co_return std::string();
}

}  // namespace krepro::http
