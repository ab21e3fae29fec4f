// SPDX-License-Identifier: Apache-2.0
#include "report/culprit.hpp"

#include <vector>

#include "report/families.hpp"
#include "report/frame.hpp"
#include "report/frame_class.hpp"

namespace krepro::report {
namespace {

constexpr double k_specific = 4.0;
constexpr double k_library = 1.0;
constexpr double k_depth_cost = 0.25;      // for each frame above
constexpr double k_callback = 6.0;         // what an interrupt or worker called
constexpr double k_preemption_site = 5.0;  // who made the context atomic

bool is_atomic_family(const model::Report& report) {
    const Family* family = family_of_kind(report.kind);
    return family != nullptr &&
           (family->detector == Detector::atomic || report.kind == "invalid_wait_context");
}

bool in_interrupt(const model::Report& report) {
    return report.context.interrupt && *report.context.interrupt != "task";
}

std::vector<const model::Frame*> certain_frames(const model::Report& report) {
    std::vector<const model::Frame*> frames;
    for (const model::Frame& frame : report.frames)
        if (frame.certain) frames.push_back(&frame);
    return frames;
}

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
    const bool atomic = is_atomic_family(report);
    const model::Frame* best = nullptr;
    double best_score = 0;
    double depth = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const FrameClass what = classify_frame(*frames[i]);
        if (what == FrameClass::reporter || what == FrameClass::primitive) continue;
        // Nothing below the dispatcher of an interrupt belongs to the bug.
        if (what == FrameClass::dispatch && best != nullptr) break;
        if (what == FrameClass::dispatch) continue;
        double score = (what == FrameClass::specific ? k_specific : k_library) - depth;
        depth += k_depth_cost;
        const bool called_by_dispatch =
            i + 1 < frames.size() && classify_frame(*frames[i + 1]) == FrameClass::dispatch;
        if (atomic && in_interrupt(report) && called_by_dispatch) score += k_callback;
        if (atomic && report.context.preemption_disabled_at &&
            base_name(report.context.preemption_disabled_at->function) ==
                base_name(frames[i]->function))
            score += k_preemption_site;
        if (best != nullptr && score <= best_score) continue;
        best = frames[i];
        best_score = score;
    }
    if (best == nullptr) best = complaint_site(report);
    return best == nullptr ? std::string() : base_name(best->function);
}

}  // namespace krepro::report
