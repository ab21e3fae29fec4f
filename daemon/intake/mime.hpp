// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace krepro::intake {

// One mail, decoded: what a person would see, as UTF-8 text with bare line ends.
struct Message {
    std::string subject;     // as given, RFC 2047 words decoded
    std::string from;        // "Name <address>"
    std::string message_id;  // without angle brackets
    std::string body;        // text/plain parts, then attached patches
    std::vector<std::string> notes;
};

// The mails of an mbox, or the whole text when it is not one. Quoted ">From " lines are unquoted.
std::vector<std::string> split_mbox(std::string_view text);
// What split_mbox() takes apart again: each text as a mail of its own, an mbox as those that it
// has.
std::string join_mbox(const std::vector<std::string>& texts);

// A text with or without a header block. `invalid_input` when a part cannot be decoded or the mail
// has no plain text.
util::Result<Message> read_message(std::string_view text);

// "=?utf-8?q?G=C3=BCnther?=" and its like, decoded to UTF-8; anything else stays as it is.
std::string decode_words(std::string_view text);

}  // namespace krepro::intake
