// SPDX-License-Identifier: Apache-2.0
#include "init/settings.hpp"

#include <array>
#include <charconv>

namespace krepro::guest {
namespace {

struct Name {
    std::string_view name;
    int Settings::*member;
    int least;
};
constexpr std::array k_names{
    Name{"iterations", &Settings::iterations, 0},
    // A hit can come up to a SCHED_DEADLINE period after the workload has ended.
    Name{"linger_ms", &Settings::linger_ms, 3000},
    Name{"heartbeat_ms", &Settings::heartbeat_ms, 50},
};

bool read_line(std::string_view line, Settings& settings) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return false;
    const auto text = line.substr(equals + 1);
    for (const auto& known : k_names) {
        if (line.substr(0, equals) != known.name) continue;
        int value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() || value < known.least)
            return false;
        settings.*known.member = value;
        return true;
    }
    return false;
}

}  // namespace

Settings parse_settings(std::string_view text) {
    Settings settings;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
        if (line.empty() || read_line(line, settings) || !settings.problem.empty()) continue;
        settings.problem = "cannot read the line '" + std::string(line) + "'";
    }
    return settings;
}

}  // namespace krepro::guest
