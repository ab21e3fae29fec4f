// SPDX-License-Identifier: Apache-2.0
#include "http/answer.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <optional>

#include "util/hash.hpp"
#include "util/result.hpp"

namespace krepro::http {

using beast::http::field;
using beast::http::status;
using beast::http::verb;

namespace {

// Below this a packed answer saves no packet.
constexpr std::size_t k_worth_packing = 1400;
// A listing of 200 KB takes some 2 ms at level 1, and is a tenth of its size. The dashboard's
// script takes some 10 ms at level 9.
constexpr int k_quick_level = 1;
constexpr int k_small_level = 9;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Calls `take` with each part of a comma-separated list until one is taken.
template <class F>
bool any_of_list(std::string_view list, F take) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        if (take(trimmed(list.substr(0, end)))) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

// "gzip;q=0" and "gzip; q=0.000" say no.
bool weighs_nothing(std::string_view parameters) {
    const auto q = parameters.find("q=");
    if (q == std::string_view::npos) return false;
    const auto weight = trimmed(parameters.substr(q + 2));
    return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

std::string_view header(const Call& call, field name) {
    const auto value = call.headers[name];
    return {value.data(), value.size()};
}

bool is_text(std::string_view type) {
    return type.starts_with("text/") || type.starts_with("application/json") ||
           type.starts_with("application/openapi+json") ||
           type.starts_with("application/manifest+json") || type == "image/svg+xml";
}

void set_header(Reply& reply, field name, std::string value) {
    for (auto& [key, old] : reply.headers)
        if (key == name) {
            old = std::move(value);
            return;
        }
    reply.headers.emplace_back(name, std::move(value));
}

std::string own_tag(const Reply& reply) {
    for (const auto& [name, value] : reply.headers)
        if (name == field::etag) return value;
    return {};
}

// What the reply's tag is: its own, or that of its bytes.
std::string tag_of(const Reply& reply, std::string_view body) {
    if (auto own = own_tag(reply); !own.empty()) return own;
    if (const auto* shared = std::get_if<DocumentBody>(&reply.body))
        return shared->document->etag();
    return etag_of(body);
}

// The bytes that the reply holds; nothing when it is a file or a stream.
std::optional<std::string_view> bytes_of(const Reply& reply) {
    if (const auto* text = std::get_if<std::string>(&reply.body)) return *text;
    if (const auto* shared = std::get_if<DocumentBody>(&reply.body))
        return shared->document->body();
    return std::nullopt;
}

void say_unchanged(Reply& reply) {
    reply.status = status::not_modified;
    reply.content_type.clear();
    reply.body = std::string();
}

// An artifact, or a piece of one: its bytes are not looked at.
void finish_file(const Wishes& wishes, Reply& reply) {
    const auto etag = own_tag(reply);
    const bool whole_or_part =
        reply.status == status::ok || reply.status == status::partial_content;
    if (wishes.reads && whole_or_part && !etag.empty() &&
        none_match_names(wishes.if_none_match, etag))
        say_unchanged(reply);
}

void pack(Reply& reply) {
    if (auto* shared = std::get_if<DocumentBody>(&reply.body))
        shared->packed = true;
    else
        reply.body = gzip(std::get<std::string>(reply.body));
    set_header(reply, field::content_encoding, "gzip");
}

}  // namespace

bool accepts_gzip(std::string_view header) {
    return any_of_list(header, [](std::string_view part) {
        const auto semicolon = std::min(part.find(';'), part.size());
        const auto coding = trimmed(part.substr(0, semicolon));
        return (coding == "gzip" || coding == "x-gzip" || coding == "*") &&
               !weighs_nothing(part.substr(semicolon));
    });
}

bool none_match_names(std::string_view header, std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    return any_of_list(header, [etag](std::string_view part) {
        if (part.starts_with("W/")) part.remove_prefix(2);
        return part == "*" || part == etag;
    });
}

std::string gzip(std::string_view bytes, Packing packing) {
    constexpr int k_gzip_window = 15 + 16;
    const int level = packing == Packing::small ? k_small_level : k_quick_level;
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, k_gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw util::InfraError(
            {util::ErrorKind::unavailable, "no memory to pack an answer", "", "try again"});
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string etag_of(std::string_view body) {
    return fmt::format("W/\"{}\"", util::sha256_hex(body).substr(0, 32));
}

Wishes wishes_of(const Call& call) {
    return {call.method == verb::get || call.method == verb::head,
            accepts_gzip(header(call, field::accept_encoding)),
            std::string(header(call, field::if_none_match))};
}

void finish_answer(const Wishes& wishes, Reply& reply) {
    const auto body = bytes_of(reply);
    if (!body) return finish_file(wishes, reply);
    if (!wishes.reads || reply.status != status::ok) return;
    const auto etag = tag_of(reply, *body);
    set_header(reply, field::etag, etag);
    const bool text = is_text(reply.content_type);
    if (text) set_header(reply, field::vary, "Accept-Encoding");
    // A cache may keep the answer, and asks each time whether it still holds.
    for (auto& [name, value] : reply.headers)
        if (name == field::cache_control && value == "no-store") value = "private, no-cache";
    if (none_match_names(wishes.if_none_match, etag)) {
        say_unchanged(reply);
        return;
    }
    if (text && body->size() >= k_worth_packing && wishes.gzip) pack(reply);
}

}  // namespace krepro::http
