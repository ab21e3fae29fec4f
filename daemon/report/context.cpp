// SPDX-License-Identifier: Apache-2.0
#include "report/context.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "report/frame.hpp"
#include "report/lock.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

// Bits of preempt_count (include/linux/preempt.h).
constexpr std::uint64_t k_softirq_bits = 0x0000ff00;
constexpr std::uint64_t k_hardirq_bits = 0x000f0000;
constexpr std::uint64_t k_nmi_bits = 0x00f00000;
constexpr std::uint64_t k_softirq_serving = 0x00000100;

std::optional<int> small_int(std::string_view digits) {
    const auto number = to_number(digits);
    if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<int>::max()))
        return std::nullopt;
    return static_cast<int>(*number);
}

// The number behind `tag`, wherever that stands in the line.
std::optional<int> int_behind(std::string_view text, std::string_view tag) {
    const auto parts = split_at(text, tag);
    if (!parts) return std::nullopt;
    Cursor cursor(parts->after);
    cursor.skip_blanks();
    return cursor.take_int();
}

// "life" of "life Kdump: loaded", which a kernel says that has another one to dump it.
std::string task_name(std::string_view printed) {
    printed = trim(printed);
    constexpr std::string_view k_kdump = " Kdump: loaded";
    if (printed.ends_with(k_kdump)) printed.remove_suffix(k_kdump.size());
    return std::string(trim(printed));
}

// "Not tainted 6.1.8-rt5 #1", "Tainted: G        W  6.1.8-rt5 #1": the release is the word before
// the build's number, or the last one. Red Hat's flags have dashes, "Tainted: G W ---------", and
// where the line is cut one of those stands last.
void read_taint(std::string_view text, model::Context& context) {
    text = trim(text);
    std::string_view rest = text;
    if (const auto build = rest.rfind(" #"); build != std::string_view::npos)
        rest = trim(rest.substr(0, build));
    const auto last = split_at_last(rest, " ");
    if (last && !last->after.empty() && is_digit(last->after.front())) {
        context.release = std::string(last->after);
        rest = last->before;
    }
    context.taint = std::string(trim(rest));
}

// "CPU: 5 PID: 0 Comm: swapper/5 Not tainted 6.1.8-rt5 #1", newer kernels with "UID: 0" in it
void read_cpu_line(std::string_view text, model::Context& context) {
    context.cpu = int_behind(text, "CPU: ");
    context.pid = int_behind(text, "PID: ");
    const auto comm = split_at(text, "Comm: ");
    if (!comm) return;
    std::string_view rest = comm->after;
    auto taint = rest.find(" Not tainted");
    if (taint == std::string_view::npos) taint = rest.find(" Tainted:");
    if (taint == std::string_view::npos) {
        context.comm = task_name(rest);
        return;
    }
    context.comm = task_name(rest.substr(0, taint));
    read_taint(rest.substr(taint), context);
}

// "in_atomic(): 1, irqs_disabled(): 1, non_block: 0, pid: 0, name: swapper/5"
void read_atomic_line(std::string_view text, model::Context& context) {
    context.in_atomic = int_behind(text, "in_atomic(): ");
    context.irqs_disabled = int_behind(text, "irqs_disabled(): ");
    if (const auto pid = int_behind(text, "pid: ")) context.pid = pid;
    if (const auto name = split_at(text, "name: ")) context.comm = std::string(trim(name->after));
}

// "BUG: scheduling while atomic: comm/123/0x00000002"
void read_scheduling_line(std::string_view text, model::Context& context) {
    const auto tail = split_at(text, "scheduling while atomic: ");
    if (!tail) return;
    const auto count = split_at_last(trim(tail->after), "/");
    if (!count) return;
    std::string_view hex = count->after;
    if (hex.starts_with("0x")) hex.remove_prefix(2);
    context.preempt_count = std::string(hex);
    if (const auto task = split_at_last(count->before, "/")) {
        context.comm = std::string(task->before);
        context.pid = small_int(task->after);
    }
}

// "comm/123 is leaving the kernel with locks still held!": no other line of that report says who
void read_leaving_line(std::string_view text, model::Context& context) {
    const auto task = split_at(text, " is leaving the kernel");
    const auto parts = task ? split_at_last(task->before, "/") : std::nullopt;
    if (!parts) return;
    context.comm = std::string(parts->before);
    context.pid = small_int(parts->after);
}

// "6.1.8-rt5 #1 Not tainted", which lockdep prints below its headline
void read_release_line(std::string_view text, model::Context& context) {
    const auto build = split_at(text, " #");
    if (!build || !context.release.empty()) return;
    const bool one_word = !contains(build->before, " ") && !build->before.empty();
    const auto taint = build->after.find("ainted");
    if (!one_word || !is_digit(text.front()) || taint == std::string_view::npos) return;
    context.release = std::string(build->before);
    if (const auto words = split_at(build->after, " ")) context.taint = std::string(words->after);
}

// "comm/0:1:123": the name may hold colons, the number none.
void read_task(std::string_view text, model::Context& context) {
    const auto parts = split_at_last(text, ":");
    const auto pid = parts ? small_int(parts->after) : std::nullopt;
    if (!pid || !context.comm.empty()) return;
    context.comm = std::string(parts->before);
    context.pid = pid;
}

// "INFO: task comm:123 blocked for more than 120 seconds.", "... can't die for ..."
void read_hung_line(std::string_view text, model::Context& context) {
    for (const std::string_view words : {" blocked ", " can't die "})
        if (const auto task = split_at(text, words)) return read_task(task->before, context);
}

// "task:comm            state:D stack:0     pid:123   ppid:2      flags:0x00004000"
void read_state_line(std::string_view text, model::Context& context) {
    const auto state = split_at(text, " state:");
    if (!state || !context.comm.empty()) return;
    context.comm = std::string(trim(state->before));
    context.pid = int_behind(state->after, " pid:");
}

// "<writer>" at the end of `text`, which is taken off.
std::string take_role(std::string_view& text) {
    const auto role = split_at_last(text, " <");
    if (!role || !role->after.ends_with(">")) return {};
    text = role->before;
    return std::string(role->after.substr(0, role->after.size() - 1));
}

// "comm:12 is blocked on a mutex likely owned by task comm:13.",
// "comm:12 <reader> blocked on an rw-semaphore likely owned by task comm:13 <writer>",
// "comm:12 blocked on a semaphore likely last held by task comm:13",
// "comm:12 is blocked on a mutex, but the owner is not found."
void read_blocker_line(std::string_view text, model::Context& context) {
    const auto blocked = split_at(text, " blocked on a");
    if (!blocked || context.blocked_by) return;
    model::Blocker blocker;
    std::string_view waiter = blocked->before;
    blocker.waits_as = take_role(waiter);
    Cursor lock(blocked->after);
    lock.take("n");
    lock.skip_blanks();
    blocker.lock_kind =
        std::string(lock.take_while([](char c) { return is_alpha(c) || c == '-'; }));
    if (const auto owner = split_at(lock.rest(), " by task ")) {
        std::string_view task = trim(owner->after);
        if (task.ends_with(".")) task.remove_suffix(1);
        blocker.holds_as = take_role(task);
        if (const auto parts = split_at_last(task, ":")) {
            blocker.comm = std::string(parts->before);
            blocker.pid = small_int(parts->after);
        }
    }
    context.blocked_by = std::move(blocker);
}

void read_line(std::string_view text, model::Context& context) {
    text = trim(text);
    if (text.empty()) return;
    if (is_digit(text.front())) read_release_line(text, context);
    if (text.starts_with("CPU: ") && contains(text, "Comm: ")) {
        if (!context.cpu) read_cpu_line(text, context);
    } else if (text.starts_with("Hardware name: ")) {
        if (context.hardware.empty()) context.hardware = std::string(trim(text.substr(15)));
    } else if (text.starts_with("context-{")) {
        if (const auto waits = parse_wait_pair(text.substr(8))) {
            context.wait_outer = waits->outer;
            context.wait_inner = waits->inner;
        }
    } else if (text.starts_with("in_atomic(): ")) {
        read_atomic_line(text, context);
    } else if (text.starts_with("preempt_count: ")) {
        context.preempt_count = std::string(Cursor(text.substr(15)).take_while(is_hex));
    } else if (text.starts_with("RCU nest depth: ")) {
        context.rcu_depth = int_behind(text, "RCU nest depth: ");
    } else if (text.starts_with("INFO: task ")) {
        read_hung_line(text.substr(11), context);
        read_blocker_line(text.substr(11), context);
    } else if (text.starts_with("task:")) {
        read_state_line(text.substr(5), context);
    } else if (text.starts_with("Not tainted ") || text.starts_with("Tainted: ")) {
        if (context.release.empty()) read_taint(text, context);
    } else if (contains(text, "scheduling while atomic: ")) {
        read_scheduling_line(text, context);
    } else if (contains(text, " is leaving the kernel")) {
        read_leaving_line(text, context);
    }
}

// "Preemption disabled at:" and the symbol in the same line or the next
void read_preemption_site(std::span<const Line> lines, model::Context& context) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto parts = split_at(lines[i].text, "Preemption disabled at:");
        if (!parts) continue;
        std::string_view place = trim(parts->after);
        if (place.empty() && i + 1 < lines.size()) place = trim(lines[i + 1].text);
        if (const auto address = split_at(place, ">] "); address && place.starts_with("[<"))
            place = address->after;
        context.preemption_disabled_at = parse_symbol(place);
        return;
    }
}

// Functions that say which kind of interrupt a stack serves, looked up from the innermost frame.
struct EntrySign {
    std::string_view prefix;
    std::string_view interrupt;
};
constexpr std::array k_entry_signs{
    EntrySign{"__do_softirq", "softirq"},
    EntrySign{"handle_softirqs", "softirq"},
    EntrySign{"do_softirq", "softirq"},
    EntrySign{"run_ksoftirqd", "softirq"},
    EntrySign{"irq_exit", "softirq"},
    EntrySign{"__irq_exit", "softirq"},
    EntrySign{"run_timer_softirq", "softirq"},
    EntrySign{"asm_exc_nmi", "nmi"},
    EntrySign{"exc_nmi", "nmi"},
    EntrySign{"sysvec_", "hardirq"},
    EntrySign{"__sysvec_", "hardirq"},
    EntrySign{"asm_sysvec_", "hardirq"},
    EntrySign{"common_interrupt", "hardirq"},
    EntrySign{"asm_common_interrupt", "hardirq"},
    EntrySign{"hrtimer_interrupt", "hardirq"},
    EntrySign{"handle_irq_event", "hardirq"},
    EntrySign{"generic_handle_irq", "hardirq"},
    EntrySign{"generic_smp_call_function", "hardirq"},
    EntrySign{"smp_apic_timer_interrupt", "hardirq"},
    EntrySign{"apic_timer_interrupt", "hardirq"},
    EntrySign{"smp_call_function_single_interrupt", "hardirq"},
    EntrySign{"do_IRQ", "hardirq"},
    EntrySign{"__handle_irq", "hardirq"},
    EntrySign{"el1_irq", "hardirq"},
    EntrySign{"el1_interrupt", "hardirq"},
    EntrySign{"gic_handle_irq", "hardirq"},
};

std::string_view interrupt_by_frames(const std::vector<model::Frame>& frames) {
    for (const model::Frame& frame : frames) {
        if (!frame.certain) continue;
        if (frame.stack == "NMI") return "nmi";
        if (frame.stack == "TASK") return "task";
        for (const EntrySign& sign : k_entry_signs)
            if (frame.function.starts_with(sign.prefix)) return sign.interrupt;
    }
    for (const model::Frame& frame : frames)
        if (frame.stack == "IRQ") return "hardirq";
    return frames.empty() ? "" : "task";
}

std::string_view interrupt_by_count(std::string_view count) {
    const auto bits = to_hex_number(count);
    if (!bits) return "";
    if (*bits & k_nmi_bits) return "nmi";
    if (*bits & k_hardirq_bits) return "hardirq";
    if ((*bits & k_softirq_bits) && (*bits & k_softirq_serving)) return "softirq";
    return "";
}

std::string_view interrupt_by_flags(std::span<const Line> lines) {
    // "comm/123 [HC1[1]:SC0[0]:HE0:SE1]": depths in hard and soft interrupt
    for (const Line& line : lines) {
        const auto at = line.text.find("[HC");
        if (at == std::string_view::npos) continue;
        if (line.text.substr(at + 3, 1) != "0") return "hardirq";
        const auto soft = line.text.find(":SC", at);
        if (soft != std::string_view::npos && line.text.substr(soft + 3, 1) != "0")
            return "softirq";
        return "task";
    }
    return "";
}

std::string task_in_words(const std::string& comm, std::optional<int> pid) {
    return comm.empty() || !pid ? comm : comm + "/" + std::to_string(*pid);
}

std::string in_words(const model::Context& context) {
    std::string words = task_in_words(context.comm, context.pid);
    if (context.cpu)
        words += (words.empty() ? "on CPU " : " on CPU ") + std::to_string(*context.cpu);
    if (context.interrupt) {
        constexpr std::array k_names{
            std::pair{"hardirq", "a hard interrupt"}, std::pair{"softirq", "a soft interrupt"},
            std::pair{"nmi", "a non-maskable interrupt"}, std::pair{"task", "task context"}};
        for (const auto& [key, name] : k_names)
            if (*context.interrupt == key)
                words += std::string(words.empty() ? "in " : ", in ") + name;
    }
    if (context.irqs_disabled.value_or(0) != 0) words += ", interrupts disabled";
    if (context.blocked_by && !context.blocked_by->comm.empty())
        words += ", blocked by " + task_in_words(context.blocked_by->comm, context.blocked_by->pid);
    if (context.rcu_depth.value_or(0) != 0) words += ", inside RCU";
    if (!context.release.empty()) words += ", kernel " + context.release;
    return words;
}

}  // namespace

model::Context read_context(std::span<const Line> lines, const std::vector<model::Frame>& frames) {
    model::Context context;
    for (const Line& line : lines) read_line(line.text, context);
    read_preemption_site(lines, context);
    std::string_view interrupt = interrupt_by_flags(lines);
    if (interrupt.empty() && context.preempt_count)
        interrupt = interrupt_by_count(*context.preempt_count);
    if (interrupt.empty()) interrupt = interrupt_by_frames(frames);
    if (!interrupt.empty()) context.interrupt = std::string(interrupt);
    context.words = in_words(context);
    return context;
}

}  // namespace krepro::report
