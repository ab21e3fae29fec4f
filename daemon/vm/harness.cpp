// SPDX-License-Identifier: Apache-2.0
#include "vm/harness.hpp"

#include <algorithm>

#include "model/json.hpp"

namespace krepro::vm {
namespace {

std::string_view without_line_end(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    return line;
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == line.npos;
}

// The guest's bytes must not throw: a number like 1e999 is well-formed and fits no type, which the
// JSON library reports apart from syntax errors.
util::Result<model::Json> parse_guest_json(std::string_view line) {
    try {
        return model::parse_json(line, "harness line");
    } catch (const model::Json::exception&) {
        return util::fail(util::ErrorKind::invalid_input, "a value is out of range",
                          "harness line");
    }
}

}  // namespace

util::Result<model::HarnessEvent> parse_harness_line(std::string_view line) {
    auto json = parse_guest_json(without_line_end(line));
    if (!json) return tl::unexpected(std::move(json.error()));
    for (const char* name : {"type", "uptime"}) {
        if (json->is_object() && json->contains(name)) continue;
        return util::fail(util::ErrorKind::invalid_input,
                          std::string("a harness line needs the field ") + name, "harness line");
    }
    return model::from_json<model::HarnessEvent>(*json);
}

std::vector<model::HarnessEvent> HarnessReader::feed(std::string_view bytes) {
    std::vector<model::HarnessEvent> events;
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        if (end == std::string_view::npos) {
            add_to_line(bytes);
            break;
        }
        add_to_line(bytes.substr(0, end));
        end_line(events);
        bytes.remove_prefix(end + 1);
    }
    return events;
}

void HarnessReader::add_to_line(std::string_view bytes) {
    const std::size_t room = k_longest_line - line_.size();
    if (bytes.size() > room) too_long_ = true;
    line_.append(bytes.substr(0, std::min(bytes.size(), room)));
}

void HarnessReader::end_line(std::vector<model::HarnessEvent>& events) {
    if (!is_blank(line_)) {
        auto event = parse_harness_line(line_);
        if (event && !too_long_)
            events.push_back(std::move(*event));
        else
            ++junk_lines_;
    }
    line_.clear();
    too_long_ = false;
}

}  // namespace krepro::vm
