// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace krepro::http {

// Whether an Accept-Encoding header takes gzip (RFC 9110, 12.5.3).
[[nodiscard]] bool accepts_gzip(std::string_view header);

// Whether an If-None-Match header names the tag: by weak comparison, or with "*".
[[nodiscard]] bool none_match_names(std::string_view header, std::string_view etag);

// A weak entity tag: the packed form is the same thing in other bytes.
[[nodiscard]] std::string etag_of(std::string_view body);

// A whole gzip member of the bytes.
[[nodiscard]] std::string gzip(std::string_view bytes, Packing packing = Packing::quick);

// What a request says of the form of its answer.
struct Wishes {
    bool reads = false;  // GET or HEAD
    bool gzip = false;
    std::string if_none_match;
};
[[nodiscard]] Wishes wishes_of(const Call& call);

// The last step of every answer to GET and HEAD that holds its bytes: gives it an entity tag, says
// 304 when the client has it, packs it when the client takes gzip and that is worth it. A file
// (which has ranges) is 304 where it has a tag already; streams and errors stay as they are.
void finish_answer(const Wishes& wishes, Reply& reply);

}  // namespace krepro::http
