// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/json.hpp"

// What krepro says to itself: foreign ELF and DWARF are read by a second krepro in the sandbox
// (see symbol_tool.hpp), which gets one of these as JSON on its standard input and answers on its
// standard output.
namespace krepro::build {

using model::field;

// A frame as the kernel printed it: "inactive_task_timer+0x1ca/0x3f0".
struct FrameQuery {
    std::string function;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // 0 when not printed
    // The offset is of the instruction that runs; otherwise of the one after a call.
    bool exact = false;

    auto operator<=>(const FrameQuery&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("function", &FrameQuery::function), field("offset", &FrameQuery::offset),
            field("size", &FrameQuery::size), field("exact", &FrameQuery::exact));
    }
};

// Which units of an object tree may have the frames' functions.
struct FindRequest {
    std::string vmlinux;
    std::string objects;
    std::vector<FrameQuery> frames;

    static constexpr auto fields() {
        return std::make_tuple(field("vmlinux", &FindRequest::vmlinux),
                               field("objects", &FindRequest::objects),
                               field("frames", &FindRequest::frames));
    }
};

// A function of the kernel that the frame may be in.
struct FunctionPlace {
    std::uint64_t address = 0;  // in vmlinux
    std::vector<std::string> units;

    static constexpr auto fields() {
        return std::make_tuple(field("address", &FunctionPlace::address),
                               field("units", &FunctionPlace::units));
    }
};

struct FoundFunction {
    FrameQuery query;
    // More than one where the kernel has several of this name and size, as of a source that several
    // units include; none: `why` says why not.
    std::vector<FunctionPlace> places;
    std::string why;

    static constexpr auto fields() {
        return std::make_tuple(field("query", &FoundFunction::query),
                               field("places", &FoundFunction::places),
                               field("why", &FoundFunction::why));
    }
};

// One entry a frame, in order.
struct FindAnswer {
    std::vector<FoundFunction> frames;

    static constexpr auto fields() { return std::make_tuple(field("frames", &FindAnswer::frames)); }
};

// The lines of the frames, from the units that were made again with debug information.
struct ReadRequest {
    std::string vmlinux;
    std::string folder;  // the units are at folder/UNIT; those that are not there are passed over
    std::vector<FoundFunction> frames;

    static constexpr auto fields() {
        return std::make_tuple(field("vmlinux", &ReadRequest::vmlinux),
                               field("folder", &ReadRequest::folder),
                               field("frames", &ReadRequest::frames));
    }
};

// Where code is in a function's text, and where that function begins.
struct SourcePlace {
    std::string function;
    std::string file;
    int line = 0;
    std::string begin_file;  // empty: not known, as in assembly
    int begin_line = 0;

    bool operator==(const SourcePlace&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("function", &SourcePlace::function),
                               field("file", &SourcePlace::file), field("line", &SourcePlace::line),
                               field("begin_file", &SourcePlace::begin_file),
                               field("begin_line", &SourcePlace::begin_line));
    }
};

// Innermost inlined function first; the last entry is the frame's own function.
struct FrameLines {
    std::vector<SourcePlace> chain;
    std::string unit;
    std::string why;  // there is no chain

    bool operator==(const FrameLines&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("chain", &FrameLines::chain), field("unit", &FrameLines::unit),
                               field("why", &FrameLines::why));
    }
};

struct ReadAnswer {
    std::vector<FrameLines> frames;

    static constexpr auto fields() { return std::make_tuple(field("frames", &ReadAnswer::frames)); }
};

}  // namespace krepro::build
