// SPDX-License-Identifier: Apache-2.0
#include "report/assembler.hpp"

#include <algorithm>
#include <iterator>

#include "report/belongs.hpp"
#include "report/frame.hpp"
#include "report/interpret.hpp"
#include "report/text.hpp"
#include "report/trace.hpp"

namespace krepro::report {
namespace {

// Lines above a headline that are kept for it, and how far above they may stand.
constexpr std::size_t k_recent = 6;
constexpr std::size_t k_recent_reach = 12;
// Behind "---[ cut here ]---" a warning's own words stand above its headline.
constexpr std::size_t k_words_of_warning = 4;
// Lines in a row that are not a splat's before it counts as over: before its call trace, where the
// kernel prints all kinds of things, and behind it.
constexpr std::size_t k_strangers_before_trace = 40;
constexpr std::size_t k_strangers_behind_trace = 2;
// What other callers may print, and how much later, before a silent caller's splat is over.
constexpr std::size_t k_others_before_trace = 400;
constexpr std::size_t k_others_behind_trace = 60;
constexpr double k_silence_s = 2.0;

// What a trial's guest says from user space (images/init/io.hpp): its words are not the kernel's.
bool is_said_by_the_guest(std::string_view text) {
    return text.starts_with("workload: ") || text.starts_with("krepro-init: ");
}

// Kinds whose frames follow a label of their own, or none: "Use-after-free read at 0x...".
bool has_unlabelled_frames(std::string_view kind) {
    return kind == "kfence" || kind == "kcsan" || kind == "kmsan" || kind == "memory_leak";
}

}  // namespace

void Assembler::complete(const Open& splat, std::vector<model::Report>& done) {
    if (splat.family->role == HeadlineRole::claims && !splat.frames_seen) return;
    std::size_t count = splat.lines.size() - std::min(splat.strangers, splat.lines.size());
    count = std::max(count, std::min(splat.headline + 1, splat.lines.size()));
    std::vector<Line> lines;
    lines.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        Line line = splat.lines[i].line;
        line.text = splat.lines[i].text;
        lines.push_back(line);
    }
    while (lines.size() > splat.headline + 1 && lines.back().text.empty()) lines.pop_back();
    done.push_back(interpret({splat.family, splat.headline, lines, splat.cut}));
}

void Assembler::append(Open& splat, const Line& line) {
    splat.others_since = 0;
    splat.cut = splat.cut || splat.lines.size() >= k_max_lines ||
                splat.text_size + line.text.size() > k_max_text;
    if (splat.cut) return;
    splat.text_size += line.text.size();
    splat.lines.push_back({std::string(line.text), line});
    splat.lines.back().line.text = {};
}

void Assembler::open(const Line& line, const Family& family, std::vector<model::Report>& done) {
    if (open_.size() >= k_max_open) {
        for (auto& [caller, crowded] : open_) crowded.cut = true;
        complete_all(done);
    }
    Open splat;
    splat.family = &family;
    for (Kept& kept : recent_) {
        if (kept.line.caller != line.caller || line.number > kept.line.number + k_recent_reach)
            continue;
        kept.line.text = kept.text;
        append(splat, kept.line);
    }
    std::erase_if(recent_, [&](const Kept& kept) { return kept.line.caller == line.caller; });
    // Whoever was asked to show a stack was asked for an earlier splat.
    std::erase_if(asked_, [&](const auto& entry) { return entry.second == line.caller; });
    attentive_ = 0;
    splat.headline = splat.lines.size();
    append(splat, line);
    open_.insert_or_assign(line.caller, std::move(splat));
}

// "BUG: key ... has not been registered!" says what is wrong, and a warning right behind it where.
bool Assembler::is_led_to(const Open& splat, const Family& family) {
    return splat.family->kind == "unregistered_key" && family.kind == "warning" &&
           !splat.frames_seen;
}

// Whether what comes now may be another splat: the trace has been seen, or there will be none.
bool Assembler::has_shown_all(const Open& splat) {
    return splat.frames_seen || splat.family->role == HeadlineRole::remarks ||
           is_without_trace(splat.family->kind);
}

bool Assembler::goes_on(Open& splat, const Line& line, const Family* family) {
    if (family != nullptr) {
        if (family->role == HeadlineRole::opens) return is_led_to(splat, *family);
        // The kernel says what is wrong before it shows where.
        if (family->role == HeadlineRole::details && splat.frames_seen) return false;
        const bool panic = family->detector == Detector::panic;
        if (family->role == HeadlineRole::joins && has_shown_all(splat) && !panic) return false;
        splat.strangers = 0;
        return true;
    }
    if (has_shown_all(splat) && announces_splat(line.text)) return false;
    if (is_call_trace_label(line.text) || has_unlabelled_frames(splat.family->kind))
        splat.trace_seen = true;
    if (splat.trace_seen && !splat.frames_seen)
        splat.frames_seen = parse_frame(line.text).has_value();
    splat.ended = splat.ended || ends_splat(line.text);
    if (belongs_to_splat(line.text)) {
        splat.strangers = 0;
        return true;
    }
    ++splat.strangers;
    return splat.strangers <=
           (splat.frames_seen ? k_strangers_behind_trace : k_strangers_before_trace);
}

// A program's output between the kernel's lines.
bool Assembler::is_foreign(const Open& splat, const Line& line) {
    return !line.from_kernel && splat.lines[splat.headline].line.from_kernel;
}

void Assembler::remember(const Line& line, const Family* family) {
    const bool detail = family != nullptr && family->role == HeadlineRole::details;
    const bool announces = announces_splat(line.text);
    const bool words =
        attentive_ > 0 && !recent_.empty() && recent_.back().line.caller == line.caller;
    if (attentive_ > 0) --attentive_;
    if (announces && contains(line.text, "cut here")) attentive_ = k_words_of_warning;
    if (!detail && !announces && !words) return;
    recent_.push_back({std::string(line.text), line});
    if (recent_.size() > k_recent) recent_.pop_front();
}

void Assembler::age(const Line& line, std::vector<model::Report>& done) {
    for (auto it = open_.begin(); it != open_.end();) {
        Open& splat = it->second;
        if (it->first == line.caller && !is_foreign(splat, line)) {
            ++it;
            continue;
        }
        ++splat.others_since;
        const auto& last = splat.lines.back().line;
        const bool silent = splat.frames_seen && last.uptime_s && line.uptime_s &&
                            *line.uptime_s > *last.uptime_s + k_silence_s;
        if (silent || splat.others_since >
                          (splat.frames_seen ? k_others_behind_trace : k_others_before_trace)) {
            complete(splat, done);
            it = open_.erase(it);
        } else {
            ++it;
        }
    }
}

bool Assembler::take_single(const Line& line, const Family& family,
                            std::vector<model::Report>& done) {
    const bool notice = family.role == HeadlineRole::notices;
    const bool boot = family.role == HeadlineRole::boots;
    if (!notice && !boot && family.role != HeadlineRole::remarks) return false;
    // A remark alone waits for what may follow it; in the midst of another splat nothing will.
    if (family.role == HeadlineRole::remarks && !open_.contains(line.caller)) return false;
    if (notice && notices_ == Notices::dropped) return true;
    // Programs print /proc/version too; the kernel says it before its clock runs.
    if (boot && line.uptime_s != 0.0) return true;
    if (boot && boots_++ == 0) return true;
    if (boot) complete_all(done);
    Open alone;
    alone.family = &family;
    append(alone, line);
    complete(alone, done);
    return true;
}

// A stall is printed by the CPU that saw it, but the stack of the one that stalls by that one,
// under its own name: "NMI backtrace for cpu 1". It is part of what the first one tells, until that
// CPU has something of its own to say.
Line Assembler::as_spoken(const Line& line, const Family* family) {
    auto spoken = line;
    if (open_.empty()) asked_.clear();
    if (!line.caller.known() || open_.empty()) return spoken;
    if (line.text.starts_with("NMI backtrace for cpu ") && !open_.contains(line.caller) &&
        asked_.size() < k_max_asked) {
        const auto stall = std::find_if(open_.begin(), open_.end(), [](const auto& entry) {
            return entry.second.family->detector == Detector::hang;
        });
        if (stall != open_.end()) asked_.insert_or_assign(line.caller, stall->first);
    }
    const auto asked = asked_.find(line.caller);
    if (asked == asked_.end()) return spoken;
    const bool own = (family != nullptr && family->role == HeadlineRole::opens) ||
                     announces_splat(line.text) || open_.contains(line.caller);
    spoken.for_another = !own && open_.contains(asked->second);
    if (spoken.for_another)
        spoken.caller = asked->second;
    else
        asked_.erase(asked);
    return spoken;
}

void Assembler::read(const Line& printed, std::vector<model::Report>& done) {
    if (is_said_by_the_guest(printed.text)) return;
    const Family* family = find_family(printed.text);
    const Line line = as_spoken(printed, family);
    if (!open_.empty()) age(line, done);
    if (family != nullptr && take_single(line, *family, done)) return;
    const auto found = open_.find(line.caller);
    if (found != open_.end()) {
        if (family == nullptr && is_foreign(found->second, line)) return;
        if (goes_on(found->second, line, family)) {
            append(found->second, line);
            return;
        }
        complete(found->second, done);
        open_.erase(found);
    }
    if (family != nullptr && family->role != HeadlineRole::details)
        open(line, *family, done);
    else
        remember(line, family);
}

std::vector<const Assembler::Open*> Assembler::in_console_order() const {
    std::vector<const Open*> splats;
    for (const auto& [caller, splat] : open_) splats.push_back(&splat);
    std::sort(splats.begin(), splats.end(), [](const Open* a, const Open* b) {
        return a->lines.front().line.number < b->lines.front().line.number;
    });
    return splats;
}

void Assembler::complete_all(std::vector<model::Report>& done) {
    for (const Open* splat : in_console_order()) complete(*splat, done);
    open_.clear();
}

std::vector<model::Report> Assembler::in_order(std::vector<model::Report> done) {
    for (model::Report& report : done) held_.push_back(std::move(report));
    if (held_.empty()) return {};
    std::stable_sort(held_.begin(), held_.end(), [](const auto& a, const auto& b) {
        return a.headline_line < b.headline_line;
    });
    std::uint64_t first_open = UINT64_MAX;
    if (held_.size() <= k_max_open)
        for (const auto& [caller, splat] : open_)
            first_open = std::min(first_open, splat.lines[splat.headline].line.number);
    const auto end = std::find_if(held_.begin(), held_.end(), [&](const model::Report& report) {
        return report.headline_line > first_open;
    });
    std::vector<model::Report> released(std::make_move_iterator(held_.begin()),
                                        std::make_move_iterator(end));
    held_.erase(held_.begin(), end);
    return released;
}

std::vector<model::Report> Assembler::take(const Line& line) {
    std::vector<model::Report> done;
    read(line, done);
    return in_order(std::move(done));
}

// Lockdep and the atomic-context checks print their call trace last; the kernel closes it since
// 5.11. A warning goes on with the interrupts' history and "---[ end trace".
bool Assembler::is_at_its_end(const Open& splat) {
    if (splat.ended) return true;
    const auto detector = splat.family->detector;
    return splat.frames_seen && splat.strangers == 0 &&
           (detector == Detector::lockdep || detector == Detector::atomic) &&
           trim(splat.lines.back().text).starts_with("</TASK>");
}

bool Assembler::looks_complete() const {
    return !open_.empty() && std::all_of(open_.begin(), open_.end(), [](const auto& entry) {
        return is_at_its_end(entry.second);
    });
}

std::vector<model::Report> Assembler::flush() {
    std::vector<model::Report> done;
    complete_all(done);
    return in_order(std::move(done));
}

}  // namespace krepro::report
