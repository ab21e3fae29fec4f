// SPDX-License-Identifier: Apache-2.0
#include "http/job_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "model/small_json.hpp"
#include "util/offload.hpp"

namespace krepro::http {

using model::Json;
using util::Result;

namespace {

constexpr std::array<std::string_view, 7> k_mail_types{
    "text/plain",
    "text/x-patch",
    "text/x-diff",
    "message/rfc822",
    "application/mbox",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
};

// A job specification has some ten fields.
constexpr std::size_t k_max_request_values = 1000;

// A number where the text is one, else the text: the specification's own check then says what it
// expected and what it got.
Json number_or_text(const std::string& text) {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, number);
    if (code != std::errc() || stop != end) return Json(text);
    std::int64_t integer = 0;
    if (std::from_chars(text.data(), end, integer).ptr == end) return Json(integer);
    return Json(number);
}

Json bool_or_text(const std::string& text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return text;
}

Result<model::JobSpec> read_mail_request(const Call& call) {
    auto known = refuse_unknown_parameters(
        call.target, {"tree", "commit", "profile", "compiler", "workload", "confidence", "wall_s",
                      "trials", "warm_start", "alone"});
    if (!known) return tl::unexpected(std::move(known.error()));
    Json spec = Json::object();
    for (const auto* name : {"tree", "commit", "profile", "compiler", "workload"})
        if (const auto value = call.target.parameter(name)) spec[name] = *value;
    if (const auto value = call.target.parameter("confidence"))
        spec["confidence"] = number_or_text(*value);
    for (const auto* name : {"wall_s", "trials"})
        if (const auto value = call.target.parameter(name))
            spec["budget"][name] = number_or_text(*value);
    for (const auto* name : {"warm_start", "alone"})
        if (const auto value = call.target.parameter(name)) spec[name] = bool_or_text(*value);
    spec["mail"] = call.body;
    return model::parse_job_spec(spec);
}

template <class E>
Result<std::optional<E>> enum_parameter(const Target& target, std::string_view name) {
    const auto text = target.parameter(name);
    if (!text || text->empty()) return std::optional<E>{};
    if (const auto value = model::enum_from_string<E>(*text)) return value;
    return util::fail(util::ErrorKind::invalid_input,
                      fmt::format("expected {}, got \"{}\"", model::enum_choices<E>(), *text),
                      fmt::format("parameter {}", name));
}

// The dashboard's addresses say `text`, people say `q`.
std::string text_parameter(const Target& target) {
    const auto q = target.parameter("q");
    return q ? *q : target.parameter("text").value_or("");
}

}  // namespace

std::string media_type(std::string_view content_type) {
    std::string type(content_type.substr(0, content_type.find(';')));
    while (!type.empty() && type.back() == ' ') type.pop_back();
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    });
    return type;
}

bool is_job_media_type(std::string_view type) {
    return type.empty() || type == "application/json" ||
           std::find(k_mail_types.begin(), k_mail_types.end(), type) != k_mail_types.end();
}

Result<model::JobSpec> read_job_request(const Call& call) {
    const auto header = call.headers[beast::http::field::content_type];
    if (media_type({header.data(), header.size()}) != "application/json")
        return read_mail_request(call);
    auto none = refuse_unknown_parameters(call.target, {});
    if (!none) return tl::unexpected(std::move(none.error()));
    const auto json = model::parse_small_json(call.body, "request body", k_max_request_values);
    if (!json) return tl::unexpected(json.error());
    return model::parse_job_spec(*json);
}

boost::asio::awaitable<Result<model::JobSpec>> read_job_request_on(
    boost::asio::thread_pool* pool, std::shared_ptr<const Call> call) {
    const auto read = [call] { return read_job_request(*call); };
    co_return co_await util::run_on(*pool, read);
}

std::optional<Problem> may_name_tree(const Call& call, const std::string& tree) {
    const bool by_path = tree.find('/') != std::string::npos;
    if (!by_path || call.visitor.role == model::Role::admin) return std::nullopt;
    return Problem{ProblemKind::forbidden, "a tree by its path is for admins", "field tree",
                   "name a tree of /api/v1/trees, or use a token of role admin"};
}

Result<store::JobFilter> read_job_filter(const Target& target) {
    auto known =
        refuse_unknown_parameters(target, {"stage", "verdict", "q", "text", "before", "limit"});
    if (!known) return tl::unexpected(std::move(known.error()));
    const auto stage = enum_parameter<model::JobStage>(target, "stage");
    if (!stage) return tl::unexpected(stage.error());
    const auto verdict = enum_parameter<model::VerdictKind>(target, "verdict");
    if (!verdict) return tl::unexpected(verdict.error());
    const auto page = read_page(target);
    if (!page) return tl::unexpected(page.error());
    return store::JobFilter{*stage, *verdict, text_parameter(target), page->before, page->limit};
}

}  // namespace krepro::http
