// SPDX-License-Identifier: Apache-2.0
#include "report/lock.hpp"

#include "report/frame.hpp"
#include "report/lockdep_detail.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

bool is_usage_char(char c) {
    return c == '.' || c == '-' || c == '+' || c == '?';
}

// The text between the parenthesis that opens `text` and the one that closes it, and the rest.
std::optional<Split> take_parenthesized(std::string_view text) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')' && --depth == 0) return Split{text.substr(1, i - 1), text.substr(i + 1)};
    }
    return std::nullopt;
}

// "&rq->__lock#2/1": the class, "#2" the second class of that name, "/1" its subclass.
void read_class(std::string_view printed, model::Lock& lock) {
    std::string_view name = printed;
    lock.printed = std::string(printed);
    if (const auto subclass = split_at_last(name, "/"))
        if (const auto number = to_number(subclass->after); number && *number < 64) {
            lock.subclass = static_cast<int>(*number);
            name = subclass->before;
        }
    if (const auto version = split_at_last(name, "#"))
        if (const auto number = to_number(version->after); number && *number < 100000) {
            lock.version = static_cast<int>(*number);
            name = version->before;
        }
    // local_lock and friends print their own parentheses: "(stock_lock)", "(&s->lock)".
    while (name.starts_with("(")) {
        const auto inside = take_parenthesized(name);
        if (!inside || inside->before.empty() || !inside->after.empty()) break;
        name = inside->before;
    }
    lock.name = std::string(name);
}

std::string_view address_before(std::string_view text) {
    std::string_view before = trim_right(text);
    std::size_t n = before.size();
    while (n > 0 && is_hex(before[n - 1])) --n;
    const std::string_view digits = before.substr(n);
    const bool apart = n == 0 || is_blank(before[n - 1]);
    return apart && digits.size() >= 8 ? digits : std::string_view{};
}

}  // namespace

std::optional<WaitPair> parse_wait_pair(std::string_view text) {
    Cursor cursor(text);
    if (!cursor.take("{")) return std::nullopt;
    const auto outer = cursor.take_int();
    if (!outer || !cursor.take(":")) return std::nullopt;
    const auto inner = cursor.take_int();
    if (!inner || !cursor.take("}")) return std::nullopt;
    return WaitPair{{*outer, ""}, {*inner, ""}};
}

std::optional<model::Lock> parse_lock(std::string_view text) {
    // The class is the parenthesis that "{" follows; an address or a "#0:" may stand before it.
    const auto open = text.find('(');
    if (open == std::string_view::npos) return std::nullopt;
    const auto parts = take_parenthesized(text.substr(open));
    if (!parts || parts->before.empty() || parts->before.size() > 256) return std::nullopt;
    model::Lock lock;
    Cursor cursor(parts->after);
    if (cursor.take("{")) {
        lock.usage = std::string(cursor.take_while(is_usage_char));
        if (!cursor.take("}")) return std::nullopt;
        lock.usage_states = decode_usage(lock.usage);
        if (cursor.take("-"))
            if (const auto waits = parse_wait_pair(cursor.rest())) {
                lock.wait_outer = waits->outer;
                lock.wait_inner = waits->inner;
            }
    }
    lock.address = std::string(address_before(text.substr(0, open)));
    const auto at = split_at(cursor.rest(), "at: ");
    if (lock.usage.empty() && lock.address.empty() && !at) return std::nullopt;
    if (at) {
        std::string_view place = at->after;
        if (const auto address = split_at(place, ">] "); address && place.starts_with("[<"))
            place = address->after;
        lock.acquired_at = parse_symbol(place);
    }
    read_class(parts->before, lock);
    return lock;
}

std::string_view wait_type_name(int value, WaitScheme scheme) {
    switch (value) {
        case 0:
            return "invalid";
        case 1:
            return "free";
        case 2:
            return "spin";
        case 3:
            return scheme == WaitScheme::raw_nesting ? "config" : "sleep";
        case 4:
            return scheme == WaitScheme::raw_nesting ? "sleep" : "max";
        case 5:
            return "max";
        default:
            return "unknown";
    }
}

}  // namespace krepro::report
