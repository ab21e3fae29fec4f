// SPDX-License-Identifier: Apache-2.0
// What a request is answered with: routes, problems, events, views.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "http/api.hpp"
#include "http/byte_budget.hpp"
#include "http/sse.hpp"
#include "http/text_pages.hpp"
#include "http/views.hpp"

namespace krepro::http {
namespace {

using beast::http::verb;

auto match(verb method, const std::string& path) {
    return match_route(Api::routes(), method, parse_target(path)->segments);
}

TEST(HttpRoutes, a_path_and_a_method_lead_to_a_route) {
    const auto found = match(verb::get, "/api/v1/jobs/17");
    ASSERT_TRUE(std::holds_alternative<RouteMatch>(found));
    EXPECT_EQ(std::get<RouteMatch>(found).route->pattern, "/api/v1/jobs/{id}");
    EXPECT_EQ(std::get<RouteMatch>(found).values, std::vector<std::string>{"17"});
    EXPECT_TRUE(std::holds_alternative<RouteMatch>(match(verb::head, "/api/v1/jobs")));
}

TEST(HttpRoutes, a_name_may_have_an_ending) {
    const std::array routes{Route{verb::get, "/jobs/{id}.json", BodyUse::none, &Api::show_job},
                            Route{verb::get, "/jobs/{id}.txt", BodyUse::none, &Api::job_text}};
    const auto match = [&](const std::string& path) {
        return match_route(routes, verb::get, parse_target(path)->segments);
    };
    const auto text = match("/jobs/17.txt");
    ASSERT_TRUE(std::holds_alternative<RouteMatch>(text));
    EXPECT_EQ(std::get<RouteMatch>(text).route, &routes[1]);
    EXPECT_EQ(std::get<RouteMatch>(text).values, std::vector<std::string>{"17"});
    for (const auto* path : {"/jobs/.txt", "/jobs/17", "/jobs/17.xml", "/jobs/17.txt/x"})
        EXPECT_TRUE(std::holds_alternative<NoSuchPath>(match(path))) << path;
}

TEST(HttpRoutes, a_wrong_path_and_a_wrong_method_are_told_apart) {
    for (const auto* path : {"/api/v1/job", "/api/v1/jobs/1/none", "/api", "/", "/healthz/x"})
        EXPECT_TRUE(std::holds_alternative<NoSuchPath>(match(verb::get, path))) << path;
    const std::vector<std::pair<std::string, std::string>> allowed{
        {"/api/v1/jobs", "POST, GET, HEAD, OPTIONS"},
        {"/api/v1/jobs/1", "GET, HEAD, DELETE, OPTIONS"},
        {"/api/v1/jobs/1/cancel", "POST, OPTIONS"},
    };
    for (const auto& [path, allow] : allowed) {
        const auto found = match(verb::put, path);
        ASSERT_TRUE(std::holds_alternative<WrongMethod>(found)) << path;
        EXPECT_EQ(std::get<WrongMethod>(found).allow, allow);
    }
}

TEST(HttpProblem, each_kind_of_error_has_its_status) {
    const std::vector<std::pair<util::ErrorKind, unsigned>> statuses{
        {util::ErrorKind::invalid_input, 400}, {util::ErrorKind::not_found, 404},
        {util::ErrorKind::conflict, 409},      {util::ErrorKind::too_large, 413},
        {util::ErrorKind::unavailable, 503},   {util::ErrorKind::internal, 500},
    };
    for (const auto& [kind, status] : statuses)
        EXPECT_EQ(status_of(to_problem({kind, "", "", ""}).kind), status);
}

TEST(HttpProblem, a_problem_has_all_members) {
    const auto json = to_json(
        to_problem({util::ErrorKind::too_large, "it is \"big\"\r\n", "field mail", "cut it"}),
        "/api/v1/jobs");
    EXPECT_EQ(model::dump(json),
              R"({"type":"urn:krepro:problem:too-large","title":"The input is too large",)"
              R"("status":413,"detail":"it is \"big\"\r\n","instance":"/api/v1/jobs",)"
              R"("where":"field mail","hint":"cut it"})");
}

TEST(HttpProblem, types_and_titles_are_one_a_kind) {
    std::set<std::string> types;
    for (int i = 0; i <= static_cast<int>(ProblemKind::unavailable); ++i)
        types.insert(to_json({static_cast<ProblemKind>(i), "", "", ""}, "")["type"]);
    EXPECT_EQ(types.size(), static_cast<std::size_t>(ProblemKind::unavailable) + 1);
}

TEST(Sse, an_event_is_one_message_whatever_it_holds) {
    model::Event event{7, 3, "now", "log", {{"line", "a\nb\r\n\ndata: x\n\nid: 9"}}};
    const auto text = format_event(event);
    EXPECT_TRUE(text.starts_with("id: 7\nevent: log\ndata: {")) << text;
    SseParser parser;
    const auto messages = parser.feed(text);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].id, "7");
    EXPECT_EQ(model::Json::parse(messages[0].data), model::to_json(event));
    event.type = "log\ndata: forged";
    EXPECT_TRUE(format_event(event).starts_with("id: 7\nevent: message\n"));
}

TEST(Sse, any_cutting_of_a_stream_gives_the_same_messages) {
    const std::string stream = std::string(k_sse_preamble) + ": hi\n\nid: 1\nevent: a\ndata: x\n" +
                               "data:y\n\r\ndata: z\n\n" + std::string(k_sse_heartbeat) +
                               "id: 4\n\n" + format_end(3);
    const std::vector<SseMessage> expected{
        {"1", "a", "x\ny"}, {"1", "message", "z"}, {"4", "end", "{\"job\":3}"}};
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        SseParser parser;
        std::vector<SseMessage> messages;
        for (std::size_t at = 0; at < stream.size(); at += size)
            for (auto& m : parser.feed(std::string_view(stream).substr(at, size)))
                messages.push_back(std::move(m));
        ASSERT_EQ(messages, expected) << "pieces of " << size;
    }
}

TEST(Sse, a_message_without_end_does_not_take_memory_without_end) {
    SseParser parser;
    const std::string piece(1U << 20U, 'x');
    for (int i = 0; i < 100; ++i) parser.feed(piece);
    EXPECT_TRUE(parser.failed());
}

TEST(ByteBudget, a_share_is_given_back) {
    ByteBudget budget(10);
    {
        const auto first = budget.take(6);
        EXPECT_TRUE(first);
        EXPECT_FALSE(budget.take(5));
        auto second = budget.take(4);
        EXPECT_EQ(budget.left(), 0U);
        const auto moved = std::move(*second);
        EXPECT_EQ(budget.left(), 0U);
    }
    EXPECT_EQ(budget.left(), 10U);
}

model::Trial trial_of(std::int64_t id, model::ArmName arm, model::OutcomeKind kind) {
    model::Trial trial;
    trial.id = id;
    trial.job = 1;
    trial.arm = arm;
    trial.outcome.emplace();
    trial.outcome->kind = kind;
    trial.outcome->exposure = 10;
    trial.outcome->wall_s = 3;
    return trial;
}

TEST(Views, a_job_shows_both_arms_with_their_counts) {
    using model::ArmName;
    using model::OutcomeKind;
    model::Job job;
    job.id = 1;
    job.unpatched_build.emplace();
    job.unpatched_build->bzimage = "abc";
    auto running = trial_of(4, ArmName::patched, OutcomeKind::clean);
    running.outcome.reset();
    const auto view = job_view(job,
                               {trial_of(2, ArmName::unpatched, OutcomeKind::hit),
                                trial_of(3, ArmName::unpatched, OutcomeKind::none), running},
                               {});
    const auto& unpatched = view["arms"]["unpatched"];
    EXPECT_EQ(model::dump(unpatched["counts"]),
              R"({"trials":2,"hits":1,"clean":0,"other":0,"void":1,"exposure":10.0,"wall_s":6.0})");
    EXPECT_EQ(unpatched["build"]["links"]["bzimage"], "/api/v1/artifacts/abc");
    EXPECT_EQ(unpatched["trials"].size(), 2U);
    EXPECT_TRUE(view["arms"]["patched"]["trials"][0]["running"]);
    EXPECT_TRUE(view["arms"]["patched"]["build"].is_null());
    EXPECT_EQ(view["links"]["events"], "/api/v1/jobs/1/events");
}

TEST(Views, trials_of_an_earlier_form_are_shown_and_not_counted) {
    model::Job job;
    job.workload.emplace();
    job.workload->form = model::WorkloadForm::amplified;
    const auto view =
        job_view(job, {trial_of(2, model::ArmName::unpatched, model::OutcomeKind::clean)}, {});
    EXPECT_EQ(view["arms"]["unpatched"]["counts"]["trials"], 0);
    EXPECT_EQ(view["arms"]["unpatched"]["trials"].size(), 1U);
}

TEST(Views, a_summary_leaves_the_heavy_parts_out) {
    const auto view = summary_view({});
    for (const auto* gone : {"expected", "unpatched_build", "workload"})
        EXPECT_FALSE(view.contains(gone)) << gone;
    EXPECT_FALSE(view["mail"].contains("patch"));
    EXPECT_FALSE(view["spec"].contains("mail"));
    EXPECT_TRUE(view["spec"].contains("tree"));
    EXPECT_EQ(view["links"]["self"], "/api/v1/jobs/0");
}

TEST(TextPages, a_job_is_told_with_its_evidence) {
    model::Job job;
    job.id = 7;
    job.title = "sched: a \x1b[31mred\x1b[0m title";
    job.stage = model::JobStage::done;
    job.verdict.emplace();
    job.verdict->kind = model::VerdictKind::fixed;
    job.verdict->sentence = "The bug is gone.";
    job.verdict->limits = {"It was amplified."};
    auto trial = trial_of(2, model::ArmName::unpatched, model::OutcomeKind::hit);
    trial.console = std::string(64, 'a');
    model::StoredReport report;
    report.id = 5;
    report.target = true;
    report.report.title = "a splat";
    const auto page = job_page(job, {trial}, {report});
    for (const auto* part :
         {"job 7: fixed", "The bug is gone.", "It was amplified.", "/trials/2/console.txt",
          "a splat (unpatched, the target)", "/reports/5.txt"})
        EXPECT_NE(page.find(part), std::string::npos) << part << "\n" << page;
    EXPECT_EQ(page.find('\x1b'), std::string::npos);
}

TEST(TextPages, a_report_is_told_with_its_locks_and_its_trace) {
    model::StoredReport stored;
    stored.id = 3;
    stored.job = 1;
    stored.report.title = "possible deadlock in f";
    stored.report.context.words = "in a hard interrupt";
    stored.report.frames = {{"f", 1, 2, true, "", "", "a.c", 9, {}, {}, false}};
    stored.report.text = "as it \x07was\n";
    model::Lock lock;
    lock.name = "some_lock";
    lock.usage = "+.+.";
    stored.report.locks = {lock};
    stored.report.locking.chain = {{0, lock, {{"g", 1, 2, true, "", "", {}, {}, {}, {}, false}}}};
    stored.report.locking.scenario = {{1, "lock(some_lock)"}};
    const auto page = report_page(stored);
    for (const auto* part :
         {"possible deadlock in f", "in a hard interrupt", "f+0x1/0x2", "a.c:9", "some_lock {+.+.}",
          "-> #0", "g+0x1/0x2", "CPU 1: lock(some_lock)", "as it ?was"})
        EXPECT_NE(page.find(part), std::string::npos) << part << "\n" << page;
}

TEST(TextPages, an_empty_list_says_so) {
    EXPECT_EQ(jobs_page({}), "no jobs\n");
}

}  // namespace
}  // namespace krepro::http
