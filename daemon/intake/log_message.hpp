// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/mail.hpp"

namespace krepro::intake {

// A log message in its parts.
struct LogMessage {
    std::string title;
    std::string author;  // from an in-body "From:" or git show's "Author:"; empty when not said
    std::string body;    // without title and trailers
    std::vector<model::Trailer> trailers;
    std::vector<std::string> notes;
    std::string all;  // the whole text, without git show's indent: where to look for a trace
};

// "[PATCH v2 3/7] sched: x", "Re: [PATCH RT] sched: x" -> "sched: x"
std::string strip_subject(std::string_view subject);

// Reads what stands before a diff. With a subject the title is taken from it, otherwise from the
// first line. Understands in-body "From:" lines, `git show` output with its indented message, and
// the "---" after which a mail's text is no longer part of the log.
LogMessage read_log_message(std::string_view text, std::string_view subject);

}  // namespace krepro::intake
