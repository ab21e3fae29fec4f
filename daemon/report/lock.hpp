// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "model/report.hpp"

namespace krepro::report {

// A lock as lockdep prints it, anywhere in `text`:
//   ffff8880bcd682b8 (&rq->__lock#2/1){-.-.}-{2:2}, at: raw_spin_rq_lock_nested+0x1e/0x30
// Address, usage, wait types and place are optional; the class in parentheses is not.
std::optional<model::Lock> parse_lock(std::string_view text);

// "{3:2}": outer and inner wait type; names are filled in by name_wait_types().
struct WaitPair {
    model::WaitType outer;
    model::WaitType inner;
};
std::optional<WaitPair> parse_wait_pair(std::string_view text);

// The number of a wait type means another thing with CONFIG_PROVE_RAW_LOCK_NESTING than without:
// there spinlock_t has a level of its own ("config") below raw_spinlock_t.
enum class WaitScheme { raw_nesting, plain };
std::string_view wait_type_name(int value, WaitScheme scheme);

}  // namespace krepro::report
