// SPDX-License-Identifier: Apache-2.0
// The document that the server serves against what it answers, both ways: see api_document.py.
#include <cstdio>
#include <iostream>

#include "http/access.hpp"
#include "integration/http/http_fixture.hpp"

namespace krepro::http {

namespace asio = boost::asio;

namespace {

void fill_bisections(store::Store& s) {
    model::Bisection ended;
    ended.result.emplace();
    ended.result->commits.emplace_back();
    ended.candidates.emplace_back();
    ended.problem.emplace();
    ended = s.add_bisection(ended, 0);
    ended.stage = model::BisectionStage::done;
    util::value_or_throw(s.update_bisection(ended));
    const auto running = s.add_bisection({}, 0);
    s.add_step(running.id, {}, {});
}

void fill(store::Store& s, const std::string& console) {
    model::Job job;
    job.title = "done";
    job.spec.mail = "Subject: done\n";
    job = s.add_job(job);
    model::Trial trial;
    trial.job = job.id;
    trial.accelerator = "tcg";
    trial = s.add_trial(trial);
    model::StoredReport report;
    report.job = job.id;
    report.trial = trial.id;
    report.report.title = "BUG: sleeping function called from invalid context";
    report.report.kind = "sleeping_in_atomic";
    report.report.signature = "a|b";
    report.report.text = "BUG: ...\n";
    report.report.frames.emplace_back();
    report.match.emplace();
    trial.reports.push_back(s.add_report(report));
    trial.console = trial.harness = console;
    trial.outcome.emplace();
    util::value_or_throw(s.close_trial(trial));
    job.unpatched_build.emplace();
    job.unpatched_build->key = "the-key";
    job.unpatched_checkout.emplace();
    job.expected.emplace();
    job.workload.emplace();
    job.verdict.emplace();
    job.stage = model::JobStage::done;
    util::value_or_throw(s.update_job(job));
    s.add_job({});
    fill_bisections(s);
}

// The script's exit status and what it said.
std::pair<int, std::string> run_script(const std::string& arguments) {
    const auto script =
        std::filesystem::path(KREPRO_SOURCE_DIR) / "tests/integration/http/api_document.py";
    // Debian's own Python: it has the validator that ./dev installs.
    const auto command = "/usr/bin/python3 -B " + script.string() + " " + arguments + " 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return {-1, "no shell"};
    std::string said;
    char bytes[4096];
    for (auto n = std::fread(bytes, 1, sizeof bytes, pipe); n > 0;
         n = std::fread(bytes, 1, sizeof bytes, pipe))
        said.append(bytes, n);
    return {::pclose(pipe), said};
}

std::string add_token(store::Store& s, model::Role role) {
    const auto secret = new_secret();
    model::Token token;
    token.name = "somebody";
    token.role = role;
    s.add_token(token, hash_of_secret(secret));
    return secret;
}

asio::awaitable<model::Prospect> look_ahead(model::JobSpec, model::Mail) {
    model::Prospect prospect;
    prospect.trees = {{"a-tree", model::TreeState::takes, model::Direction::reverse, ""},
                      {"another", model::TreeState::not_fetched, {}, "not fetched yet"}};
    prospect.estimate.emplace();
    prospect.estimate->parts = {{"trials", 60, model::Basis::record, "two jobs"}};
    co_return prospect;
}

TEST_F(HttpTest, every_answer_is_documented_and_every_documented_answer_is_given) {
    options_.limits.token_rate = 0.01;
    options_.limits.token_burst = 300;
    options_.limits.bodies_bytes = 20'000'000;
    options_.tokens = Tokens::demanded;
    look_ahead_ = look_ahead;
    job_receivers_ = JobReceivers::public_https;
    start();
    const auto console = *artifacts_.add_bytes("one line of a console\n");
    const auto tokens = in_store([&](store::Store& s) {
        fill(s, console);
        return add_token(s, model::Role::read) + " " + add_token(s, model::Role::admin);
    });
    const auto arguments = [&] {
        return std::to_string(server_->port()) + " " + (folder_.path() / "seen").string();
    };
    const auto [first, first_said] = run_script(arguments() + " tokens " + tokens);
    EXPECT_EQ(first, 0) << first_said;
    options_.tokens = Tokens::by_address;
    restart_on(0);
    const auto [second, second_said] = run_script(arguments() + " open");
    EXPECT_EQ(second, 0) << second_said;
    std::cout << first_said << second_said;
}

}  // namespace
}  // namespace krepro::http
