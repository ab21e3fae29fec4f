// SPDX-License-Identifier: Apache-2.0
#include "model/json.hpp"

#include <fmt/format.h>

#include <array>

#include "model/small_json.hpp"

namespace krepro::model {

namespace {

constexpr std::size_t k_max_depth = 64;
// An object is looked through from its first member at each new one.
constexpr std::size_t k_max_members = 1000;
constexpr std::size_t k_max_values = 4'000'000;

// Depth, members and values as commas and brackets tell them, outside of strings: cheap, and enough
// to refuse a bomb before it is parsed.
class Measure {
  public:
    explicit Measure(std::size_t max_values) : max_values_(max_values) {}

    // What is too much, in words; empty when nothing is.
    std::string of(std::string_view text) {
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
            } else if (auto wrong = take(c); !wrong.empty()) {
                return wrong;
            }
        }
        return "";
    }

  private:
    std::string take(char c) {
        if (c == '[' || c == '{') {
            if (depth_ == k_max_depth)
                return fmt::format("nested deeper than {} levels", k_max_depth);
            open_[depth_++] = {c == '{', 0};
        } else if (c == ']' || c == '}') {
            if (depth_ != 0) --depth_;
        } else if (c == ',') {
            if (++values_ >= max_values_) return fmt::format("more than {} values", max_values_);
            if (depth_ != 0 && open_[depth_ - 1].object &&
                ++open_[depth_ - 1].members >= k_max_members)
                return fmt::format("an object with more than {} members", k_max_members);
        }
        return "";
    }

    struct Open {
        bool object;
        std::size_t members;
    };
    std::array<Open, k_max_depth> open_{};
    std::size_t depth_ = 0, values_ = 0, max_values_;
};

// `byte` from 1, as the parser counts.
tl::unexpected<util::Error> not_json(std::size_t byte, const std::string& where) {
    return util::fail(util::ErrorKind::invalid_input, fmt::format("not JSON at byte {}", byte),
                      where, "send one JSON document in UTF-8");
}

util::Result<Json> parse_measured(std::string_view text, const std::string& where,
                                  std::size_t max_values) {
    if (auto wrong = Measure(max_values).of(text); !wrong.empty())
        return util::fail(util::ErrorKind::invalid_input, std::move(wrong), where);
    // The parser takes it for the text's end, and would pass over what follows.
    if (const auto nul = text.find('\0'); nul != std::string_view::npos)
        return not_json(nul + 1, where);
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& e) {
        return not_json(e.byte, where);
    } catch (const Json::exception&) {  // a number that no double holds
        return util::fail(util::ErrorKind::invalid_input, "not JSON that can be kept", where,
                          "send numbers that fit a double");
    }
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
    return parse_measured(text, where, k_max_values);
}

util::Result<Json> parse_small_json(std::string_view text, const std::string& where,
                                    std::size_t max_values) {
    auto json = parse_measured(text, where, max_values);
    if (!json || json->is_object()) return json;
    auto error = detail::type_error("", "an object", *json);
    error.where = where;
    return tl::unexpected(std::move(error));
}

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_pretty(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace krepro::model
