// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "model/report.hpp"

namespace krepro::report {

// What a function on a call trace tells about a bug.
enum class FrameClass {
    reporter,   // prints or detects: dump_stack, lockdep, __might_resched, kasan_report
    primitive,  // takes or gives back a lock: rt_spin_lock, mutex_lock
    dispatch,   // runs what others registered: interrupt and syscall entry, timers, kthread
    library,    // works for everybody: slab, string, list, refcount, memcg accounting
    specific,   // says where the bug is
};

// `function` may carry what the compiler added (".isra.0", ".cold").
FrameClass classify_frame(std::string_view function);

inline FrameClass classify_frame(const model::Frame& frame) {
    return classify_frame(frame.function);
}

}  // namespace krepro::report
