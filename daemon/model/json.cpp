// SPDX-License-Identifier: Apache-2.0
#include "model/json.hpp"

#include <fmt/format.h>

namespace krepro::model {

namespace {

constexpr int k_max_depth = 64;

// Bracket depth outside of strings; cheap and enough to refuse a bomb before it is parsed.
bool too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > k_max_depth) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

}  // namespace

namespace detail {

util::Error type_error(const std::string& path, std::string_view expected, const Json& got) {
    std::string shown = dump(got);
    if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
    return {util::ErrorKind::invalid_input, fmt::format("expected {}, got {}", expected, shown),
            path.empty() ? "document" : "field " + path, ""};
}

util::Error unknown_field_error(const std::string& path, const std::string& name) {
    return {util::ErrorKind::invalid_input, "unknown field",
            "field " + (path.empty() ? name : path + "." + name),
            "remove it or check its spelling"};
}

}  // namespace detail

util::Result<Json> parse_json(std::string_view text, const std::string& where) {
    if (too_deep(text))
        return util::fail(util::ErrorKind::invalid_input,
                          fmt::format("nested deeper than {} levels", k_max_depth), where);
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& e) {
        return util::fail(util::ErrorKind::invalid_input,
                          fmt::format("not JSON at byte {}", e.byte), where,
                          "send one JSON document in UTF-8");
    } catch (const Json::exception&) {  // a number that no double holds
        return util::fail(util::ErrorKind::invalid_input, "not JSON that can be kept", where,
                          "send numbers that fit a double");
    }
}

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_pretty(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace krepro::model
