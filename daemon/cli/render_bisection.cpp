// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/json_access.hpp"
#include "cli/render.hpp"

namespace krepro::cli {

using model::Json;

namespace {

std::string render_step(const Json& step) {
    const auto result = text_at(step, "result");
    return fmt::format("  {:>3}  {} {:<10} {} hits, exposure {:.0f} in {:.0f} s, job {}: {}\n",
                       integer_at(step, "number"), text_at(step, "commit").substr(0, 12),
                       result.empty() ? text_at(step, "stage") : result, integer_at(step, "hits"),
                       number_at(step, "exposure"), number_at(step, "wall_s"),
                       integer_at(step, "job"), printable(text_at(step, "title")));
}

std::string render_candidates(const Json& bisection) {
    std::string text = fmt::format("  {} of {} commits left\n", integer_at(bisection, "left"),
                                   integer_at(bisection, "commits"));
    for (const auto& one : at(bisection, "candidates"))
        text += fmt::format("    {:.3f}  {} {}\n", number_at(one, "probability"),
                            text_at(one, "commit.hash").substr(0, 12),
                            printable(text_at(one, "commit.title")));
    return text;
}

std::string render_result(const Json& bisection) {
    const auto& result = at(bisection, "result");
    std::string text = "  " + printable(text_at(result, "sentence")) + "\n";
    for (const auto& commit : at(result, "commits"))
        text += fmt::format("    {} {}\n", text_at(commit, "hash"),
                            printable(text_at(commit, "title")));
    for (const auto& limit : at(result, "limits"))
        if (limit.is_string()) text += "  " + printable(limit.get<std::string>()) + "\n";
    const auto& problem = at(bisection, "problem");
    if (const auto where = text_at(problem, "where"); !where.empty())
        text += "  at " + printable(where) + "\n";
    if (const auto hint = text_at(problem, "hint"); !hint.empty())
        text += "  " + printable(hint) + "\n";
    return text;
}

}  // namespace

std::string render_bisection(const Json& bisection, const Terminal& terminal) {
    const auto kind = text_at(bisection, "result.kind");
    const auto state = kind.empty() ? text_at(bisection, "stage") : kind;
    std::string text = fmt::format("bisection {}  {}  {}\n", integer_at(bisection, "id"),
                                   terminal.paint(kind == "found" ? Style::good
                                                  : kind.empty()  ? Style::dim
                                                                  : Style::warn,
                                                  state),
                                   printable(text_at(bisection, "title")));
    for (const auto& note : at(bisection, "notes"))
        if (note.is_string()) text += "  " + printable(note.get<std::string>()) + "\n";
    for (const auto& step : at(bisection, "steps")) text += render_step(step);
    return text + (kind.empty() ? render_candidates(bisection) : render_result(bisection));
}

}  // namespace krepro::cli
