// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/json.hpp"

namespace krepro::model {

// One file that a patch changes.
struct PatchFile {
    std::string old_path;  // empty when the patch creates the file
    std::string new_path;  // empty when the patch deletes it
    int hunks = 0;
    int added = 0;                       // lines
    int removed = 0;                     // lines
    std::vector<std::string> functions;  // named in hunk headers and in changed definitions

    bool operator==(const PatchFile&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("old_path", &PatchFile::old_path), field("new_path", &PatchFile::new_path),
            field("hunks", &PatchFile::hunks), field("added", &PatchFile::added),
            field("removed", &PatchFile::removed), field("functions", &PatchFile::functions));
    }
};

struct Trailer {
    std::string key;  // "Signed-off-by"
    std::string value;

    bool operator==(const Trailer&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("key", &Trailer::key), field("value", &Trailer::value));
    }
};

// The reproducer as the mail gives it.
struct Reproducer {
    std::string script;   // as given, without the common indent
    std::string command;  // one iteration: the loop's body, continuation lines joined
    bool looped = false;  // the script was a `while true; do ... done`

    bool operator==(const Reproducer&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("script", &Reproducer::script),
                               field("command", &Reproducer::command),
                               field("looped", &Reproducer::looped));
    }
};

// What intake understood of a mail, patch or commit.
struct Mail {
    std::string title;       // subject without [PATCH ...]
    std::string author;      // "Name <address>"; empty when unknown
    std::string message_id;  // without angle brackets; empty when unknown
    std::string message;     // the log message, without title, trailers and diff
    std::vector<Trailer> trailers;
    std::string patch;  // the diff, mended so that `git apply --recount` reads it
    std::vector<PatchFile> files;
    std::string splat;  // the lines of the mail's own trace; empty when there is none
    std::optional<Reproducer> reproducer;
    std::vector<std::string> notes;  // what was unusual, and what was mended

    bool operator==(const Mail&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("title", &Mail::title), field("author", &Mail::author),
                               field("message_id", &Mail::message_id),
                               field("message", &Mail::message), field("trailers", &Mail::trailers),
                               field("patch", &Mail::patch), field("files", &Mail::files),
                               field("splat", &Mail::splat), field("reproducer", &Mail::reproducer),
                               field("notes", &Mail::notes));
    }
};

}  // namespace krepro::model
