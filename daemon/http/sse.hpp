// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/job.hpp"

namespace krepro::http {

// One server-sent event: `id` is the seq, `event` the type, `data` the whole event as one line of
// JSON. No byte of the event can end the line early.
[[nodiscard]] std::string format_event(const model::Event& event);

// The last message of a job's stream: no more will come, a client must not reconnect.
[[nodiscard]] std::string format_end(std::int64_t job);

// Keeps proxies and clients from giving up; clients ignore it.
inline constexpr std::string_view k_sse_heartbeat = ": heartbeat\n\n";
// How long a client waits before it reconnects.
inline constexpr std::string_view k_sse_preamble = "retry: 2000\n\n";

// One message as a reader gets it.
struct SseMessage {
    std::string id;     // the last one seen, as the standard has it
    std::string event;  // "message" when the stream does not say
    std::string data;

    bool operator==(const SseMessage&) const = default;
};

// Reads a stream of events in pieces of any size. Memory is bounded: more than `k_max_bytes` in
// one message sets failed(), and nothing more is read.
class SseParser {
  public:
    static constexpr std::size_t k_max_bytes = 8U << 20U;

    // The messages that are complete now. Comments, retry and unknown fields are dropped.
    std::vector<SseMessage> feed(std::string_view bytes);
    [[nodiscard]] bool failed() const { return failed_; }

  private:
    void take_line(std::string_view line);

    std::string line_;
    SseMessage message_;
    std::vector<SseMessage> complete_;
    bool has_data_ = false;
    bool failed_ = false;
};

}  // namespace krepro::http
