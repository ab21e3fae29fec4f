// SPDX-License-Identifier: Apache-2.0
#include "pipeline/annotate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "build/source_text.hpp"
#include "report/culprit.hpp"
#include "report/frame.hpp"

namespace krepro::pipeline {

namespace {

// Calls use(frame) for every frame of the report, its call trace first.
template <class Report, class Use>
void for_each_frame(Report& report, Use use) {
    const auto all = [&](auto& frames) {
        for (auto& frame : frames) use(frame);
    };
    const auto maybe = [&](auto& frame) {
        if (frame) use(*frame);
    };
    all(report.frames);
    for (auto& lock : report.locks) maybe(lock.acquired_at);
    for (auto& lock : report.held) maybe(lock.acquired_at);
    maybe(report.context.preemption_disabled_at);
    for (auto& link : report.locking.chain) {
        maybe(link.lock.acquired_at);
        all(link.frames);
    }
    for (auto& origin : report.locking.origins) all(origin.frames);
    for (auto& event : report.locking.irq_events) maybe(event.at);
}

std::string as_printed(const model::Frame& frame) {
    return fmt::format("{}+{:#x}/{:#x}", frame.function, frame.offset, frame.size);
}

// What "RIP: 0010:default_idle+0xb/0x10" names: the instruction itself, not one after a call.
std::set<std::string, std::less<>> instruction_pointers(std::string_view text) {
    std::set<std::string, std::less<>> names;
    for (std::size_t at = 0; (at = text.find("RIP: ", at)) != std::string_view::npos;) {
        at += 5;
        const auto word = text.substr(at, text.find_first_of(" \n", at) - at);
        const auto colon = word.find(':');
        names.emplace(colon == std::string_view::npos ? word : word.substr(colon + 1));
    }
    return names;
}

class Queries {
  public:
    explicit Queries(const model::Report& report) : exact_(instruction_pointers(report.text)) {}
    // Nothing for frames of modules (frames_of_modules) and for bare names.
    [[nodiscard]] std::optional<build::FrameQuery> of(const model::Frame& frame) const {
        if (!frame.module.empty() || frame.function.empty() || frame.size == 0) return std::nullopt;
        return build::FrameQuery{frame.function, frame.offset, frame.size,
                                 exact_.contains(as_printed(frame))};
    }

  private:
    std::set<std::string, std::less<>> exact_;
};

// Sources, each read once.
class Sources {
  public:
    explicit Sources(const ReadSource& read) : read_(read) {}
    const std::optional<std::string>& of(const std::string& path) {
        const auto found = texts_.find(path);
        return found != texts_.end() ? found->second
                                     : texts_.emplace(path, read_(path)).first->second;
    }

  private:
    const ReadSource& read_;
    std::map<std::string, std::optional<std::string>> texts_;
};

bool is_changed(const build::SourcePlace& place, const ChangedLines& changed, Sources& sources) {
    const auto ranges = changed.find(place.begin_file);
    if (ranges == changed.end() || place.begin_line == 0) return false;
    const auto& text = sources.of(place.begin_file);
    if (!text) return false;
    const int end = build::function_end(*text, place.begin_line);
    return std::any_of(
        ranges->second.begin(), ranges->second.end(),
        [&](const intake::LineRange& range) { return range.touches(place.begin_line, end); });
}

void add_lines(model::Frame& frame, const std::vector<build::SourcePlace>& chain,
               const ChangedLines& changed, Sources& sources) {
    const auto& own = chain.back();
    frame.file = own.file;
    frame.line = own.line;
    frame.inlines.clear();
    for (std::size_t i = 0; i + 1 < chain.size(); ++i)
        frame.inlines.push_back({chain[i].function, chain[i].file, chain[i].line});
    if (const auto& text = sources.of(own.file)) frame.source = build::excerpt(*text, own.line);
    frame.patched = std::any_of(chain.begin(), chain.end(), [&](const build::SourcePlace& place) {
        return is_changed(place, changed, sources);
    });
}

}  // namespace

std::vector<build::FrameQuery> frames_to_find(const model::Report& report) {
    const Queries queries(report);
    std::vector<build::FrameQuery> wanted;
    std::set<build::FrameQuery> seen;
    for_each_frame(report, [&](const model::Frame& frame) {
        if (auto query = queries.of(frame); query && seen.insert(*query).second)
            wanted.push_back(std::move(*query));
    });
    return wanted;
}

std::vector<std::string> frames_of_modules(const model::Report& report) {
    std::vector<std::string> names;
    for_each_frame(report, [&](const model::Frame& frame) {
        if (frame.module.empty()) return;
        auto name = fmt::format("{} [{}]", frame.function, frame.module);
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(std::move(name));
    });
    return names;
}

model::Report annotate(model::Report report, const LinesByFrame& lines, const ChangedLines& changed,
                       const ReadSource& read) {
    const Queries queries(report);
    Sources sources(read);
    for_each_frame(report, [&](model::Frame& frame) {
        const auto query = queries.of(frame);
        const auto found = query ? lines.find(*query) : lines.end();
        if (found == lines.end() || found->second.chain.empty()) return;
        add_lines(frame, found->second.chain, changed, sources);
    });
    // One that stands in no frame was named by the report's words, and stays.
    const bool named = !report.culprit.empty() &&
                       std::none_of(report.frames.begin(), report.frames.end(), [&](const auto& f) {
                           return report::base_name(f.function) == report.culprit;
                       });
    if (!named) report.culprit = report::find_culprit(report);
    // A module's function that has a namesake in the kernel is none of that file's.
    const auto is_culprit = [&](const model::Frame& frame) {
        return (frame.file || !frame.module.empty()) &&
               report::base_name(frame.function) == report.culprit;
    };
    const auto culprit = std::find_if(report.frames.begin(), report.frames.end(), is_culprit);
    if (culprit != report.frames.end()) report.culprit_file = culprit->file.value_or("");
    return report;
}

}  // namespace krepro::pipeline
