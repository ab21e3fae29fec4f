// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/json.hpp"

namespace krepro::model {

// A function that the compiler put into another one, and where in it the code stands.
struct InlinedCall {
    std::string function;
    std::string file;  // relative to the kernel's tree
    int line = 0;      // 1-based

    bool operator==(const InlinedCall&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("function", &InlinedCall::function),
                               field("file", &InlinedCall::file),
                               field("line", &InlinedCall::line));
    }
};

// Some lines of a source file.
struct Excerpt {
    int first_line = 1;
    std::vector<std::string> lines;

    bool operator==(const Excerpt&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("first_line", &Excerpt::first_line),
                               field("lines", &Excerpt::lines));
    }
};

// One line of a call trace.
struct Frame {
    std::string function;             // symbol as printed, without offset: "__lock_acquire.cold"
    std::uint64_t offset = 0;         // bytes into the function
    std::uint64_t size = 0;           // bytes of the function; 0 when not printed
    bool certain = true;              // false for "? symbol": found on the stack, not on the chain
    std::string module;               // "[ext4]" without brackets; empty when built in
    std::string stack;                // "IRQ", "TASK", "NMI", "SOFTIRQ", ...; empty when not marked
    std::optional<std::string> file;  // relative to the kernel's tree
    std::optional<int> line;          // 1-based; in the function's own text
    // What stands inlined at that line, innermost first: its first entry is where the code is.
    std::vector<InlinedCall> inlines;
    std::optional<Excerpt> source;  // around `line`
    bool patched = false;           // the job's patch changes this function, or one inlined here

    bool operator==(const Frame&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("function", &Frame::function), field("offset", &Frame::offset),
                               field("size", &Frame::size), field("certain", &Frame::certain),
                               field("module", &Frame::module), field("stack", &Frame::stack),
                               field("file", &Frame::file), field("line", &Frame::line),
                               field("inlines", &Frame::inlines), field("source", &Frame::source),
                               field("patched", &Frame::patched));
    }
};

// A lockdep wait type: the number that the kernel prints and the name it has there.
struct WaitType {
    int value = 0;
    std::string name;  // "free", "spin", "config", "sleep", "max"

    bool operator==(const WaitType&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("value", &WaitType::value), field("name", &WaitType::name));
    }
};

// One usage character of a lock, "+.+." having four: what lockdep has seen for one state.
struct LockUsage {
    std::string state;           // "hardirq", "hardirq-read", "softirq", "softirq-read"
    bool in_context = false;     // '-' or '?': taken inside of such an interrupt
    bool while_enabled = false;  // '+' or '?': taken while such interrupts could come

    bool operator==(const LockUsage&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("state", &LockUsage::state),
                               field("in_context", &LockUsage::in_context),
                               field("while_enabled", &LockUsage::while_enabled));
    }
};

// One lock as lockdep prints it:
// ffff8880bcd682b8 ((stock_lock)){+.+.}-{3:3}, at: refill_obj_stock+0x38/0x4d0
struct Lock {
    std::string address;                  // as printed; empty when the line has none
    std::string name;                     // class without decoration: "stock_lock"
    std::string printed;                  // class as printed: "(stock_lock)"
    int version = 1;                      // "#2": the n-th class of this name
    int subclass = 0;                     // "/1"
    std::string usage;                    // "+.+."; empty when not printed
    std::vector<LockUsage> usage_states;  // the same, decoded
    std::optional<WaitType> wait_outer;
    std::optional<WaitType> wait_inner;
    std::optional<Frame> acquired_at;
    std::string owner;  // "comm/123" who holds it, for held locks

    bool operator==(const Lock&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("address", &Lock::address), field("name", &Lock::name),
            field("printed", &Lock::printed), field("version", &Lock::version),
            field("subclass", &Lock::subclass), field("usage", &Lock::usage),
            field("usage_states", &Lock::usage_states), field("wait_outer", &Lock::wait_outer),
            field("wait_inner", &Lock::wait_inner), field("acquired_at", &Lock::acquired_at),
            field("owner", &Lock::owner));
    }
};

// Whom a hung task waits for, as far as the lock knows its owner.
struct Blocker {
    std::string comm;  // empty: the owner was not found
    std::optional<int> pid;
    std::string lock_kind;  // "mutex", "semaphore", "rw-semaphore"
    std::string waits_as;   // "reader", "writer"; empty when not printed
    std::string holds_as;

    bool operator==(const Blocker&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("comm", &Blocker::comm), field("pid", &Blocker::pid),
                               field("lock_kind", &Blocker::lock_kind),
                               field("waits_as", &Blocker::waits_as),
                               field("holds_as", &Blocker::holds_as));
    }
};

// Where the CPU was when the kernel complained; what is not printed stays empty.
struct Context {
    std::optional<int> cpu;
    std::optional<int> pid;
    std::string comm;
    std::string release;  // "6.1.8-rt5"
    std::string taint;    // "Not tainted" or the flags
    std::string hardware;
    std::optional<std::string> interrupt;  // "hardirq", "softirq", "nmi", "task"
    std::optional<WaitType> wait_outer;    // of "context-{n:m}"
    std::optional<WaitType> wait_inner;
    std::optional<int> in_atomic;
    std::optional<int> irqs_disabled;
    std::optional<std::string> preempt_count;  // hexadecimal, as printed
    std::optional<int> rcu_depth;
    std::optional<Frame> preemption_disabled_at;
    std::optional<Blocker> blocked_by;
    std::string words;  // one sentence for people

    bool operator==(const Context&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("cpu", &Context::cpu), field("pid", &Context::pid), field("comm", &Context::comm),
            field("release", &Context::release), field("taint", &Context::taint),
            field("hardware", &Context::hardware), field("interrupt", &Context::interrupt),
            field("wait_outer", &Context::wait_outer), field("wait_inner", &Context::wait_inner),
            field("in_atomic", &Context::in_atomic),
            field("irqs_disabled", &Context::irqs_disabled),
            field("preempt_count", &Context::preempt_count),
            field("rcu_depth", &Context::rcu_depth),
            field("preemption_disabled_at", &Context::preemption_disabled_at),
            field("blocked_by", &Context::blocked_by), field("words", &Context::words));
    }
};

// "[HC1[1]:SC0[0]:HE0:SE1]": interrupt depths and whether interrupts were enabled.
struct IrqState {
    int hardirq_depth = 0;
    int softirq_depth = 0;
    bool hardirqs_enabled = false;
    bool softirqs_enabled = false;

    bool operator==(const IrqState&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("hardirq_depth", &IrqState::hardirq_depth),
                               field("softirq_depth", &IrqState::softirq_depth),
                               field("hardirqs_enabled", &IrqState::hardirqs_enabled),
                               field("softirqs_enabled", &IrqState::softirqs_enabled));
    }
};

// "hardirqs last  enabled at (20295): [<ffffffff814537d4>] default_idle_call+0x24/0x8f"
struct IrqEvent {
    std::string what;  // "hardirqs enabled", "softirqs disabled", ...
    std::uint64_t stamp = 0;
    std::optional<Frame> at;

    bool operator==(const IrqEvent&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("what", &IrqEvent::what), field("stamp", &IrqEvent::stamp),
                               field("at", &IrqEvent::at));
    }
};

// A node of the dependency chain: the lock, and where it was once taken while the next node of the
// chain (the one with the next lower number) was held.
struct ChainLink {
    int number = 0;  // "-> #2"; the chain is printed from the highest number down to 0
    Lock lock;
    std::vector<Frame> frames;

    bool operator==(const ChainLink&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("number", &ChainLink::number), field("lock", &ChainLink::lock),
                               field("frames", &ChainLink::frames));
    }
};

// Where a lock got a state: "{SOFTIRQ-ON-W} state was registered at:", "INITIAL USE at:",
// "... which became HARDIRQ-irq-safe at:".
struct LockStateOrigin {
    std::string state;  // "SOFTIRQ-ON-W", "INITIAL USE", "HARDIRQ-irq-safe"
    std::string lock;   // its class where the report says it
    std::vector<Frame> frames;

    bool operator==(const LockStateOrigin&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("state", &LockStateOrigin::state),
                               field("lock", &LockStateOrigin::lock),
                               field("frames", &LockStateOrigin::frames));
    }
};

// A step of "Possible unsafe locking scenario", top to bottom.
struct ScenarioStep {
    int cpu = 0;
    std::string action;  // "lock(&rq->__lock)", "<Interrupt>", "local_irq_disable()"

    bool operator==(const ScenarioStep&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("cpu", &ScenarioStep::cpu),
                               field("action", &ScenarioStep::action));
    }
};

// What only lockdep prints; empty where it did not.
struct LockdepDetail {
    std::optional<IrqState> irq_state;
    std::optional<std::uint64_t> irq_event_stamp;
    std::vector<IrqEvent> irq_events;
    std::vector<ChainLink> chain;
    std::vector<LockStateOrigin> origins;
    std::vector<ScenarioStep> scenario;
    std::string was_used;  // "inconsistent {was_used} -> {is_used} usage"
    std::string is_used;

    bool operator==(const LockdepDetail&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("irq_state", &LockdepDetail::irq_state),
            field("irq_event_stamp", &LockdepDetail::irq_event_stamp),
            field("irq_events", &LockdepDetail::irq_events), field("chain", &LockdepDetail::chain),
            field("origins", &LockdepDetail::origins), field("scenario", &LockdepDetail::scenario),
            field("was_used", &LockdepDetail::was_used), field("is_used", &LockdepDetail::is_used));
    }
};

// What syzbot's parser would say, for searching there.
struct SyzbotView {
    std::string title;
    std::optional<std::string> type;
    bool corrupted = false;

    bool operator==(const SyzbotView&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("title", &SyzbotView::title), field("type", &SyzbotView::type),
                               field("corrupted", &SyzbotView::corrupted));
    }
};

// Whom the kernel's MAINTAINERS names for a file.
struct Contact {
    std::string address;  // "Name <mail>", or a list's address
    std::string role;     // "maintainer", "reviewer", "list"

    bool operator==(const Contact&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("address", &Contact::address), field("role", &Contact::role));
    }
};

// One parsed splat.
struct Report {
    std::string title;     // ours: precise and stable, no addresses, pids or counters
    std::string kind;      // "invalid_wait_context", "sleeping_in_atomic", ...: report/families.cpp
    std::string headline;  // the line that says it, without its prefix
    bool notice = false;   // the kernel only remarks on it: no bug was caught
    bool lockdep = false;  // printed by lockdep
    bool disables_lockdep = false;  // lockdep is blind for the rest of this boot
    std::string signature;          // order-independent; equal for the same bug
    std::vector<Frame> frames;      // the call trace, innermost first
    std::vector<Lock> locks;        // the locks that the report is about
    std::vector<Lock> held;         // the locks held
    Context context;
    std::string culprit;               // the function to look at first
    std::string culprit_file;          // where it is; empty until the report has lines
    std::string subsystem;             // of that file; empty likewise
    std::vector<Contact> maintainers;  // of that file, the closest entry of MAINTAINERS first
    LockdepDetail locking;             // chains, scenario, interrupt events
    bool corrupted = false;            // cut off or interleaved beyond repair
    bool interleaved = false;          // lines of others may be among its own
    SyzbotView syzbot;
    std::uint64_t first_byte = 0;     // of the console, inclusive
    std::uint64_t end_byte = 0;       // exclusive
    std::uint64_t first_line = 0;     // of the console, 1-based, inclusive
    std::uint64_t end_line = 0;       // exclusive
    std::uint64_t headline_line = 0;  // where the headline stands; reports are in its order
    std::optional<double> uptime_s;   // timestamp of the first line
    std::string text;                 // the lines, prefixes removed

    bool operator==(const Report&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("title", &Report::title), field("kind", &Report::kind),
            field("headline", &Report::headline), field("notice", &Report::notice),
            field("lockdep", &Report::lockdep),
            field("disables_lockdep", &Report::disables_lockdep),
            field("signature", &Report::signature), field("frames", &Report::frames),
            field("locks", &Report::locks), field("held", &Report::held),
            field("context", &Report::context), field("culprit", &Report::culprit),
            field("culprit_file", &Report::culprit_file), field("subsystem", &Report::subsystem),
            field("maintainers", &Report::maintainers), field("locking", &Report::locking),
            field("corrupted", &Report::corrupted), field("interleaved", &Report::interleaved),
            field("syzbot", &Report::syzbot), field("first_byte", &Report::first_byte),
            field("end_byte", &Report::end_byte), field("first_line", &Report::first_line),
            field("end_line", &Report::end_line), field("headline_line", &Report::headline_line),
            field("uptime_s", &Report::uptime_s), field("text", &Report::text));
    }
};

// How alike an expected and an observed report are.
struct Match {
    bool same_bug = false;
    double score = 0;  // 0..1
    // Pairs of frame indices (expected, observed) that stand for each other, in order.
    std::vector<std::vector<int>> aligned;
    std::string why;  // one sentence

    bool operator==(const Match&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("same_bug", &Match::same_bug), field("score", &Match::score),
                               field("aligned", &Match::aligned), field("why", &Match::why));
    }
};

}  // namespace krepro::model
