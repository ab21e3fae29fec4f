// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "model/mail.hpp"
#include "util/result.hpp"

namespace krepro::intake {

// Reads a mail, an mbox entry, `git format-patch` or `git show` output, or a bare diff, as it is:
// with or without headers, quoted-printable or base64, a diff cut off after its last context line,
// a reproducer indented in the log message. The patch is mended so that `git apply --recount -C1`
// takes it; what was mended is said in Mail::notes.
//
// Errors (`invalid_input`, or `too_large`) say what and where: empty input, not text, no diff,
// binary patch, a path that leaves the tree or goes into .git, too many files.
util::Result<model::Mail> read_mail(std::string_view bytes);

}  // namespace krepro::intake
