// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "exports/format.hpp"
#include "exports/text.hpp"

namespace krepro::exports {

using model::VerdictKind;

namespace {

constexpr std::size_t k_max_report = 16384;
constexpr std::size_t k_max_reports = 5;  // a CI's summary has a limit of its own

// Text of others in a line of Markdown: nothing of it is markup.
std::string escaped(std::string_view text) {
    std::string line;
    for (const char c : plain_line(text)) {
        if (std::string_view("\\`*_{}[]<>#|~&$!").find(c) != std::string_view::npos) line += '\\';
        line += c;
    }
    return line;
}

// The same in a line of HTML, where a backslash is a backslash.
std::string html(std::string_view text) {
    std::string line;
    for (const char c : plain_line(text)) {
        if (c == '&')
            line += "&amp;";
        else if (c == '<')
            line += "&lt;";
        else if (c == '>')
            line += "&gt;";
        else
            line += c;
    }
    return line;
}

// In a fence that is longer than any in the text.
std::string fenced(const std::string& text) {
    std::size_t longest = 0, run = 0;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
    return fence + "text\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n";
}

std::string_view mark_of(VerdictKind kind) {
    switch (kind) {
        case VerdictKind::fixed:
            return "✅";
        case VerdictKind::not_fixed:
        case VerdictKind::reproduced:
        case VerdictKind::regression:
        case VerdictKind::fixed_new_splat:
            return "❌";
        case VerdictKind::not_reproduced:
        case VerdictKind::inconclusive:
        case VerdictKind::error:
            return "⚠️";
    }
    return "";
}

std::string row(std::string_view arm, const model::ArmCounts& counts,
                const std::optional<model::Build>& build) {
    return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {:.0f} | {:.0f} |\n", arm,
                       build ? escaped(build->release) : "", counts.trials, counts.hits,
                       counts.clean, counts.other, counts.voids, counts.exposure, counts.wall_s);
}

std::string table(const model::Job& job) {
    const auto& verdict = *job.verdict;
    return fmt::format(
               "| kernel | release | boots | hits | clean | other | void | {} | seconds |\n"
               "|---|---|--:|--:|--:|--:|--:|--:|--:|\n",
               model::unit_words(verdict.unit)) +
           row("unpatched", verdict.unpatched, job.unpatched_build) +
           (job.spec.alone ? "" : row("patched", verdict.patched, job.patched_build));
}

std::string facts(const model::Job& job, const Maker& maker) {
    auto text = fmt::format("Tree {}, profile {}, {} workload, confidence {:g} %",
                            escaped(job.spec.tree), escaped(job.spec.profile),
                            model::to_string(job.verdict->form), job.verdict->confidence * 100);
    if (job.verdict->p_value) text += fmt::format(", p = {:.3g}", *job.verdict->p_value);
    if (!maker.url.empty()) text += fmt::format(". [Job {0}]({1}/jobs/{0})", job.id, maker.url);
    return text + "\n";
}

std::string details(const model::StoredReport& report) {
    return fmt::format("\n<details><summary>{} kernel: {}</summary>\n\n",
                       model::to_string(report.arm), html(report.report.title)) +
           fenced(beginning(plain_text(report.report.text), k_max_report)) + "\n</details>\n";
}

// One report a bug and arm.
std::string reports(const Evidence& evidence) {
    std::string text;
    std::set<std::string> shown;
    for (const auto& report : evidence.reports) {
        const auto key =
            fmt::format("{} {}", model::to_string(report.arm), report.report.signature);
        if (shown.size() >= k_max_reports || !shown.insert(key).second) continue;
        text += details(report);
    }
    return text;
}

}  // namespace

std::string write_markdown(const Evidence& evidence, const Maker& maker) {
    const auto& job = evidence.job;
    const auto& verdict = *job.verdict;
    std::string kind(model::to_string(verdict.kind));
    std::replace(kind.begin(), kind.end(), '_', ' ');
    auto text = fmt::format("## {} {}: {}\n\n{}\n\n", mark_of(verdict.kind), kind,
                            escaped(job.title), escaped(verdict.sentence));
    if (job.problem)
        text +=
            fmt::format("**{}** {}\n\n", escaped(job.problem->what), escaped(job.problem->hint));
    text += table(job) + "\n" + facts(job, maker);
    for (const auto& limit : verdict.limits) text += "\n- " + escaped(limit);
    if (!verdict.limits.empty()) text += "\n";
    return text + reports(evidence);
}

}  // namespace krepro::exports
