// SPDX-License-Identifier: Apache-2.0
#include "pipeline/bisections.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pipeline/bisect_words.hpp"
#include "pipeline/submit.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
using model::Bisection;
using model::BisectionStage;
using model::JobStage;
using util::ErrorKind;
using util::Result;
using util::value_or_throw;

namespace {

// How long news may be overlooked, should a notice be lost.
constexpr std::chrono::seconds k_look_again{10};
constexpr double k_least_wall_s = 10;
constexpr int k_least_trials = 2;

std::string title_of(const model::BisectionSpec& spec) {
    return fmt::format("{}..{} of {}", spec.good, spec.bad, spec.tree);
}

// A request that no job could be made of is refused before it is stored.
Result<void> check(const Services& services, const model::BisectionSpec& spec) {
    if (auto valid = model::validate(spec); !valid) return valid;
    const auto job = make_job(services, model::step_spec(spec, spec.bad, spec.budget));
    if (!job) return tl::unexpected(job.error());
    return {};
}

}  // namespace

Bisections::Bisections(asio::any_io_executor executor, const Services& services, Jobs jobs)
    : executor_(std::move(executor)),
      services_(services),
      jobs_(std::move(jobs)),
      idle_(executor_) {}

asio::awaitable<Result<Bisection>> Bisections::submit(model::BisectionSpec spec,
                                                      std::int64_t token) {
    if (auto good = check(services_, spec); !good) co_return tl::unexpected(good.error());
    Bisection bisection;
    bisection.title = title_of(spec);
    bisection.spec = std::move(spec);
    const auto add = [bisection, token](store::Store& s) {
        return s.add_bisection(bisection, token);
    };
    auto stored = co_await services_.store->call(add);
    wake();
    co_return stored;
}

void Bisections::wake() {
    idle_.cancel();
    services_.bus->notify();
}

void Bisections::stop() {
    stopping_ = true;
    signal_.emit(asio::cancellation_type::terminal);
    wake();
}

asio::awaitable<void> Bisections::run() {
    while (!stopping_) {
        // Before the store is asked, so that nothing is missed in between.
        const auto seen = services_.bus->count();
        idle_.expires_at(asio::steady_timer::time_point::max());
        const bool any = co_await look_at_all();
        if (stopping_) break;
        if (any) {
            co_await services_.bus->wait(0, seen, k_look_again);
        } else if (services_.bus->count() == seen) {
            // Jobs of others say a word a second: that is not looked at for nothing.
            co_await idle_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

asio::awaitable<bool> Bisections::look_at_all() {
    std::vector<std::int64_t> ids;
    try {
        const auto read = [](store::Store& s) { return s.unfinished_bisections(); };
        ids = co_await services_.store->call(read);
        for (const auto id : ids)
            if (!stopping_) co_await look_at(id);
    } catch (const std::exception& failure) {
        spdlog::error("bisections: {}", failure.what());
        co_return true;  // a full disk may get room again
    }
    co_return !ids.empty();
}

// The one place around a bisection where a broken environment, or a defect of ours, is caught.
asio::awaitable<void> Bisections::look_at(std::int64_t id) {
    std::optional<util::Error> error;
    try {
        co_await advance(id);
    } catch (const util::InfraError& failure) {
        error = failure.error();
    } catch (const std::exception& failure) {
        error = util::Error{ErrorKind::internal, failure.what(), "", "report this defect"};
    }
    if (error && !stopping_) co_await fail(id, std::move(*error));
}

asio::awaitable<void> Bisections::advance(std::int64_t id) {
    const auto read = [id](store::Store& s) {
        auto bisection = s.bisection(id);
        const auto steps = s.steps(id);
        std::optional<model::Job> last;
        if (!steps.empty()) last = s.job(steps.back().job);
        return std::pair(std::move(bisection), std::move(last));
    };
    auto [bisection, last] = co_await services_.store->call(read);
    if (!bisection || bisection->stage == BisectionStage::done) co_return;
    const bool busy = last && last->stage != JobStage::done;
    if (busy && bisection->cancel_requested && !last->cancel_requested) {
        const auto ask = [job = last->id](store::Store& s) { return s.request_cancel(job); };
        const auto noted = co_await services_.store->call(ask);
        if (noted) jobs_.cancel(last->id);
    }
    if (busy) co_return;
    if (bisection->cancel_requested)
        throw util::InfraError({ErrorKind::conflict, "the bisection was cancelled", "",
                                "resume it to go on with what was found"});
    const auto read_all = [id](store::Store& s) {
        return std::pair(s.line(id), step_records(s, id));
    };
    auto [line, steps] = co_await services_.store->call(read_all);
    State state{std::move(*bisection), std::move(line), std::move(steps)};
    if (state.line.empty()) co_await find_line(state);
    co_await test_next(state);
}

asio::awaitable<void> Bisections::find_line(State& state) {
    auto& bisection = state.bisection;
    const checkout::Progress tell = [id = bisection.id](const std::string& text) {
        spdlog::info("bisection {}: {}", id, text);
    };
    const auto& spec = bisection.spec;
    auto asked = services_.source->find_line(spec.tree, spec.good, spec.bad, tell);
    const auto found = co_await asio::co_spawn(
        executor_, std::move(asked),
        asio::bind_cancellation_slot(signal_.slot(), asio::use_awaitable));
    auto line = value_or_throw(found);
    state.line = std::move(line.commits);
    bisection.stage = BisectionStage::running;
    bisection.good = state.line.front().hash;
    bisection.bad = state.line.back().hash;
    bisection.notes = std::move(line.notes);
    bisection.commits = static_cast<std::int64_t>(state.line.size());
    bisection.left = bisection.commits;
    const auto keep = [bisection, line = state.line](store::Store& s) {
        s.put_line(bisection, line);
    };
    co_await services_.store->call(keep);
}

asio::awaitable<void> Bisections::test_next(State& state) {
    auto& bisection = state.bisection;
    const auto& steps = state.steps;
    if (!steps.empty()) {
        const auto failure = failure_of(steps.back(), steps.front());
        if (failure && steps.back().step.number > bisection.answered)
            throw util::InfraError(*failure);
    }
    for (const auto& step : steps)
        if (bisection.target_signature.empty())
            bisection.target_signature = step.job.target_signature;
    const auto commits = commit_evidence(state.line.size(), steps);
    BisectEvidence evidence{state.line, commits, {}, bisection.spec.confidence};
    if (!steps.empty() && steps.front().job.workload)
        evidence.unit = steps.front().job.workload->unit;
    if (commits.back().hits > 0) tell_candidates(bisection, evidence);

    const auto step = verdict::next_test(bisect_plan(bisection.spec, steps), commits);
    if (const auto* end_of = std::get_if<verdict::Named>(&step))
        co_return co_await end(bisection, named(*end_of, evidence));
    if (const auto* end_of = std::get_if<verdict::GoodIsBad>(&step))
        co_return co_await end(bisection, good_is_bad(*end_of, evidence));
    if (std::holds_alternative<verdict::BadUntestable>(step))
        co_return co_await end(bisection, bad_untestable(evidence));
    const auto left = budget_left(bisection.spec, steps);
    if (left.wall_s < k_least_wall_s || left.trials < k_least_trials) {
        auto result = commits.back().hits > 0 ? out_of_budget(evidence) : not_reproduced(evidence);
        co_return co_await end(bisection, std::move(result));
    }
    co_await add_step(state, std::get<verdict::TestCommit>(step));
}

asio::awaitable<void> Bisections::add_step(State& state, verdict::TestCommit test) {
    const auto& bisection = state.bisection;
    const auto& commit = state.line.at(test.place);
    const auto left = budget_left(bisection.spec, state.steps);
    const auto budget = budget_of(test, left, state.steps);
    auto job = value_or_throw(
        make_job(services_, model::step_spec(bisection.spec, commit.hash, budget)));
    job.title = fmt::format("bisection {}: {}", bisection.id, commit_words(commit));
    job.target_signature = bisection.target_signature;
    model::BisectionStep step;
    step.place = static_cast<std::int64_t>(test.place);
    step.commit = commit.hash;
    step.title = commit.title;
    step.hits_wanted = test.hits;
    step.exposure_goal = test.exposure_goal;
    const auto add = [bisection, step, job](store::Store& s) {
        value_or_throw(s.update_bisection(bisection));
        return s.add_step(bisection.id, step, job);
    };
    const auto added = co_await services_.store->call(add);
    spdlog::info("bisection {}: step {} tests {} as job {}", bisection.id, added.number,
                 commit_words(commit), added.job);
    services_.bus->notify(added.job);
    jobs_.enqueue(added.job);
}

asio::awaitable<void> Bisections::end(Bisection bisection, model::BisectionResult result) {
    spdlog::info("bisection {}: {}", bisection.id, result.sentence);
    bisection.result = std::move(result);
    bisection.stage = BisectionStage::done;
    const auto keep = [bisection](store::Store& s) { return s.update_bisection(bisection); };
    value_or_throw(co_await services_.store->call(keep));
    wake();
}

asio::awaitable<void> Bisections::fail(std::int64_t id, util::Error error) {
    const auto read = [id](store::Store& s) { return s.bisection(id); };
    auto bisection = co_await services_.store->call(read);
    if (!bisection) co_return;
    bisection->problem = model::Problem{error.what, error.where, error.hint,
                                        std::string(model::to_string(bisection->stage)), {}, {}};
    model::BisectionResult result;
    result.sentence = error.what;
    co_await end(std::move(*bisection), std::move(result));
}

}  // namespace krepro::pipeline
