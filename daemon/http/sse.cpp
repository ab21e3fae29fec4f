// SPDX-License-Identifier: Apache-2.0
#include "http/sse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace krepro::http {

namespace {

// Types are krepro's own words; what is not one becomes the default type.
bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::string format_event(const model::Event& event) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.seq,
                       is_word(event.type) ? event.type : "message",
                       model::dump(model::to_json(event)));
}

std::string format_end(std::int64_t job) {
    return fmt::format("event: end\ndata: {{\"job\":{}}}\n\n", job);
}

std::vector<SseMessage> SseParser::feed(std::string_view bytes) {
    while (!bytes.empty() && !failed_) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        line_ += bytes.substr(0, end);
        failed_ = line_.size() + message_.data.size() > k_max_bytes;
        if (end == bytes.size()) break;
        if (line_.ends_with('\r')) line_.pop_back();
        take_line(line_);
        line_.clear();
        bytes.remove_prefix(end + 1);
    }
    return std::exchange(complete_, {});
}

void SseParser::take_line(std::string_view line) {
    if (line.empty()) {
        if (message_.event.empty()) message_.event = "message";
        if (has_data_) complete_.push_back(message_);
        // The id stays: it is what the client resumes from.
        message_.event.clear();
        message_.data.clear();
        has_data_ = false;
        return;
    }
    const auto colon = std::min(line.find(':'), line.size());
    const auto name = line.substr(0, colon);
    auto value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "id") {
        message_.id = value;
    } else if (name == "event") {
        message_.event = value;
    } else if (name == "data") {
        if (has_data_) message_.data += '\n';
        message_.data += value;
        has_data_ = true;
    }
}

}  // namespace krepro::http
