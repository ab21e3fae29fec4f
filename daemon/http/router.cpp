// SPDX-License-Identifier: Apache-2.0
#include "http/router.hpp"

#include <algorithm>
#include <optional>

namespace krepro::http {

using beast::http::verb;

namespace {

// What stands for {name} in "{name}.json"; nothing when the segment ends otherwise.
std::optional<std::string> match_name(std::string_view part, const std::string& segment) {
    const auto ending = part.substr(part.find('}') + 1);
    if (segment.size() <= ending.size() || !segment.ends_with(ending)) return std::nullopt;
    return segment.substr(0, segment.size() - ending.size());
}

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
        if (part.starts_with('{')) {
            auto value = match_name(part, segment);
            if (!value) return std::nullopt;
            values.push_back(std::move(*value));
        } else if (part != segment) {
            return std::nullopt;
        }
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

model::Role role_for(const Route& route) {
    if (route.method == verb::get) return model::Role::read;
    return route.method == verb::delete_ ? model::Role::admin : model::Role::submit;
}

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
