// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <fmt/format.h>

#include "cli/json_access.hpp"
#include "cli/terminal.hpp"

namespace krepro::cli {

using model::Json;

namespace {

constexpr int k_bar_width = 30;

// "about 4 min left"; empty when the event does not tell.
std::string left_words(const Json& data) {
    const auto& left = at(data, "left_s");
    if (!left.is_number()) return "";
    const double seconds = left.get<double>();
    if (seconds < 90) return fmt::format(", about {:.0f} s left", seconds);
    if (seconds < 5400) return fmt::format(", about {:.0f} min left", seconds / 60);
    return fmt::format(", about {:.1f} h left", seconds / 3600);
}

ProgressLine describe_build(const Json& data) {
    const auto arm = text_at(data, "arm");
    const auto step = text_at(data, "step");
    if (step == "done")
        return {fmt::format("{} kernel: {}{}", arm, text_at(data, "release"),
                            flag_at(data, "cached") ? std::string(", built before")
                                                    : fmt::format(", {} objects in {:.0f} s",
                                                                  integer_at(data, "objects"),
                                                                  number_at(data, "wall_s"))),
                ""};
    return {"", fmt::format("{} kernel: {} {}{}", arm, step,
                            progress_bar(number_at(data, "objects"), number_at(data, "expected"),
                                         k_bar_width),
                            left_words(data))};
}

ProgressLine describe_trial(const Json& data) {
    const auto name = fmt::format("{} trial {}", text_at(data, "arm"), integer_at(data, "trial"));
    if (text_at(data, "state") != "ended") return {"", name + ": boots"};
    auto line = fmt::format("{}: {}", name, text_at(data, "outcome.kind"));
    if (const auto cause = text_at(data, "outcome.cause"); !cause.empty()) line += ", " + cause;
    line += fmt::format("; exposure {:.0f} in {:.0f} s", number_at(data, "outcome.exposure"),
                        number_at(data, "outcome.wall_s"));
    return {line, name + ": " + text_at(data, "outcome.kind")};
}

}  // namespace

ProgressLine describe_event(const Json& event) {
    const auto type = text_at(event, "type");
    const auto& data = at(event, "data");
    if (type == "stage") return {"stage: " + text_at(data, "stage"), text_at(data, "stage")};
    if (type == "build") return describe_build(data);
    if (type == "trial") return describe_trial(data);
    if (type == "report")
        return {fmt::format("{} trial {}: {}", text_at(data, "arm"), integer_at(data, "trial"),
                            text_at(data, "title")),
                ""};
    if (type == "symbols")
        return {"", fmt::format("report {}: file and line of {} of {} frames",
                                integer_at(data, "report"), integer_at(data, "with_lines"),
                                integer_at(data, "frames"))};
    if (type == "heartbeat")
        return {"", fmt::format("trial {}: {:.0f} s in the guest, iteration {}, exposure {:.0f}{}",
                                integer_at(data, "trial"), number_at(data, "uptime"),
                                integer_at(data, "iteration"), number_at(data, "exposure"),
                                left_words(data))};
    if (type == "log") return {text_at(data, "text"), ""};
    return {};
}

}  // namespace krepro::cli
