// SPDX-License-Identifier: Apache-2.0
#include "http/router.hpp"

#include <algorithm>
#include <optional>

namespace krepro::http {

using beast::http::verb;

namespace {

// The values of the pattern's {name}s, or nothing when the path is another one.
std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   const std::vector<std::string>& segments) {
    std::vector<std::string> values;
    std::size_t used = 0;
    while (pattern.size() > 1) {
        pattern.remove_prefix(1);
        const auto end = std::min(pattern.find('/'), pattern.size());
        const auto part = pattern.substr(0, end);
        pattern.remove_prefix(end);
        if (used == segments.size()) return std::nullopt;
        const auto& segment = segments[used++];
        if (part.starts_with('{'))
            values.push_back(segment);
        else if (part != segment)
            return std::nullopt;
    }
    if (used != segments.size()) return std::nullopt;
    return values;
}

void allow(std::string& list, std::string_view method) {
    if (list.find(method) != std::string::npos) return;
    if (!list.empty()) list += ", ";
    list += method;
}

}  // namespace

std::variant<RouteMatch, NoSuchPath, WrongMethod> match_route(
    std::span<const Route> routes, verb method, const std::vector<std::string>& segments) {
    const auto wanted = method == verb::head ? verb::get : method;
    WrongMethod wrong;
    for (const auto& route : routes) {
        auto values = match_path(route.pattern, segments);
        if (!values) continue;
        if (route.method == wanted) return RouteMatch{&route, std::move(*values)};
        allow(wrong.allow, beast::http::to_string(route.method));
        if (route.method == verb::get) allow(wrong.allow, "HEAD");
    }
    if (wrong.allow.empty()) return NoSuchPath{};
    allow(wrong.allow, "OPTIONS");
    return wrong;
}

}  // namespace krepro::http
