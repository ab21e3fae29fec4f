// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
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

// A commit as git has it: the message and the diff apart, so that neither is taken for the other.
struct Commit {
    std::string author;  // "Name <address>"
    std::string message;
    std::string diff;
};

// The same of a commit. Errors name the line of the diff.
util::Result<model::Mail> read_commit(const Commit& commit);

// The same of a mail whose patch is not asked for: it need not have one.
util::Result<model::Mail> read_story(std::string_view bytes);

// The commit as a mail's text, that read_mail() could read.
std::string write_mail(const Commit& commit);

// A shell script that somebody hands in as the reproducer. One that ends in a loop without end is
// taken apart as a mail's is: an iteration runs what stands before the loop, which the end of the
// iteration before it has undone as far as it was processes, and the loop's body once. Any other
// script is one iteration as a whole, and so is a loop with a `break` or `continue` in it.
model::Reproducer reproducer_of(std::string_view script);

}  // namespace krepro::intake
