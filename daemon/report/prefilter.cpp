// SPDX-License-Identifier: Apache-2.0
#include "report/prefilter.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace krepro::report {
namespace {

constexpr std::size_t k_none = std::string_view::npos;

// Each starts with its rarest three characters, as far as the needle allows.
constexpr auto k_anchors = std::to_array<std::string_view>({
    "BUG",
    "WARNING: ",
    "INFO: ",
    "panic",
    "PANIC: ",
    "UBSAN:",
    "nable to handle ",
    "protection fault",
    "stack segment: ",
    "divide error: ",
    "divide_error: ",
    "invalid opcode: ",
    "int3: ",
    "Internal error: ",
    "Unhandled fault:",
    "Alignment trap: ",
    "Oops: ",
    "unregister_netdev",
    "VFS: ",
    "Maximum lock depth ",
    "nobody cared",
    "LOCKUP on cpu",
    "huh, entered",
    "rtmutex deadlock",
    "preempt leak: ",
    "RCU read-side crit",
    "blocking ops when",
    "enabled interrupts",
    "IRQs disabled",
    "initcall ",
    "refcount_t: ",
    "kmemleak: ",
    "list_",
    "DEBUG_LOCKS_WARN",
    "DEBUG_RWSEMS_WARN",
    "NOHZ tick-stop error",
    "NOHZ: local_softirq",
    "sched: ",
    "need_resched set",
    "hrtimer: interrupt",
    "workqueue: ",
    "[ cut here ]",
    "=====",
    "dependency detected",
    "recursive locking detect",
    "lock order detect",
    "inconsistent lock state",
    "lock was not taken",
    "unlock balance",
    "contention detected",
    "locking deadlock detect",
    "held lock freed!",
    "still has locks held",
    "returning to user space",
    "suspicious RCU usage",
    "Linux version ",
    "SYZFA",
});

// Anchors by their first character.
struct ByFirst {
    std::array<std::vector<std::string_view>, 256> lists;
    ByFirst() {
        for (const std::string_view anchor : k_anchors)
            lists[static_cast<unsigned char>(anchor.front())].push_back(anchor);
    }
};

const ByFirst& by_first() {
    static const ByFirst table;
    return table;
}

bool anchor_at(std::string_view text, std::size_t at, const ByFirst& table) {
    const std::string_view rest = text.substr(at);
    if (rest.size() < 3) return false;  // no anchor is shorter
    for (const std::string_view anchor : table.lists[static_cast<unsigned char>(rest[0])])
        if (rest[1] == anchor[1] && rest[2] == anchor[2] && rest.starts_with(anchor)) return true;
    return false;
}

#if defined(__x86_64__)

// How many characters of an anchor are looked at before it is compared in full. On a clean console
// five let through a third of the places that three do.
constexpr std::size_t k_looked_at = 5;
constexpr std::size_t k_groups = 8;

// Which of the groups of anchors may have this nibble at one of the characters looked at.
struct Nibbles {
    alignas(32) std::array<std::uint8_t, 32> low{};
    alignas(32) std::array<std::uint8_t, 32> high{};
};

struct Masks {
    std::array<Nibbles, k_looked_at> positions;
    Masks() {
        // Anchors that begin alike share a group, so that few characters open each.
        auto sorted = k_anchors;
        std::sort(sorted.begin(), sorted.end());
        for (std::size_t i = 0; i < sorted.size(); ++i) {
            const auto group = static_cast<std::uint8_t>(1U << (i * k_groups / sorted.size()));
            for (std::size_t at = 0; at < k_looked_at; ++at)
                open(positions[at], sorted[i].substr(std::min(at, sorted[i].size()), 1), group);
        }
    }

  private:
    // Behind its end an anchor takes any character.
    static void open(Nibbles& nibbles, std::string_view character, std::uint8_t group) {
        for (const std::size_t lane : {std::size_t{0}, std::size_t{16}})
            for (std::size_t nibble = 0; nibble < 16; ++nibble) {
                const auto c = character.empty() ? 0U : static_cast<unsigned char>(character[0]);
                if (character.empty() || (c & 15U) == nibble) nibbles.low[lane + nibble] |= group;
                if (character.empty() || (c >> 4U) == nibble) nibbles.high[lane + nibble] |= group;
            }
    }
};

const Masks& masks() {
    static const Masks made;
    return made;
}

__attribute__((target("avx2"))) __m256i load(const void* bytes) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(bytes));
}

__attribute__((target("avx2"))) __m256i groups_of(__m256i bytes, const Nibbles& nibbles) {
    const __m256i low_bits = _mm256_set1_epi8(15);
    const __m256i low = _mm256_and_si256(bytes, low_bits);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low_bits);
    return _mm256_and_si256(_mm256_shuffle_epi8(load(nibbles.low.data()), low),
                            _mm256_shuffle_epi8(load(nibbles.high.data()), high));
}

constexpr std::size_t k_step = 32;
// What must be there to look at k_step places.
constexpr std::size_t k_window = k_step + k_looked_at - 1;

// The places of a window at which all characters looked at open one group, a bit each.
__attribute__((target("avx2"))) std::uint32_t open_places(const char* window, const Masks& made) {
    __m256i open = groups_of(load(window), made.positions[0]);
    for (std::size_t i = 1; i < k_looked_at; ++i)
        open = _mm256_and_si256(open, groups_of(load(window + i), made.positions[i]));
    const __m256i closed = _mm256_cmpeq_epi8(open, _mm256_setzero_si256());
    return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(closed));
}

// Looks at 32 places at once; where a group is open the anchors are compared in full.
std::size_t find_by_vectors(std::string_view text, std::size_t from) {
    const ByFirst& table = by_first();
    const Masks& made = masks();
    // The end of the text, with room behind it: a line is mostly not much more than one.
    std::array<char, k_window> rest;
    for (std::size_t at = from; at < text.size(); at += k_step) {
        const char* window = text.data() + at;
        if (text.size() - at < k_window) {
            const auto end =
                std::copy(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), rest.begin());
            std::fill(end, rest.end(), '\0');
            window = rest.data();
        }
        for (auto places = open_places(window, made); places != 0; places &= places - 1) {
            const auto place = at + static_cast<std::size_t>(__builtin_ctz(places));
            if (anchor_at(text, place, table)) return place;
        }
    }
    return k_none;
}

__attribute__((target("avx2"))) std::size_t count_by_vectors(std::string_view text) {
    const __m256i newline = _mm256_set1_epi8('\n');
    std::size_t count = 0;
    std::size_t at = 0;
    for (; at + k_step <= text.size(); at += k_step) {
        const __m256i equal = _mm256_cmpeq_epi8(load(text.data() + at), newline);
        count += static_cast<std::size_t>(
            __builtin_popcount(static_cast<unsigned>(_mm256_movemask_epi8(equal))));
    }
    return count + static_cast<std::size_t>(std::count(
                       text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), '\n'));
}

bool have_vectors() {
    static const bool have = __builtin_cpu_supports("avx2") != 0;
    return have;
}

#endif

}  // namespace

std::span<const std::string_view> anchors() {
    return k_anchors;
}

std::size_t find_anchor_portably(std::string_view text, std::size_t from) {
    const ByFirst& table = by_first();
    for (std::size_t at = from; at < text.size(); ++at)
        if (anchor_at(text, at, table)) return at;
    return k_none;
}

std::size_t find_anchor(std::string_view text, std::size_t from) {
#if defined(__x86_64__)
    if (have_vectors()) return find_by_vectors(text, from);
#endif
    return find_anchor_portably(text, from);
}

std::size_t count_newlines(std::string_view text) {
#if defined(__x86_64__)
    if (have_vectors()) return count_by_vectors(text);
#endif
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace krepro::report
