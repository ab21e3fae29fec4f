// SPDX-License-Identifier: Apache-2.0
#include "http/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace krepro::http {

using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

enum class Plus { is_plus, is_space };

Result<std::string> decode(std::string_view text, Plus plus) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return fail(ErrorKind::invalid_input,
                            "a percent sign is not followed by two hexadecimal digits", "target");
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus == Plus::is_space) {
            c = ' ';
        }
        if (c == '\0') return fail(ErrorKind::invalid_input, "a NUL byte", "target");
        decoded += c;
    }
    return decoded;
}

Result<void> read_path(std::string_view path, Target& target) {
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        auto segment = decode(path.substr(0, end), Plus::is_plus);
        if (!segment) return tl::unexpected(std::move(segment.error()));
        path.remove_prefix(end);
        // A trailing slash names the same thing as none.
        if (!segment->empty() || !path.empty()) target.segments.push_back(std::move(*segment));
    }
    return {};
}

Result<void> read_query(std::string_view query, Target& target) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = decode(pair.substr(0, equals), Plus::is_space);
        if (!name) return tl::unexpected(std::move(name.error()));
        auto value = decode(pair.substr(std::min(equals + 1, pair.size())), Plus::is_space);
        if (!value) return tl::unexpected(std::move(value.error()));
        if (target.parameter(*name))
            return fail(ErrorKind::invalid_input, "the parameter is given twice",
                        "parameter " + *name);
        target.query.emplace_back(std::move(*name), std::move(*value));
    }
    return {};
}

}  // namespace

std::optional<std::string> Target::parameter(std::string_view name) const {
    for (const auto& [key, value] : query)
        if (key == name) return value;
    return std::nullopt;
}

Result<Target> parse_target(std::string_view text) {
    if (text.empty() || text.front() != '/')
        return fail(ErrorKind::invalid_input, "the target does not begin with a slash", "target");
    Target target;
    const auto question = std::min(text.find('?'), text.size());
    target.path = text.substr(0, question);
    if (auto read = read_path(target.path, target); !read)
        return tl::unexpected(std::move(read.error()));
    if (auto read = read_query(text.substr(std::min(question + 1, text.size())), target); !read)
        return tl::unexpected(std::move(read.error()));
    return target;
}

Result<void> refuse_unknown_parameters(const Target& target,
                                       const std::vector<std::string_view>& known) {
    for (const auto& [name, value] : target.query)
        if (std::find(known.begin(), known.end(), name) == known.end())
            return fail(ErrorKind::invalid_input, "unknown parameter", "parameter " + name,
                        known.empty() ? "this takes none"
                                      : fmt::format("known are {}", fmt::join(known, ", ")));
    return {};
}

std::optional<std::int64_t> parse_id(std::string_view text) {
    std::int64_t id = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (code != std::errc() || end != text.data() + text.size() || id <= 0) return std::nullopt;
    if (text.front() == '0') return std::nullopt;
    return id;
}

util::Result<std::int64_t> number_parameter(const Target& target, std::string_view name,
                                            std::int64_t otherwise) {
    const auto text = target.parameter(name);
    if (!text) return otherwise;
    if (const auto value = parse_id(*text)) return *value;
    return util::fail(util::ErrorKind::invalid_input,
                      fmt::format("expected a positive number, got \"{}\"", *text),
                      fmt::format("parameter {}", name));
}

util::Result<Page> read_page(const Target& target) {
    const auto before = number_parameter(target, "before", 0);
    if (!before) return tl::unexpected(before.error());
    const auto limit = number_parameter(target, "limit", 50);
    if (!limit) return tl::unexpected(limit.error());
    if (*limit > 500)
        return fail(ErrorKind::invalid_input, "the limit is at most 500", "parameter limit");
    return Page{*before, static_cast<int>(*limit)};
}

std::string next_link(const Target& target, std::int64_t last, int limit) {
    std::string link = fmt::format("{}?before={}&limit={}", target.path, last, limit);
    for (const auto& [name, value] : target.query) {
        if (value.empty() || name == "before" || name == "limit") continue;
        link += fmt::format("&{}=", name);
        for (const unsigned char c : value)
            link += std::isalnum(c) != 0 ? std::string(1, static_cast<char>(c))
                                         : fmt::format("%{:02X}", c);
    }
    return link;
}

}  // namespace krepro::http
