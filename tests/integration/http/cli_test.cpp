// SPDX-License-Identifier: Apache-2.0
// The CLI against a real server.
#include "cli/commands.hpp"
#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

using model::Json;

struct Ran {
    int code = 0;
    std::string out, err;
};

template <class F>
Ran run(F function) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Ran ran;
    {
        cli::Terminal terminal({});
        ran.code = function(terminal);
    }
    ran.out = testing::internal::GetCapturedStdout();
    ran.err = testing::internal::GetCapturedStderr();
    return ran;
}

class CliTest : public HttpTest {
  protected:
    CliTest() { start(); }
    [[nodiscard]] cli::Remote remote(cli::Output output = cli::Output::text) const {
        return {base(), output};
    }
    std::string file_with(const std::string& text) {
        const auto path = folder_.path() / "input";
        EXPECT_TRUE(util::write_file_atomic(path, text));
        return path;
    }
    void end(std::int64_t id, model::VerdictKind kind) {
        in_store([&](store::Store& s) {
            auto job = *s.job(id);
            job.stage = model::JobStage::done;
            job.verdict.emplace();
            job.verdict->kind = kind;
            EXPECT_TRUE(s.update_job(job));
            return s.last_event(id);
        });
        on_loop([&] { bus_->notify(id); });
    }
};

TEST_F(CliTest, a_submitted_mail_takes_its_options_along) {
    cli::SubmitOptions options;
    options.remote = remote();
    options.mails = {file_with("Subject: gr\xfc\xdf\n\nx\n")};
    options.spec.confidence = 0.99;
    options.spec.budget = {120, 9};
    options.spec.workload = model::WorkloadForm::automatic;
    const auto ran = run([&](auto& terminal) { return cli::run_submit(options, terminal); });
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "job 1  " + base() + "/jobs/1\n");
    const auto job = in_store([](store::Store& s) { return *s.job(1); });
    EXPECT_EQ(job.spec.confidence, 0.99);
    EXPECT_EQ(job.spec.budget, (model::Budget{120, 9}));
    EXPECT_EQ(job.spec.workload, model::WorkloadForm::automatic);
}

TEST_F(CliTest, a_script_goes_with_its_mail) {
    const auto script = folder_.path() / "script";
    ASSERT_TRUE(util::write_file_atomic(script, "true\n"));
    cli::SubmitOptions options;
    options.remote = remote(cli::Output::json);
    options.mails = {file_with("Subject: x\n")};
    options.script_file = script;
    const auto ran = run([&](auto& terminal) { return cli::run_submit(options, terminal); });
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(Json::parse(ran.out)["spec"]["script"], "true\n");
}

TEST_F(CliTest, a_refusal_of_the_server_says_what_and_where) {
    cli::SubmitOptions options;
    options.remote = remote();
    options.mails = {file_with("Subject: x\n")};
    options.spec.tree = "none";
    const auto ran = run([&](auto& terminal) { return cli::run_submit(options, terminal); });
    EXPECT_EQ(ran.code, 64);
    EXPECT_EQ(ran.err, "krepro: unknown tree none (field tree)\n        choose another\n");
    EXPECT_EQ(ran.out, "");
}

TEST_F(CliTest, watching_ends_with_the_verdicts_exit_code) {
    const std::vector<std::pair<model::VerdictKind, int>> codes{
        {model::VerdictKind::fixed, 0},        {model::VerdictKind::regression, 1},
        {model::VerdictKind::error, 2},        {model::VerdictKind::not_reproduced, 3},
        {model::VerdictKind::inconclusive, 4},
    };
    for (const auto& [kind, code] : codes) {
        const auto id = add_job("x").id;
        end(id, kind);
        const auto ran = run([&, id = id](auto& terminal) {
            return cli::run_watch({remote(), id}, terminal);
        });
        EXPECT_EQ(ran.code, code) << ran.err;
        EXPECT_EQ(ran.err, "stage: queued\nstage: done\n");
        EXPECT_NE(ran.out.find(model::to_string(kind)), std::string::npos);
    }
}

TEST_F(CliTest, watching_as_json_is_one_document_a_line) {
    const auto id = add_job("x").id;
    end(id, model::VerdictKind::fixed);
    const auto ran = run([&](auto& terminal) {
        return cli::run_watch({remote(cli::Output::json), id}, terminal);
    });
    std::istringstream lines(ran.out);
    std::vector<Json> documents;
    for (std::string line; std::getline(lines, line);) documents.push_back(Json::parse(line));
    ASSERT_EQ(documents.size(), 4U);
    EXPECT_EQ(documents[1]["data"]["kind"], "fixed");
    EXPECT_EQ(documents[2]["data"]["stage"], "done");
    EXPECT_EQ(documents[3]["verdict"]["kind"], "fixed");
}

TEST_F(CliTest, jobs_are_listed_shown_and_cancelled) {
    add_job("apples & \x1b[31mpears");
    add_job("plums");
    cli::ListOptions list;
    list.remote = remote();
    list.text = "& \x1b";
    auto ran = run([&](auto& terminal) { return cli::run_list(list, terminal); });
    EXPECT_NE(ran.out.find("apples & ?[31mpears"), std::string::npos) << ran.out;
    EXPECT_EQ(ran.out.find("plums"), std::string::npos);
    ran = run([&](auto& terminal) { return cli::run_show({remote(), 2}, terminal); });
    EXPECT_NE(ran.out.find("job 2  queued\n  plums\n"), std::string::npos) << ran.out;
    ran = run([&](auto& terminal) { return cli::run_cancel({remote(), 2}, terminal); });
    EXPECT_NE(ran.out.find("queued, cancelling"), std::string::npos) << ran.out;
    ran = run([&](auto& terminal) { return cli::run_show({remote(), 9}, terminal); });
    EXPECT_EQ(ran.code, 64);
    EXPECT_NE(ran.err.find("there is no job 9"), std::string::npos);
}

TEST_F(CliTest, a_console_is_printed_and_made_harmless) {
    model::Trial trial;
    trial.job = add_job("x").id;
    const auto hash = *artifacts_.add_bytes("line\n\x1b[2Jowned\n");
    in_store([&](store::Store& s) {
        trial = s.add_trial(trial);
        trial.outcome.emplace();
        trial.console = hash;
        return s.close_trial(trial);
    });
    cli::LogOptions log;
    log.remote = remote();
    log.trial = trial.id;
    log.follow = true;
    const auto ran = run([&](auto& terminal) { return cli::run_log(log, terminal); });
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "line\n?[2Jowned\n");
}

}  // namespace
}  // namespace krepro::http
