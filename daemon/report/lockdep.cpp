// SPDX-License-Identifier: Apache-2.0
#include "report/lockdep.hpp"

#include <algorithm>
#include <array>

#include "report/frame.hpp"
#include "report/lock.hpp"
#include "report/text.hpp"
#include "report/wait_scheme.hpp"

namespace krepro::report {
namespace {

// Lines that say: the next line is a lock that this report is about.
constexpr std::array<std::string_view, 13> k_announcers{
    "is trying to lock:",
    "is trying to acquire lock:",
    "is trying to acquire:",
    "is already holding lock:",
    "is already holding:",
    "takes:",
    "just changed the state of lock:",
    "-irq-safe lock:",
    "-irq-unsafe lock:",
    "-unsafe lock in the past:",
    "-safe lock in the past:",
    "is not holding:",
    "with a lock still held there!",
};

bool announces_lock(std::string_view text) {
    return std::any_of(k_announcers.begin(), k_announcers.end(),
                       [&](std::string_view words) { return text.ends_with(words); });
}

model::Lock lock_of_name(std::string_view name) {
    model::Lock lock;
    lock.name = lock.printed = std::string(name);
    return lock;
}

// "comm/123 is trying to release lock (name) at:", where nothing but the name is known; or
// " lock: name+0x0/0x40, .magic: 00000000, .owner: ..." of the spinlock's own checks
std::optional<model::Lock> named_in_sentence(std::string_view text) {
    for (const std::string_view words : {"trying to release lock (", "trying to contend lock ("})
        if (const auto parts = split_at(text, words))
            if (const auto name = split_at_last(parts->after, ") at:"))
                return lock_of_name(name->before);
    if (const auto dumped = split_at(text, "lock: "); dumped && contains(text, ", .magic: "))
        if (const auto symbol = parse_symbol(dumped->after)) return lock_of_name(symbol->function);
    return std::nullopt;
}

// What stands on the line below an announcement: a lock as lockdep prints it, or its bare name.
std::optional<model::Lock> announced(std::string_view text) {
    if (auto lock = parse_lock(text)) return lock;
    text = trim(text);
    const bool word = !text.empty() && text.size() < 128 && !contains(text, " ");
    return word ? std::optional(lock_of_name(text)) : std::nullopt;
}

bool same_class(const model::Lock& a, const model::Lock& b) {
    return a.printed == b.printed &&
           (a.address == b.address || a.address.empty() || b.address.empty());
}

void add_once(std::vector<model::Lock>& locks, model::Lock lock) {
    const bool known = std::any_of(locks.begin(), locks.end(),
                                   [&](const model::Lock& l) { return same_class(l, lock); });
    constexpr std::size_t k_max_locks = 64;
    if (!known && locks.size() < k_max_locks) locks.push_back(std::move(lock));
}

// " #0: ffff88800d1c4d98 (&mm->mmap_lock){++++}-{3:3}, at: ..."
bool is_held_line(std::string_view text) {
    Cursor cursor(trim_left(text));
    return cursor.take("#") && !cursor.take_while(is_digit).empty() && cursor.take(":");
}

void name_all(std::vector<model::Lock>& locks, WaitScheme scheme) {
    for (model::Lock& lock : locks)
        for (auto* wait : {&lock.wait_outer, &lock.wait_inner})
            if (*wait) (*wait)->name = wait_type_name((*wait)->value, scheme);
}

}  // namespace

std::vector<model::Lock> read_locks(std::span<const Line> lines) {
    std::vector<model::Lock> locks;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view text = trim_right(lines[i].text);
        if (auto named = named_in_sentence(text)) add_once(locks, std::move(*named));
        if (!announces_lock(text) || i + 1 >= lines.size()) continue;
        if (auto lock = announced(lines[i + 1].text)) add_once(locks, std::move(*lock));
    }
    return locks;
}

std::vector<model::Lock> read_held_locks(std::span<const Line> lines, Owners owners) {
    std::vector<model::Lock> held;
    bool inside = false;
    std::string_view owner;
    for (const Line& line : lines) {
        const std::string_view text = trim(line.text);
        const auto holder = split_at(text, " held by ");
        if (holder && text.ends_with(":")) {
            if (inside && owners == Owners::first) break;
            inside = true;
            owner = holder->after.substr(0, holder->after.size() - 1);
        } else if (inside && is_held_line(text)) {
            if (auto lock = parse_lock(text)) {
                lock->owner = std::string(owner);
                held.push_back(std::move(*lock));
            }
        } else if (inside && owners == Owners::first && !held.empty()) {
            break;
        }
    }
    return held;
}

void name_wait_types(model::Report& report) {
    const WaitScheme scheme = wait_scheme(report);
    name_all(report.locks, scheme);
    name_all(report.held, scheme);
    for (auto* wait : {&report.context.wait_outer, &report.context.wait_inner})
        if (*wait) (*wait)->name = wait_type_name((*wait)->value, scheme);
}

}  // namespace krepro::report
