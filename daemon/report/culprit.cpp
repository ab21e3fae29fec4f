// SPDX-License-Identifier: Apache-2.0
#include "report/culprit.hpp"

#include <algorithm>
#include <vector>

#include "report/families.hpp"
#include "report/frame.hpp"
#include "report/frame_class.hpp"

namespace krepro::report {
namespace {

// What a frame's function is worth by itself. Nothing is forbidden: where a trace has nothing but
// the scheduler's and the locks' own functions, one of them is named.
constexpr double k_specific = 4.0;
constexpr double k_library = 1.0;
constexpr double k_dispatch = 0.5;
constexpr double k_primitive = 0.0;
constexpr double k_reporter = -20.0;
// What its place in the trace adds.
constexpr double k_depth_cost = 0.25;      // for each frame above that is of the bug's own code
constexpr double k_before_lock = 1.0;      // the last frame before the lock primitive
constexpr double k_callback = 6.0;         // what an interrupt called, where that is the trouble
constexpr double k_preemption_site = 5.0;  // who made the context atomic
constexpr double k_other_context = -10.0;  // what the interrupt came upon
constexpr double k_patched = 8.0;          // the patch changes it, or what is inlined in it

double worth(FrameClass what) {
    switch (what) {
        case FrameClass::reporter:
            return k_reporter;
        case FrameClass::primitive:
            return k_primitive;
        case FrameClass::dispatch:
            return k_dispatch;
        case FrameClass::library:
            return k_library;
        case FrameClass::specific:
            return k_specific;
    }
    return 0;
}

bool is_atomic_family(const model::Report& report) {
    const Family* family = family_of_kind(report.kind);
    return family != nullptr &&
           (family->detector == Detector::atomic || report.kind == "invalid_wait_context");
}

bool in_interrupt(const model::Report& report) {
    return report.context.interrupt && *report.context.interrupt != "task";
}

// The timer interrupt that noticed a loop is no part of it.
void drop_the_tick(std::vector<const model::Frame*>& frames) {
    const auto tick = std::find_if(frames.begin(), frames.end(), [](const model::Frame* frame) {
        return base_name(frame->function) == "update_process_times";
    });
    const auto below = std::find_if(tick, frames.end(), [](const model::Frame* frame) {
        return classify_frame(*frame) != FrameClass::dispatch;
    });
    if (below != frames.end()) frames.erase(frames.begin(), below);
}

std::vector<const model::Frame*> certain_frames(const model::Report& report) {
    std::vector<const model::Frame*> frames;
    for (const model::Frame& frame : report.frames)
        if (frame.certain) frames.push_back(&frame);
    const Family* family = family_of_kind(report.kind);
    if (family != nullptr && family->detector == Detector::hang) drop_the_tick(frames);
    return frames;
}

// Scores the frames of a trace, innermost first.
class Walk {
  public:
    explicit Walk(const model::Report& report)
        : report_(report), atomic_(is_atomic_family(report)) {}

    // `caller`: the next frame; nullptr at the end.
    double score(const model::Frame& frame, const model::Frame* caller) {
        const FrameClass what = classify_frame(frame);
        const bool own = what == FrameClass::specific || what == FrameClass::library;
        if (what == FrameClass::dispatch && seen_own_) crossed_ = true;
        double score = worth(what);
        if (own) score -= k_depth_cost * depth_++;
        if (after_primitive_ && what != FrameClass::primitive) score += k_before_lock;
        if (own && is_callback(caller)) score += k_callback;
        if (own && is_preemption_site(frame)) score += k_preemption_site;
        if (crossed_) score += k_other_context;
        if (frame.patched) score += k_patched;
        after_primitive_ = what == FrameClass::primitive;
        seen_own_ = seen_own_ || own;
        return score;
    }

  private:
    bool is_callback(const model::Frame* caller) const {
        return atomic_ && in_interrupt(report_) && caller != nullptr &&
               classify_frame(*caller) == FrameClass::dispatch;
    }
    bool is_preemption_site(const model::Frame& frame) const {
        return atomic_ && report_.context.preemption_disabled_at &&
               base_name(report_.context.preemption_disabled_at->function) ==
                   base_name(frame.function);
    }

    const model::Report& report_;
    bool atomic_;
    int depth_ = 0;
    bool after_primitive_ = false;
    bool seen_own_ = false;  // what comes below the next dispatcher is another context
    bool crossed_ = false;
};

}  // namespace

const model::Frame* complaint_site(const model::Report& report) {
    const model::Frame* any = nullptr;
    for (const model::Frame* frame : certain_frames(report)) {
        const FrameClass what = classify_frame(*frame);
        if (what != FrameClass::reporter && what != FrameClass::primitive) return frame;
        if (any == nullptr && what == FrameClass::primitive) any = frame;
    }
    return any;
}

std::string find_culprit(const model::Report& report) {
    const auto frames = certain_frames(report);
    const model::Frame* best = nullptr;
    double best_score = 0;
    Walk walk(report);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const double score =
            walk.score(*frames[i], i + 1 < frames.size() ? frames[i + 1] : nullptr);
        if (best != nullptr && score <= best_score) continue;
        best = frames[i];
        best_score = score;
    }
    return best == nullptr ? std::string() : base_name(best->function);
}

}  // namespace krepro::report
