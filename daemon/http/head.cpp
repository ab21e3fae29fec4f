// SPDX-License-Identifier: Apache-2.0
#include "http/head.hpp"

#include <boost/beast/http/field.hpp>
#include <cstdint>
#include <optional>

namespace krepro::http {

namespace {

// What every answer says of how a browser may use it: nothing but the dashboard's own scripts and
// styles, and no page may frame it.
constexpr std::string_view k_browser_rules =
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

// No byte of a value begins another line.
void add_header(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ");
    for (const char c : value) head += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    head += "\r\n";
}

// Of a text, a document or a file; nothing of a stream.
std::optional<std::uint64_t> length_of(const Reply& reply) {
    if (const auto* text = std::get_if<std::string>(&reply.body)) return text->size();
    if (const auto* part = std::get_if<FilePart>(&reply.body)) return part->length;
    if (const auto* shared = std::get_if<DocumentBody>(&reply.body))
        return shared->packed ? shared->document->packed().size() : shared->document->body().size();
    return std::nullopt;
}

}  // namespace

std::string head_bytes(const Reply& reply, Ending ending) {
    const auto reason = beast::http::obsolete_reason(reply.status);
    std::string head;
    head.reserve(640);
    head.append("HTTP/1.1 ").append(std::to_string(static_cast<unsigned>(reply.status)));
    head.append(" ").append(reason.data(), reason.size()).append("\r\n");
    for (const auto& [name, value] : reply.headers) {
        const auto text = beast::http::to_string(name);
        add_header(head, {text.data(), text.size()}, value);
    }
    const auto length = length_of(reply);
    if (!reply.content_type.empty()) add_header(head, "Content-Type", reply.content_type);
    if (!length) head += "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n";
    head += k_browser_rules;
    const bool bodyless = reply.status == beast::http::status::no_content ||
                          reply.status == beast::http::status::not_modified;
    if (length && !bodyless) add_header(head, "Content-Length", std::to_string(*length));
    if (ending == Ending::close) head += "Connection: close\r\n";
    return head += "\r\n";
}

std::string_view body_bytes(const Reply& reply) {
    if (const auto* text = std::get_if<std::string>(&reply.body)) return *text;
    if (const auto* shared = std::get_if<DocumentBody>(&reply.body))
        return shared->packed ? shared->document->packed() : shared->document->body();
    return {};
}

}  // namespace krepro::http
