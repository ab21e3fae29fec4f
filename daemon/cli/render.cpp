// SPDX-License-Identifier: Apache-2.0
#include "cli/render.hpp"

#include <fmt/format.h>

#include "cli/json_access.hpp"

namespace krepro::cli {

using model::Json;

namespace {

Style style_of(const std::string& verdict) {
    if (verdict == "fixed") return Style::good;
    if (verdict == "not_fixed" || verdict == "regression" || verdict == "fixed_new_splat")
        return Style::bad;
    return verdict.empty() ? Style::dim : Style::warn;
}

// The verdict, or how far the job is.
std::string state_of(const Json& job) {
    const auto verdict = text_at(job, "verdict.kind");
    if (!verdict.empty()) return verdict;
    const auto stage = text_at(job, "stage");
    return flag_at(job, "cancel_requested") ? stage + ", cancelling" : stage;
}

std::string count_of(std::int64_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::string render_arm(const Json& job, const std::string& name) {
    const auto& arm = at(job, "arms." + name);
    const auto& counts = at(arm, "counts");
    std::string text = fmt::format(
        "  {:<10} {}: {} hit, {} clean, {} other, {} void; exposure {:.0f} {}\n", name,
        count_of(integer_at(counts, "trials"), "trial"), integer_at(counts, "hits"),
        integer_at(counts, "clean"), integer_at(counts, "other"), integer_at(counts, "void"),
        number_at(counts, "exposure"), text_at(job, "workload.unit"));
    const auto release = text_at(arm, "build.release");
    if (!release.empty())
        text +=
            fmt::format("             {}, {}\n", release,
                        flag_at(arm, "build.cached") ? std::string("built before")
                                                     : fmt::format("{} objects in {:.0f} s",
                                                                   integer_at(arm, "build.objects"),
                                                                   number_at(arm, "build.wall_s")));
    return text;
}

// What the trials ran, and how an amplified form differs from what the mail says.
std::string render_workload(const Json& job) {
    const auto& workload = at(job, "workload");
    if (!workload.is_object()) return "";
    auto text = fmt::format(
        "  ran {} ({}), {}, {} MiB\n", text_at(workload, "name"), text_at(workload, "form"),
        count_of(integer_at(workload, "vcpus"), "vCPU"), integer_at(workload, "memory_mib"));
    for (const auto& change : at(workload, "changes"))
        if (change.is_string()) text += "    " + change.get<std::string>() + "\n";
    return text;
}

std::string render_problem(const Json& problem) {
    std::string text = "  error: " + text_at(problem, "what");
    if (const auto where = text_at(problem, "where"); !where.empty()) text += " (" + where + ")";
    text += "\n";
    if (const auto hint = text_at(problem, "hint"); !hint.empty())
        text += "         " + hint + "\n";
    return text;
}

std::string render_frame(const Json& frame) {
    std::string text = flag_at(frame, "certain") ? "    " : "  ? ";
    text += text_at(frame, "function");
    if (number_at(frame, "size") > 0)
        text += fmt::format("+{:#x}/{:#x}", integer_at(frame, "offset"), integer_at(frame, "size"));
    if (const auto module = text_at(frame, "module"); !module.empty()) text += " [" + module + "]";
    if (const auto file = text_at(frame, "file"); !file.empty())
        text += fmt::format("  {}:{}", file, integer_at(frame, "line"));
    if (const auto stack = text_at(frame, "stack"); !stack.empty()) text += "  <" + stack + ">";
    if (flag_at(frame, "patched")) text += "  <- the patch acts here";
    return text + "\n";
}

// The source around a frame's line, the line itself marked.
std::string render_source(const Json& frame) {
    std::string text;
    auto number = integer_at(frame, "source.first_line");
    for (const auto& line : at(frame, "source.lines")) {
        text += fmt::format("      {}{:>6}  {}\n", number == integer_at(frame, "line") ? '>' : ' ',
                            number, line.is_string() ? line.get<std::string>() : "");
        ++number;
    }
    return text;
}

// What is inlined at a frame stands above it, as if it had been called.
std::string render_inlines(const Json& frame) {
    std::string text;
    for (const auto& call : at(frame, "inlines"))
        text += fmt::format("      {} (inlined)  {}:{}\n", text_at(call, "function"),
                            text_at(call, "file"), integer_at(call, "line"));
    return text;
}

// Which function to look at first, and whose it is.
std::string render_culprit(const Json& report) {
    const auto file = text_at(report, "culprit_file");
    if (file.empty()) return "";
    std::string text = fmt::format("  look first at {} in {}", text_at(report, "culprit"), file);
    if (const auto subsystem = text_at(report, "subsystem"); !subsystem.empty())
        text += " (" + subsystem + ")";
    text += "\n";
    for (const auto& contact : at(report, "maintainers"))
        text +=
            fmt::format("    {:<10} {}\n", text_at(contact, "role"), text_at(contact, "address"));
    return text;
}

std::string render_lock(const Json& lock) {
    std::string text = "    " + text_at(lock, "name");
    if (!at(lock, "wait_inner").is_null())
        text += fmt::format(" {{{}:{}}}", integer_at(lock, "wait_outer.value"),
                            integer_at(lock, "wait_inner.value"));
    if (const auto function = text_at(lock, "acquired_at.function"); !function.empty())
        text += " at " + function;
    return text + "\n";
}

}  // namespace

std::string render_job(const Json& job, const Terminal& terminal) {
    const auto state = state_of(job);
    std::string text = fmt::format(
        "job {}  {}\n  {}\n  tree {}, profile {}, {} workload, confidence {:g} %\n",
        integer_at(job, "id"), terminal.paint(style_of(text_at(job, "verdict.kind")), state),
        terminal.paint(Style::bold, printable(text_at(job, "title"))),
        printable(text_at(job, "spec.tree")), printable(text_at(job, "spec.profile")),
        text_at(job, "spec.workload"), number_at(job, "spec.confidence") * 100);
    text +=
        printable(render_workload(job) + render_arm(job, "unpatched") + render_arm(job, "patched"));
    if (const auto sentence = text_at(job, "verdict.sentence"); !sentence.empty())
        text += "  " + printable(sentence) + "\n";
    for (const auto& limit : at(job, "verdict.limits"))
        if (limit.is_string()) text += "  - " + printable(limit.get<std::string>()) + "\n";
    if (at(job, "problem").is_object()) text += printable(render_problem(at(job, "problem")));
    for (const auto& report : at(job, "reports"))
        text +=
            printable(fmt::format("  report {} ({}, trial {}{}): {}\n", integer_at(report, "id"),
                                  text_at(report, "arm"), integer_at(report, "trial"),
                                  flag_at(report, "matches_expected") ? ", as in the mail" : "",
                                  text_at(report, "title")));
    return text;
}

std::string render_jobs(const Json& listing, const Terminal& terminal) {
    std::string text;
    for (const auto& job : at(listing, "jobs")) {
        const auto state = fmt::format("{:<16}", state_of(job));
        text += fmt::format("{:>6}  {}  {}  {}\n", integer_at(job, "id"),
                            terminal.paint(style_of(text_at(job, "verdict.kind")), state),
                            printable(text_at(job, "created_at").substr(0, 19)),
                            printable(text_at(job, "title")));
    }
    if (text.empty()) text = "no jobs\n";
    if (at(listing, "next").is_string())
        text += fmt::format("more: --before {}\n", integer_at(at(listing, "jobs").back(), "id"));
    return text;
}

std::string render_report(const Json& report, const Terminal& terminal) {
    std::string text = terminal.paint(Style::bold, printable(text_at(report, "title"))) + "\n";
    std::string rest = fmt::format("  kind {}{}\n", text_at(report, "kind"),
                                   flag_at(report, "corrupted") ? ", corrupted" : "");
    if (const auto words = text_at(report, "context.words"); !words.empty())
        rest += "  " + words + "\n";
    if (!at(report, "locks").empty()) rest += "  locks:\n";
    for (const auto& lock : at(report, "locks")) rest += render_lock(lock);
    if (!at(report, "frames").empty()) rest += "  frames:\n";
    for (const auto& frame : at(report, "frames")) {
        rest += render_inlines(frame) + render_frame(frame);
        const bool worth_reading =
            flag_at(frame, "patched") || text_at(frame, "function") == text_at(report, "culprit");
        if (worth_reading) rest += render_source(frame);
    }
    rest += render_culprit(report);
    return text + printable(rest);
}

std::string render_stored_report(const Json& stored, const Terminal& terminal) {
    auto text = render_report(at(stored, "report"), terminal);
    text +=
        fmt::format("  report {} of job {}, trial {} ({}){}\n", integer_at(stored, "id"),
                    integer_at(stored, "job"), integer_at(stored, "trial"), text_at(stored, "arm"),
                    flag_at(stored, "target") ? ", the bug the job is about" : "");
    if (at(stored, "match").is_object())
        text += fmt::format("  {} the mail's own trace: {}\n",
                            flag_at(stored, "matches_expected") ? "matches" : "does not match",
                            printable(text_at(stored, "match.why")));
    return text;
}

}  // namespace krepro::cli
