// SPDX-License-Identifier: Apache-2.0
#include "report/belongs.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "report/frame.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

// How the lines of a splat begin, blanks left out.
constexpr auto k_beginnings = std::to_array<std::string_view>({
    "CPU: ",
    "Hardware name:",
    "Call Trace",
    "Call trace",
    "Backtrace:",
    "Modules linked in:",
    "RIP: ",
    "EIP: ",
    "IP: ",
    "Code:",
    "Stack:",
    "Process ",
    "Workqueue:",
    "task: ",
    "Tainted",
    "---[",
    "----",
    "====",
    "****",
    "<IRQ>",
    "</IRQ>",
    "<TASK>",
    "</TASK>",
    "<NMI>",
    "</NMI>",
    "irq event stamp",
    "hardirqs last",
    "softirqs last",
    "Preemption disabled at",
    "INFO: lockdep is turned off",
    "in_atomic()",
    "preempt_count:",
    "RCU nest depth",
    "no locks held by",
    "stack backtrace",
    "other info that might",
    "context-{",
    "which ",
    "but ",
    "and ",
    "to a ",
    "the ",
    "Possible ",
    "Chain exists",
    "*** DEADLOCK",
    "-> #",
    "lock(",
    "... ",
    "#",
    "RCU used illegally",
    "rcu_scheduler_active",
    "turning off the locking",
    "Please attach",
    "rcu: ",
    "task:",
    "Stack dump",
    "Exception stack",
    "PC is at",
    "LR is at",
    "pc :",
    "lr :",
    "sp :",
    "Flags:",
    "Control:",
    "Mem abort",
    "Data abort",
    "NIP ",
    "MSR",
    "Register ",
    "unreferenced object",
    "backtrace",
    "comm ",
    "hex dump",
    "caller is",
    "Uninit was",
    "Local variable",
    "Bytes ",
    "Memory access",
    "Data copied",
    "---",
    "Showing",
    "INFO: Object",
    "INFO: Slab",
    "INFO: task ",
    "flags:",
    "page last",
    "page_owner",
    "head:",
    "Last potentially",
    "Second to last",
    "KASAN: ",
    "#PF:",
    "P4D ",
    "ESR",
    "FSC",
    "kfence-",
    "allocated by",
    "freed by",
    "Tasks blocked",
    "(detected by",
    "All QSes",
    "CR2",
    "note: ",
    "Disabling lock debugging",
    "Kernel Offset",
    "Rebooting in",
    "Dumping ftrace",
    "Allocated by",
    "Freed by",
    "The buggy address",
    "Memory state",
    "page:",
    "raw:",
    ">ffff",
    "ffff",
    "Read of size",
    "Write of size",
    "Oops",
    "Kernel panic",
    "NMI backtrace",
    "Sending NMI",
    "Showing all locks",
    "2 locks held",
    "May be due",
    "PGD ",
    "handlers:",
    "[<",
    "Disabling IRQ #",
});

// The beginnings by their first character.
struct Beginnings {
    std::array<std::vector<std::string_view>, 256> by_first;
    Beginnings() {
        for (const auto words : k_beginnings)
            by_first[static_cast<unsigned char>(words.front())].push_back(words);
    }
};

// Of a text that is not empty.
bool begins_as_splats_do(std::string_view text) {
    static const Beginnings beginnings;
    const auto& some = beginnings.by_first[static_cast<unsigned char>(text.front())];
    return std::any_of(some.begin(), some.end(),
                       [text](std::string_view words) { return text.starts_with(words); });
}

// "RAX: 0000000000000000", "R10: ...", "CR2: ...", "x29: ffffa00019957eb0"
bool is_register(std::string_view text) {
    Cursor cursor(text);
    const auto name = cursor.take_while([](char c) { return is_alpha(c) || is_digit(c); });
    if (name.size() < 2 || name.size() > 8) return false;
    cursor.skip_blanks();
    if (!cursor.take(':')) return false;
    cursor.skip_blanks();
    return cursor.take_while(is_hex).size() >= 4;
}

// "2 locks held by comm/123:", "comm/123 is trying to lock:", "Last potentially related work:"
bool is_sentence_of_splat(std::string_view text) {
    return contains(text, " held by ") || contains(text, " is trying to ") ||
           contains(text, " is leaving the kernel") || text.ends_with(" at:") ||
           contains(text, "Not tainted") || contains(text, "Tainted: ");
}

}  // namespace

bool belongs_to_splat(std::string_view text) {
    if (text.empty() || is_blank(text.front())) return true;
    if (begins_as_splats_do(text)) return true;
    return is_register(text) || is_sentence_of_splat(text) || parse_frame(text).has_value();
}

bool announces_splat(std::string_view text) {
    text = trim(text);
    return text.starts_with("=====") || contains(text, "[ cut here ]");
}

bool ends_splat(std::string_view text) {
    return contains(text, "---[ end trace");
}

}  // namespace krepro::report
