// SPDX-License-Identifier: Apache-2.0
#include "report/title_detail.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "report/frame.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

// The words between `begin` and the first `end` behind it, in the first line that has both; an
// empty `end` is the end of the line.
struct Pick {
    std::string_view kind;
    std::string_view begin;
    std::string_view end;
};

constexpr std::array k_details{
    Pick{"kasan", "BUG: KASAN: ", " in "},
    Pick{"kmsan", "BUG: KMSAN: ", " in "},
    Pick{"kcsan", "BUG: KCSAN: ", " in "},
    Pick{"kfence", "BUG: KFENCE: ", " in "},
    Pick{"ubsan", "UBSAN: ", " in "},
    Pick{"refcount", "refcount_t: ", "."},
    Pick{"odebug", "ODEBUG: ", " (active state"},
    Pick{"slab_corruption", "): ", ""},
    Pick{"spinlock_bug", "BUG: spinlock ", " on CPU"},
    Pick{"rwlock_bug", "BUG: rwlock ", " on CPU"},
    Pick{"lockdep_limit", "BUG: ", " too low!"},
    Pick{"bad_page", "BUG: Bad page ", " in process"},
};

constexpr std::array k_named{
    Pick{"timer_preempt_leak", "timer: ", " preempt leak"},
    Pick{"workqueue_leak", "last function: ", ""},
    Pick{"workqueue_leak", "workfn=", ""},
    Pick{"workqueue_lockup", "in-flight: ", ""},
    Pick{"initcall_imbalance", "initcall ", " returned with"},
    Pick{"irq_handler_enabled_irqs", " handler ", " enabled interrupts"},
};

std::string_view pick(const Pick& from, std::span<const Line> lines) {
    for (const Line& line : lines) {
        const auto behind = split_at(line.text, from.begin);
        if (!behind) continue;
        if (from.end.empty()) return trim(behind->after);
        if (const auto words = split_at(behind->after, from.end)) return trim(words->before);
    }
    return {};
}

// "zoo_fn+0x0/0x10", "zoo_fn", "18:zoo_fn", "18(RESCUER):zoo_fn": the name alone.
std::string function_in(std::string_view words) {
    if (const auto number = split_at(words, ":"); number && is_digit(words.front()))
        words = number->after;
    Cursor cursor(words);
    const auto name = cursor.take_while([](char c) { return is_symbol_char(c) || c == '.'; });
    if (name.empty() || is_digit(name.front())) return {};
    return base_name(name);
}

// "handlers:" and below it "[<00000000c2842930>] yenta_interrupt threaded [<...>] ...", on old
// kernels "[<c2842930>] (yenta_interrupt+0x0/0x40 [yenta_socket])": the first of the line's.
std::string handler_in(std::span<const Line> lines) {
    const auto label = std::find_if(lines.begin(), lines.end(), [](const Line& line) {
        return trim(line.text) == "handlers:";
    });
    if (label == lines.end() || std::next(label) == lines.end()) return {};
    const auto entry = split_at(std::next(label)->text, ">] ");
    if (!entry) return {};
    Cursor cursor(entry->after);
    cursor.take("(");
    return function_in(cursor.rest());
}

}  // namespace

std::string detail_of(std::string_view kind, std::span<const Line> lines) {
    constexpr std::size_t k_longest = 60;
    for (const Pick& from : k_details)
        if (from.kind == kind)
            if (const auto words = pick(from, lines); !words.empty() && words.size() <= k_longest)
                return std::string(words);
    return {};
}

std::string named_function(std::string_view kind, std::span<const Line> lines) {
    if (kind == "nobody_cared") return handler_in(lines);
    for (const Pick& from : k_named)
        if (from.kind == kind)
            if (auto name = function_in(pick(from, lines)); !name.empty()) return name;
    return {};
}

std::string taken_at(const model::Report& report) {
    if (report.kind != "locks_held_at_exit" && report.kind != "lock_held_in_userspace") return {};
    for (const model::Lock& lock : report.locks)
        if (lock.acquired_at) return base_name(lock.acquired_at->function);
    return {};
}

bool blames_caller(std::string_view kind) {
    constexpr std::array<std::string_view, 7> k_kinds{
        "held_lock_freed", "list_corruption", "odebug",     "slab_corruption",
        "bad_page",        "kfence",          "memory_leak"};
    return std::find(k_kinds.begin(), k_kinds.end(), kind) != k_kinds.end();
}

}  // namespace krepro::report
