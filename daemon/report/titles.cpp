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

// Who called the place of the complaint: the next function above it that is not for everybody, or
// what dispatched the code. What an interrupt came upon lies beyond.
std::string caller_of_site(const model::Report& report, const model::Frame& site) {
    bool above = false;
    for (const model::Frame& frame : report.frames) {
        if (!frame.certain) continue;
        const FrameClass what = classify_frame(frame);
        if (above && (what == FrameClass::specific || what == FrameClass::dispatch))
            return base_name(frame.function);
        above = above || &frame == &site;
    }
    return {};
}

// The place, and who called it where it works for everybody: an allocator's complaint under two
// callers is two bugs.
std::string place_and_caller(const model::Report& report, const Splat& splat) {
    std::string place = place_of(report, splat);
    const model::Frame* site = complaint_site(report);
    const bool shared = site != nullptr && classify_frame(*site) == FrameClass::library &&
                        base_name(site->function) == place;
    if (!shared) return place;
    const auto caller = caller_of_site(report, *site);
    return caller.empty() ? place : place + "<" + caller;
}

// A queue's number tells which device it serves, not what the lock is.
std::string stable_name(const model::Lock& lock) {
    std::string_view name = lock.name;
    if (!name.starts_with("(wq_completion)")) return lock.name;
    while (!name.empty() && is_digit(name.back())) name.remove_suffix(1);
    return name.size() == lock.name.size() ? lock.name : std::string(name) + "NUM";
}

// The names of the first two locks: what a deadlock is between.
std::string locks_of(const model::Report& report) {
    std::vector<std::string> names;
    for (const model::Lock& lock : report.locks)
        if (auto name = stable_name(lock);
            names.size() < 2 && std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(std::move(name));
    return fmt::format("{}", fmt::join(names, " and "));
}

// A run of hex digits that no counter is: a letter among them, or as many as a pointer has.
bool is_address(std::string_view run, EightDigits digits) {
    constexpr std::size_t k_pointer_digits = 16;
    return run.size() >= 8 &&
           (digits == EightDigits::are_an_address || run.size() >= k_pointer_digits ||
            !std::all_of(run.begin(), run.end(), is_digit));
}

// The headline without the task it came upon.
std::string_view without_task(std::string_view headline) {
    return trim(headline.substr(0, headline.find(" task: ")));
}

bool is_cycle(std::string_view kind) {
    return kind == "circular_locking" || kind == "recursive_locking" ||
           kind == "irq_lock_inversion" || kind == "irq_lock_order";
}

}  // namespace

std::string stable_text(std::string_view text, EightDigits digits) {
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
        } else if (word_start && is_address(text.substr(i, end - i), digits) &&
                   (end == text.size() || !is_alpha(text[end]))) {
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
        title += ": " + stable_text(without_task(splat.lines[splat.headline].text));
    if (title.size() > k_max_title) title.resize(k_max_title);
    return title;
}

std::string make_signature(const model::Report& report, const Splat& splat) {
    std::set<std::string> locks;
    for (const model::Lock& lock : report.locks) locks.insert(stable_name(lock));
    // The cycle has the same locks from whichever of its edges it was closed.
    for (const model::ChainLink& link : report.locking.chain) locks.insert(stable_name(link.lock));
    std::string signature = is_cycle(report.kind) ? "deadlock" : report.kind;
    if (signature.empty()) signature = "trace";
    for (const std::string& lock : locks) signature += "|" + lock;
    if (!is_cycle(report.kind) || locks.empty()) signature += "|" + place_and_caller(report, splat);
    return signature;
}

}  // namespace krepro::report
