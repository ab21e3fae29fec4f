// SPDX-License-Identifier: Apache-2.0
#include "report/lockdep_detail.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "report/frame.hpp"
#include "report/lock.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

// A chain or scenario longer than this is not lockdep's.
constexpr std::size_t k_max_links = 64;
constexpr std::size_t k_max_steps = 64;

// "comm/123 [HC1[1]:SC0[0]:HE0:SE1] takes:"
std::optional<model::IrqState> parse_irq_state(std::string_view text) {
    const auto at = text.find("[HC");
    if (at == std::string_view::npos) return std::nullopt;
    Cursor cursor(text.substr(at + 3));
    model::IrqState state;
    const auto depth = [&cursor] {
        const int value = cursor.take_int().value_or(0);
        if (cursor.take("[")) cursor.take_while([](char c) { return c != ']'; });
        cursor.take("]");
        return value;
    };
    state.hardirq_depth = depth();
    if (!cursor.take(":SC")) return std::nullopt;
    state.softirq_depth = depth();
    if (!cursor.take(":HE")) return std::nullopt;
    state.hardirqs_enabled = cursor.take_int().value_or(0) != 0;
    if (!cursor.take(":SE")) return std::nullopt;
    state.softirqs_enabled = cursor.take_int().value_or(0) != 0;
    return state;
}

// "hardirqs last  enabled at (20295): [<ffffffff814537d4>] default_idle_call+0x24/0x8f"
std::optional<model::IrqEvent> parse_irq_event(std::string_view text) {
    Cursor cursor(text);
    const bool hard = cursor.take("hardirqs last ");
    if (!hard && !cursor.take("softirqs last ")) return std::nullopt;
    cursor.skip_blanks();
    const bool enabled = cursor.take("enabled");
    if (!enabled && !cursor.take("disabled")) return std::nullopt;
    model::IrqEvent event;
    event.what = std::string(hard ? "hardirqs " : "softirqs ") + (enabled ? "enabled" : "disabled");
    cursor.skip_blanks();
    if (!cursor.take("at (")) return std::nullopt;
    event.stamp = to_number(cursor.take_while(is_digit)).value_or(0);
    std::string_view place = cursor.rest();
    if (const auto address = split_at(place, ">] "))
        place = address->after;
    else if (const auto colon = split_at(place, "): "))
        place = colon->after;
    event.at = parse_symbol(place);
    return event;
}

// "-> #2 (&A){+.+.}-{3:3}:"
std::optional<model::ChainLink> parse_chain_link(const Trace& trace) {
    Cursor cursor(trim(trace.label));
    if (!cursor.take("-> #")) return std::nullopt;
    model::ChainLink link;
    const auto number = cursor.take_int();
    if (!number) return std::nullopt;
    link.number = *number;
    if (auto lock = parse_lock(cursor.rest())) link.lock = std::move(*lock);
    link.frames = trace.frames;
    return link;
}

// "{SOFTIRQ-ON-W} state was registered at:", "   INITIAL USE at:", "... which became X-irq-safe
// at:"
std::optional<model::LockStateOrigin> parse_origin(const Trace& trace) {
    std::string_view label = trim(trace.label);
    if (!label.ends_with(" at:")) return std::nullopt;
    label.remove_suffix(4);
    model::LockStateOrigin origin;
    if (const auto registered = split_at(label, "} state was registered")) {
        label = registered->before;
        if (label.starts_with("{")) label.remove_prefix(1);
    } else if (const auto became = split_at(label, "which became ")) {
        label = became->after;
    } else if (!contains(label, "USE") && !contains(label, "-ON-") && !contains(label, "IN-")) {
        return std::nullopt;
    }
    origin.state = std::string(trim(label));
    origin.frames = trace.frames;
    return origin;
}

// "-> (&A){-...}-{2:2} ops: 2 {": a lock on the way from the one that an interrupt takes to the
// one that is held with interrupts on, and below it the states that it got.
struct Station {
    model::Lock lock;
    std::size_t index = 0;      // of its line
    bool towards_held = false;  // in the list that is printed from the interrupt's lock on
};

std::vector<Station> read_stations(std::span<const Line> lines) {
    std::vector<Station> stations;
    bool towards_held = false;
    for (std::size_t i = 0; i < lines.size() && stations.size() < k_max_links; ++i) {
        const std::string_view text = trim(lines[i].text);
        if (contains(text, "dependencies between"))
            towards_held = contains(text, "and the holding lock");
        if (!text.starts_with("-> (") || !contains(text, " ops: ")) continue;
        if (auto lock = parse_lock(text.substr(3)))
            stations.push_back({std::move(*lock), i, towards_held});
    }
    return stations;
}

// The station whose lines these are; nullptr above the first.
const Station* station_at(const std::vector<Station>& stations, std::size_t index) {
    const auto below = std::partition_point(stations.begin(), stations.end(),
                                            [&](const Station& s) { return s.index < index; });
    return below == stations.begin() ? nullptr : &*std::prev(below);
}

// The class that the state belongs to stands on a line of its own above it, or at its station.
std::string lock_above(std::span<const Line> lines, const std::vector<Station>& stations,
                       std::size_t index) {
    constexpr std::size_t k_reach = 3;
    for (std::size_t i = index; i-- > 0 && index - i <= k_reach;)
        if (const auto lock = parse_lock(lines[i].text)) return lock->name;
    const Station* station = station_at(stations, index);
    return station == nullptr ? std::string() : station->lock.name;
}

// The first trace of a station whose label begins so.
std::vector<model::Frame> trace_of(const Station& station, const std::vector<Station>& stations,
                                   const std::vector<Trace>& traces, std::string_view label) {
    for (const Trace& trace : traces)
        if (station_at(stations, trace.label_index) == &station &&
            trim(trace.label).starts_with(label))
            return trace.frames;
    return {};
}

// The stations as a chain, from the lock that is held with interrupts on down to the one that an
// interrupt takes: the kernel prints those near the latter in the other direction. Each was taken
// with the next one held, the last by the interrupt.
std::vector<model::ChainLink> chain_of(const std::vector<Station>& stations,
                                       const std::vector<Trace>& traces) {
    std::vector<const Station*> order;
    for (const Station& station : stations)
        if (!station.towards_held) order.push_back(&station);
    for (auto it = stations.rbegin(); it != stations.rend(); ++it)
        if (it->towards_held) order.push_back(&*it);
    std::vector<model::ChainLink> chain;
    for (const Station* station : order) {
        const auto number = static_cast<int>(order.size() - 1 - chain.size());
        const auto* label = station == order.back() ? "IN-" : "... acquired at";
        chain.push_back({number, station->lock, trace_of(*station, stations, traces, label)});
    }
    return chain;
}

// The two columns of the scenario: where "CPU1" stands.
std::optional<std::size_t> second_column(std::string_view text) {
    if (!contains(text, "CPU0")) return std::nullopt;
    return text.find("CPU1");
}

std::vector<model::ScenarioStep> read_scenario(std::span<const Line> lines) {
    std::vector<model::ScenarioStep> steps;
    std::optional<std::size_t> column;
    for (const Line& line : lines) {
        if (!column) {
            if (line.text.size() < 200) column = second_column(line.text);
            continue;
        }
        std::string_view action = trim(line.text);
        if (contains(action, "*** DEADLOCK") || steps.size() >= k_max_steps) break;
        if (action.empty() || action.starts_with("----")) continue;
        const std::size_t indent = line.text.size() - trim_left(line.text).size();
        if (action.ends_with(";")) action.remove_suffix(1);
        // CPU0's own steps are indented by at most a few; CPU1's start near its heading.
        const bool second = *column != std::string_view::npos && indent + 4 >= *column;
        steps.push_back({second ? 1 : 0, std::string(action)});
    }
    return steps;
}

void read_usage_change(std::string_view text, model::LockdepDetail& detail) {
    const auto from = split_at(text, "inconsistent {");
    if (!from) return;
    const auto to = split_at(from->after, "} -> {");
    if (!to) return;
    detail.was_used = std::string(to->before);
    detail.is_used = std::string(to->after.substr(0, to->after.find('}')));
}

}  // namespace

model::LockdepDetail read_lockdep_detail(std::span<const Line> lines,
                                         const std::vector<Trace>& traces) {
    model::LockdepDetail detail;
    for (const Line& line : lines) {
        const std::string_view text = trim(line.text);
        if (!detail.irq_state) detail.irq_state = parse_irq_state(text);
        if (!detail.irq_event_stamp)
            if (const auto stamp = split_at(text, "irq event stamp: "))
                detail.irq_event_stamp = to_number(trim(stamp->after));
        if (detail.irq_events.size() < 4)
            if (auto event = parse_irq_event(text)) detail.irq_events.push_back(std::move(*event));
        read_usage_change(text, detail);
    }
    const std::vector<Station> stations = read_stations(lines);
    for (const Trace& trace : traces) {
        if (detail.chain.size() + detail.origins.size() >= k_max_links) break;
        if (auto link = parse_chain_link(trace)) {
            detail.chain.push_back(std::move(*link));
        } else if (auto origin = parse_origin(trace)) {
            origin->lock = lock_above(lines, stations, trace.label_index);
            detail.origins.push_back(std::move(*origin));
        }
    }
    if (detail.chain.empty()) detail.chain = chain_of(stations, traces);
    detail.scenario = read_scenario(lines);
    return detail;
}

std::vector<model::LockUsage> decode_usage(std::string_view usage) {
    constexpr std::array<std::string_view, 6> k_states{
        "hardirq", "hardirq-read", "softirq", "softirq-read", "reclaim", "reclaim-read"};
    std::vector<model::LockUsage> states;
    for (std::size_t i = 0; i < usage.size() && i < k_states.size(); ++i)
        states.push_back({std::string(k_states[i]), usage[i] == '-' || usage[i] == '?',
                          usage[i] == '+' || usage[i] == '?'});
    return states;
}

}  // namespace krepro::report
