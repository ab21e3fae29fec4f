// SPDX-License-Identifier: Apache-2.0
#include "report/interpret.hpp"

#include <algorithm>

#include "report/context.hpp"
#include "report/culprit.hpp"
#include "report/frame.hpp"
#include "report/lockdep.hpp"
#include "report/lockdep_detail.hpp"
#include "report/syzbot.hpp"
#include "report/text.hpp"
#include "report/title_detail.hpp"
#include "report/titles.hpp"
#include "report/trace.hpp"

namespace krepro::report {
namespace {

// Whether a trace shows a watchdog or RCU's own thread, and not what they complain about.
bool shows_the_watchdog(const Trace& trace) {
    return std::any_of(trace.frames.begin(), trace.frames.end(), [](const model::Frame& frame) {
        const auto name = base_name(frame.function);
        return frame.certain && (name == "rcu_dump_cpu_stacks" || name == "rcu_gp_kthread");
    });
}

// The call trace of a splat: the first one with frames, else whatever list of frames there is. A
// stall is shown by the CPU that saw it first, and by the one that stalls behind it.
const Trace* main_trace(const std::vector<Trace>& traces, bool hang) {
    const Trace* first = nullptr;
    for (const Trace& trace : traces) {
        if (trace.role != TraceRole::call || trace.frames.empty()) continue;
        if (!hang || !shows_the_watchdog(trace)) return &trace;
        if (first == nullptr) first = &trace;
    }
    if (first != nullptr) return first;
    for (const Trace& trace : traces)
        if (trace.role == TraceRole::other && !trace.frames.empty()) return &trace;
    return nullptr;
}

// Where the exception struck, if that was printed before the call trace.
std::optional<model::Frame> struck_at(std::span<const Line> lines, std::size_t end) {
    for (std::size_t i = 0; i < std::min(end, lines.size()); ++i)
        if (auto frame = parse_instruction_pointer(lines[i].text)) return frame;
    return std::nullopt;
}

std::vector<model::Frame> read_frames(std::span<const Line> lines, const std::vector<Trace>& traces,
                                      bool hang) {
    const Trace* main = main_trace(traces, hang);
    std::vector<model::Frame> frames;
    if (main != nullptr) frames = main->frames;
    const std::size_t end = main == nullptr ? lines.size() : main->label_index;
    if (auto struck = struck_at(lines, end)) {
        const bool known = !frames.empty() && frames.front().certain &&
                           frames.front().function == struck->function;
        if (!known) frames.insert(frames.begin(), std::move(*struck));
    }
    return frames;
}

// A detail inside of the splat tells more than the generic headline: a WARNING that is
// refcount_t's.
const Family* refine_family(const Splat& splat) {
    if (splat.family == nullptr) return nullptr;
    const bool generic =
        splat.family->detector == Detector::warning || splat.family->kind == "kernel_bug";
    if (!generic) return splat.family;
    for (const Line& line : splat.lines) {
        const Family* family = find_family(line.text);
        if (family != nullptr && family->role == HeadlineRole::details) return family;
        if (is_call_trace_label(line.text)) break;
    }
    return splat.family;
}

// A watchdog shows the locks of all tasks, because another one's may be what is waited for.
Owners owners_of(std::string_view kind) {
    return kind == "hung_task" || kind == "workqueue_lockup" ? Owners::all : Owners::first;
}

// The locks held are what the report is about.
bool taints_by_holding(std::string_view kind) {
    return kind == "locks_held_at_exit" || kind == "lock_held_in_userspace" ||
           kind == "workqueue_leak";
}

// "PID: 123" of a line that says whose call trace follows
std::string_view task_of(std::string_view text) {
    if (!text.starts_with("CPU: ") || !contains(text, "Comm: ")) return {};
    const auto pid = split_at(text, "PID: ");
    return pid ? pid->after.substr(0, pid->after.find(' ')) : std::string_view();
}

// Whether two tasks speak in a splat whose lines do not say who printed them. A watchdog's reports
// show several tasks by themselves.
bool two_tasks_speak(const Splat& splat) {
    if (splat.family == nullptr || splat.family->detector == Detector::hang) return false;
    std::string_view first;
    for (const Line& line : splat.lines) {
        if (line.caller.known()) return false;
        const auto task = task_of(line.text);
        if (task.empty()) continue;
        if (first.empty()) first = task;
        if (task != first) return true;
    }
    return false;
}

// syzbot takes a console apart by who printed a line, and nobody speaks for another there.
model::SyzbotView as_syzbot_sees(const Splat& splat, const std::vector<Trace>& traces) {
    const auto is_foreign = [](const Line& line) { return line.for_another; };
    if (std::none_of(splat.lines.begin(), splat.lines.end(), is_foreign))
        return syzbot_view(splat, traces);
    std::vector<Line> own(splat.lines.begin(), splat.lines.end());
    std::erase_if(own, is_foreign);
    Splat alone = splat;
    alone.lines = own;
    return syzbot_view(alone, read_traces(own));
}

// What the kernel's own words name: it has left the trace by then.
std::string named_culprit(const model::Report& report, std::span<const Line> lines) {
    auto named = named_function(report.kind, lines);
    return named.empty() ? taken_at(report) : named;
}

bool says_lockdep_goes_off(std::span<const Line> lines) {
    return std::any_of(lines.begin(), lines.end(), [](const Line& line) {
        return contains(line.text, "Disabling lock debugging due to kernel taint");
    });
}

std::string joined_text(std::span<const Line> lines) {
    std::size_t size = 0;
    for (const Line& line : lines) size += line.text.size() + 1;
    std::string text;
    text.reserve(size);
    for (const Line& line : lines) {
        text += line.text;
        text += '\n';
    }
    return text;
}

}  // namespace

model::Report interpret(const Splat& splat) {
    Splat refined = splat;
    refined.family = refine_family(splat);
    model::Report report;
    if (refined.family != nullptr) {
        report.kind = refined.family->kind;
        report.lockdep = refined.family->detector == Detector::lockdep;
        report.disables_lockdep =
            refined.family->disables_lockdep || says_lockdep_goes_off(splat.lines);
        report.notice = refined.family->role == HeadlineRole::notices;
        if (splat.headline < splat.lines.size())
            report.headline = std::string(trim(splat.lines[splat.headline].text));
    }
    const std::vector<Trace> traces = read_traces(splat.lines);
    const bool hang = refined.family != nullptr && refined.family->detector == Detector::hang;
    report.frames = read_frames(splat.lines, traces, hang);
    report.locks = read_locks(splat.lines);
    report.held = read_held_locks(splat.lines, owners_of(report.kind));
    if (report.locks.empty() && taints_by_holding(report.kind)) report.locks = report.held;
    report.context = read_context(splat.lines, report.frames);
    name_wait_types(report);
    report.locking = read_lockdep_detail(splat.lines, traces);
    report.culprit = named_culprit(report, splat.lines);
    if (report.culprit.empty()) report.culprit = find_culprit(report);
    report.title = make_title(report, refined);
    report.signature = make_signature(report, refined);
    report.syzbot = as_syzbot_sees(splat, traces);
    report.interleaved = is_mixed(splat) || two_tasks_speak(splat);
    const bool traceless = report.frames.empty() && !report.notice && refined.family != nullptr &&
                           refined.family->role != HeadlineRole::remarks &&
                           !is_without_trace(report.kind);
    report.corrupted = splat.cut || traceless;
    if (!splat.lines.empty()) {
        const Line& first = splat.lines.front();
        report.first_byte = first.first_byte;
        report.first_line = first.number;
        report.uptime_s = first.uptime_s;
        report.end_byte = splat.lines.back().end_byte;
        report.end_line = splat.lines.back().number + 1;
        report.headline_line = splat.lines[std::min(splat.headline, splat.lines.size() - 1)].number;
    }
    report.text = joined_text(splat.lines);
    return report;
}

}  // namespace krepro::report
