// SPDX-License-Identifier: Apache-2.0
#include "report/titles.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <vector>

#include "report/culprit.hpp"
#include "report/frame.hpp"
#include "report/frame_class.hpp"
#include "report/text.hpp"
#include "report/title_detail.hpp"

namespace krepro::report {
namespace {

constexpr std::size_t k_max_title = 200;
constexpr std::size_t k_counter_digits = 6;

// The innermost function that is neither the detector's nor works for everybody.
std::string caller_of(const model::Report& report) {
    for (const model::Frame& frame : report.frames)
        if (frame.certain && classify_frame(frame) == FrameClass::specific)
            return base_name(frame.function);
    return {};
}

std::string place_of(const model::Report& report, const Splat& splat) {
    if (auto named = named_function(report.kind, splat.lines); !named.empty()) return named;
    if (auto taken = taken_at(report); !taken.empty()) return taken;
    if (blames_caller(report.kind))
        if (auto caller = caller_of(report); !caller.empty()) return caller;
    const model::Frame* site = complaint_site(report);
    return site == nullptr ? std::string() : base_name(site->function);
}

// The names of the first two locks: what a deadlock is between.
std::string locks_of(const model::Report& report) {
    std::vector<std::string_view> names;
    for (const model::Lock& lock : report.locks)
        if (names.size() < 2 && std::find(names.begin(), names.end(), lock.name) == names.end())
            names.push_back(lock.name);
    return fmt::format("{}", fmt::join(names, " and "));
}

bool is_cycle(std::string_view kind) {
    return kind == "circular_locking" || kind == "recursive_locking" ||
           kind == "irq_lock_inversion" || kind == "irq_lock_order";
}

}  // namespace

std::string stable_text(std::string_view text) {
    std::string stable;
    std::size_t i = 0;
    while (i < text.size() && stable.size() < k_max_title) {
        const bool word_start = i == 0 || !is_symbol_char(text[i - 1]);
        std::size_t end = i;
        while (word_start && end < text.size() && is_hex(text[end])) ++end;
        const bool prefixed = text.substr(i).starts_with("0x");
        if (word_start && prefixed) {
            end = i + 2;
            while (end < text.size() && is_hex(text[end])) ++end;
            stable += "ADDR";
            i = end;
        } else if (word_start && end - i >= 8 && (end == text.size() || !is_alpha(text[end]))) {
            stable += "ADDR";
            i = end;
        } else if (is_digit(text[i])) {
            // Digits in a name belong to it, unless there are so many that they count something.
            const bool in_name = i != 0 && is_symbol_char(text[i - 1]);
            const std::size_t begin = i;
            while (i < text.size() && is_digit(text[i])) ++i;
            if (in_name && i - begin < k_counter_digits)
                stable += text.substr(begin, i - begin);
            else
                stable += "NUM";
        } else {
            stable += text[i++];
        }
    }
    return std::string(trim(stable));
}

std::string make_title(const model::Report& report, const Splat& splat) {
    std::string title;
    if (splat.family == nullptr) {
        title = "Trace";
    } else {
        title = splat.family->words;
        const std::string detail = detail_of(report.kind, splat.lines);
        if (!detail.empty()) title += ": " + stable_text(detail);
        const std::string locks = locks_of(report);
        if (!locks.empty()) title += ": " + locks;
    }
    const std::string place = place_of(report, splat);
    if (!place.empty())
        title += " in " + place;
    else if (splat.family != nullptr && splat.headline < splat.lines.size() && report.locks.empty())
        title += ": " + stable_text(trim(splat.lines[splat.headline].text));
    if (title.size() > k_max_title) title.resize(k_max_title);
    return title;
}

std::string make_signature(const model::Report& report, const Splat& splat) {
    std::set<std::string> locks;
    for (const model::Lock& lock : report.locks) locks.insert(lock.name);
    // The cycle has the same locks from whichever of its edges it was closed.
    for (const model::ChainLink& link : report.locking.chain) locks.insert(link.lock.name);
    std::string signature = is_cycle(report.kind) ? "deadlock" : report.kind;
    if (signature.empty()) signature = "trace";
    for (const std::string& lock : locks) signature += "|" + lock;
    if (!is_cycle(report.kind) || locks.empty()) signature += "|" + place_of(report, splat);
    return signature;
}

}  // namespace krepro::report
