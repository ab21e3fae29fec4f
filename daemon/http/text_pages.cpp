// SPDX-License-Identifier: Apache-2.0
#include "http/text_pages.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "util/printable.hpp"

namespace krepro::http {

using model::to_string;

namespace {

std::string state_of(const model::Job& job) {
    if (job.verdict) return std::string(to_string(job.verdict->kind));
    return std::string(to_string(job.stage)) + (job.cancel_requested ? ", cancelling" : "");
}

std::string exposure_words(double exposure, model::ExposureUnit unit) {
    return fmt::format("{:.0f} {}", exposure, model::unit_words(unit));
}

std::string outcome_words(const model::Trial& trial) {
    if (!trial.outcome) return "running";
    std::string text(to_string(trial.outcome->kind));
    if (trial.outcome->cause) text += fmt::format(" ({})", to_string(*trial.outcome->cause));
    return text;
}

std::string trial_line(const model::Trial& trial) {
    std::string text = fmt::format("  trial {:>3}  {:<24}", trial.number, outcome_words(trial));
    if (trial.outcome)
        text += fmt::format("  {:>30}  {:>6.1f} s",
                            exposure_words(trial.outcome->exposure, trial.outcome->unit),
                            trial.outcome->wall_s);
    if (!trial.console.empty() || !trial.outcome)
        text += fmt::format("  /trials/{}/console.txt", trial.id);
    return text + "\n";
}

std::string arm_text(const model::Job& job, const std::vector<model::Trial>& trials,
                     model::ArmName arm) {
    const auto& build = arm == model::ArmName::patched ? job.patched_build : job.unpatched_build;
    std::string text = fmt::format("\n{}\n", to_string(arm));
    if (build)
        text += fmt::format(
            "  kernel {}, {}; {}\n", build->release,
            build->cached ? std::string("from the cache")
                          : fmt::format("{} objects in {:.0f} s", build->objects, build->wall_s),
            build->compiler);
    for (const auto& trial : trials)
        if (trial.arm == arm) text += trial_line(trial);
    return text;
}

std::string verdict_text(const model::Job& job) {
    std::string text;
    if (job.verdict) {
        text += "\n" + job.verdict->sentence + "\n";
        for (const auto& limit : job.verdict->limits) text += "  - " + limit + "\n";
        if (!job.verdict->void_causes.empty())
            text += fmt::format("  void trials: {}\n", fmt::join(job.verdict->void_causes, ", "));
    }
    if (job.problem) {
        text += "\nerror: " + job.problem->what + "\n";
        if (!job.problem->where.empty()) text += "where: " + job.problem->where + "\n";
        if (!job.problem->hint.empty()) text += "what to do: " + job.problem->hint + "\n";
    }
    return text;
}

std::string facts_text(const model::Job& job) {
    std::string text =
        fmt::format("\ntree {}, profile {}, {} workload, confidence {:g} %\n", job.spec.tree,
                    job.spec.profile, to_string(job.spec.workload), job.spec.confidence * 100);
    if (job.direction == model::Direction::reverse)
        text += "the tree holds the patch already: taken out for the unpatched kernel\n";
    text += fmt::format("submitted {}, {} since {}\n", job.created_at, to_string(job.stage),
                        job.updated_at);
    return text;
}

std::string workload_text(const model::Job& job) {
    if (!job.workload) return "";
    const auto& workload = *job.workload;
    std::string text =
        fmt::format("\nworkload {}, {}: {} vCPUs, {} MiB\n{}\n", workload.name,
                    to_string(workload.form), workload.vcpus, workload.memory_mib, workload.script);
    for (const auto& change : workload.changes) text += "  " + change + "\n";
    return text;
}

std::string report_line(const model::StoredReport& stored) {
    return fmt::format("  {} ({}{})  /reports/{}.txt\n", stored.report.title, to_string(stored.arm),
                       stored.target             ? ", the target"
                       : stored.matches_expected ? ", as in the mail"
                                                 : "",
                       stored.id);
}

std::string frame_line(const model::Frame& frame) {
    std::string text = frame.certain ? "    " : "  ? ";
    text += frame.function;
    if (frame.size > 0) text += fmt::format("+{:#x}/{:#x}", frame.offset, frame.size);
    if (!frame.module.empty()) text += fmt::format(" [{}]", frame.module);
    if (frame.file) text += fmt::format("  {}:{}", *frame.file, frame.line.value_or(0));
    if (!frame.stack.empty()) text += fmt::format("  <{}>", frame.stack);
    return text + "\n";
}

std::string lock_line(const model::Lock& lock) {
    std::string text = "    " + lock.name;
    if (!lock.usage.empty()) text += fmt::format(" {{{}}}", lock.usage);
    if (lock.wait_outer && lock.wait_inner)
        text += fmt::format(" {{{}:{}}} {}", lock.wait_outer->value, lock.wait_inner->value,
                            lock.wait_inner->name);
    if (lock.acquired_at) text += " at " + lock.acquired_at->function;
    return text + "\n";
}

template <class Items, class Line>
std::string list_of(std::string_view title, const Items& items, Line line) {
    if (items.empty()) return "";
    std::string text = fmt::format("\n{}\n", title);
    for (const auto& item : items) text += line(item);
    return text;
}

std::string locking_text(const model::LockdepDetail& locking) {
    std::string text;
    for (const auto& link : locking.chain) {
        text += fmt::format("\n-> #{}\n{}", link.number, lock_line(link.lock));
        for (const auto& frame : link.frames) text += frame_line(frame);
    }
    for (const auto& origin : locking.origins) {
        text += fmt::format("\n{} {}\n", origin.state, origin.lock);
        for (const auto& frame : origin.frames) text += frame_line(frame);
    }
    text += list_of("possible unsafe locking scenario", locking.scenario,
                    [](const model::ScenarioStep& step) {
                        return fmt::format("    CPU {}: {}\n", step.cpu, step.action);
                    });
    return text;
}

std::string bytes_words(std::uint64_t bytes) {
    return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1ULL << 30U));
}

}  // namespace

std::string jobs_page(const std::vector<model::Job>& summaries) {
    std::string text;
    for (const auto& job : summaries)
        text += fmt::format("{:>6}  {:<16}  {}  {:<18}  {}\n", job.id, state_of(job),
                            job.created_at.substr(0, 19), job.spec.tree, job.title);
    return util::printable(text.empty() ? "no jobs\n" : text);
}

std::string job_page(const model::Job& job, const std::vector<model::Trial>& trials,
                     const std::vector<model::StoredReport>& reports) {
    std::string text = fmt::format("job {}: {}\n{}\n", job.id, state_of(job), job.title);
    if (!job.mail.author.empty()) text += "by " + job.mail.author + "\n";
    text += verdict_text(job) + facts_text(job);
    text += arm_text(job, trials, model::ArmName::unpatched);
    text += arm_text(job, trials, model::ArmName::patched);
    text += list_of("reports", reports, report_line);
    text += workload_text(job);
    return util::printable(text);
}

std::string report_page(const model::StoredReport& stored) {
    const auto& report = stored.report;
    std::string text = fmt::format(
        "{}\nreport {} of job {}, trial {} ({}){}\nkind {}, signature {}\n", report.title,
        stored.id, stored.job, stored.trial, to_string(stored.arm),
        stored.target ? ", the bug the job is about" : "", report.kind, report.signature);
    if (!report.context.words.empty()) text += report.context.words + "\n";
    if (!report.culprit.empty()) text += "look first at " + report.culprit + "\n";
    if (stored.match) text += "against the mail's own trace: " + stored.match->why + "\n";
    text += list_of("locks", report.locks, lock_line);
    text += list_of("held", report.held, lock_line);
    text += list_of("trace", report.frames, frame_line);
    text += locking_text(report.locking);
    text += "\nas printed\n" + report.text;
    return util::printable(text);
}

std::string host_page(const HostView& view) {
    std::string text =
        fmt::format("{} CPUs, {} of memory, accelerator {}\n", view.host.cpus,
                    bytes_words(view.host.memory_bytes),
                    view.host.accelerator.empty() ? "not known yet" : view.host.accelerator);
    if (!view.host.accelerator_why.empty()) text += view.host.accelerator_why + "\n";
    text += list_of("findings", view.host.findings, [](const model::HostFinding& finding) {
        return fmt::format("  {:<8} {}: {}\n{}", finding.health, finding.name, finding.found,
                           finding.mend.empty() ? "" : "           " + finding.mend + "\n");
    });
    text += list_of("disk", view.host.disk, [](const model::DiskUse& use) {
        return fmt::format("  {:>10}  {} ({})\n", bytes_words(use.bytes), use.name, use.entries);
    });
    text += list_of("trees here", view.host.trees, [](const model::TreeUse& tree) {
        return fmt::format("  {:>10}  {}\n", bytes_words(tree.bytes), tree.name);
    });
    text += list_of("running", view.running, [](const model::Trial& trial) {
        return fmt::format("  job {}, {}, trial {}: {} vCPUs, {} MiB, {}\n", trial.job,
                           to_string(trial.arm), trial.number, trial.vcpus, trial.memory_mib,
                           trial.accelerator);
    });
    text += list_of("queue", view.queue, [](const model::Job& job) {
        return fmt::format("  {:>6}  {:<14}  {}\n", job.id, state_of(job), job.title);
    });
    return util::printable(text);
}

std::string submit_page(const std::vector<model::TreeInfo>& trees,
                        const std::vector<model::ProfileInfo>& profiles) {
    std::string text =
        "curl --data-binary @fix.mail 'http://HOST:PORT/api/v1/jobs?tree=TREE&profile=PROFILE'\n"
        "curl --data-binary @fix.mail http://HOST:PORT/api/v1/intake/preview\n"
        "krepro submit fix.mail --wait\n";
    text += list_of("trees", trees, [](const model::TreeInfo& tree) {
        return fmt::format("  {:<20} {:<12} {}\n", tree.name, tree.fetched ? "here" : "not fetched",
                           tree.description);
    });
    text += list_of("profiles", profiles, [](const model::ProfileInfo& profile) {
        return fmt::format("  {:<20} {}\n", profile.name, profile.description);
    });
    return text;
}

Reply text_reply(std::string page) {
    Reply reply;
    reply.content_type = "text/plain; charset=utf-8";
    reply.headers.emplace_back(beast::http::field::cache_control, "no-store");
    reply.body = std::move(page);
    return reply;
}

}  // namespace krepro::http
