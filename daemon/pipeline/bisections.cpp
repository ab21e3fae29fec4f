// SPDX-License-Identifier: Apache-2.0
#include "pipeline/bisections.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <tuple>

#include "pipeline/bisect_words.hpp"
#include "pipeline/submit.hpp"
#include "util/offload.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
using model::Bisection;
using model::BisectionStage;
using util::ErrorKind;
using util::Result;
using util::value_or_throw;

namespace {

// How long news may be overlooked, should a notice be lost.
constexpr std::chrono::seconds k_overlooked{10};
constexpr std::chrono::seconds k_search_again{10};  // where its end could not be stored
constexpr double k_fewest_seconds = 120;  // a boot under emulation, and the shortest trial
constexpr int k_fewest_trials = 2;

std::string title_of_request(const model::BisectionSpec& spec) {
    return fmt::format("{}..{} of {}", spec.good, spec.bad, spec.tree);
}

util::Error defect_of(const std::exception& failure) {
    return {ErrorKind::internal, failure.what(), "", "report this defect"};
}

// A request that no job could be made of is refused before it is stored.
Result<void> check_request(const Services& services, const model::BisectionSpec& spec) {
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
    const auto look = [&services = services_, spec] { return check_request(services, spec); };
    const auto good = co_await util::run_on(*services_.pool, look);
    if (!good) co_return tl::unexpected(good.error());
    Bisection bisection;
    bisection.title = title_of_request(spec);
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
    for (auto& [id, signal] : searches_) signal.emit(asio::cancellation_type::terminal);
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
            co_await services_.bus->wait(0, seen, k_overlooked);
        } else if (services_.bus->count() == seen) {
            // Jobs of others say a word a second: that is not looked at for nothing.
            co_await idle_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
    while (!searches_.empty()) {
        idle_.expires_at(asio::steady_timer::time_point::max());
        co_await idle_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<bool> Bisections::look_at_all() {
    std::vector<store::UnfinishedBisection> unfinished;
    try {
        const auto read = [](store::Store& s) { return s.unfinished_bisections(); };
        unfinished = co_await services_.store->call(read);
    } catch (const std::exception& failure) {
        spdlog::error("bisections: {}", failure.what());
        co_return true;  // a full disk may get room again
    }
    for (const auto& one : unfinished) {
        if (stopping_) break;
        try {
            co_await carry_on(one);
        } catch (const std::exception& failure) {  // one that cannot be read keeps no other
            spdlog::error("bisection {}: {}", one.id, failure.what());
        }
    }
    co_return !unfinished.empty();
}

asio::awaitable<void> Bisections::carry_on(store::UnfinishedBisection one) {
    const auto search = searches_.find(one.id);
    const bool searching = search != searches_.end();
    if (searching && one.cancel_requested)
        search->second.emit(asio::cancellation_type::terminal);
    else if (one.waits && one.cancel_requested)
        co_await cancel_step(one.id);
    if (!searching && !one.waits) co_await look_at(one.id);
}

// The one place around a bisection where a broken environment, or a defect of ours, is caught.
asio::awaitable<void> Bisections::look_at(std::int64_t id) {
    std::optional<util::Error> error;
    try {
        co_await advance(id);
    } catch (const util::InfraError& failure) {
        error = failure.error();
    } catch (const std::exception& failure) {
        error = defect_of(failure);
    }
    if (error && !stopping_) co_await fail(id, std::move(*error));
}

// None of its steps has a job that goes on.
asio::awaitable<void> Bisections::advance(std::int64_t id) {
    const auto read = [id](store::Store& s) {
        return std::tuple(s.bisection(id), s.line(id), step_records(s, id));
    };
    auto [bisection, line, steps] = co_await services_.store->call(read);
    if (!bisection || bisection->stage == BisectionStage::done) co_return;
    if (bisection->cancel_requested)
        throw util::InfraError({ErrorKind::conflict, "the bisection was cancelled", "",
                                "resume it to go on with what was found"});
    if (line.empty()) {
        begin_search(std::move(*bisection));
        co_return;
    }
    State state{std::move(*bisection), std::move(line), std::move(steps)};
    co_await test_next(state);
}

asio::awaitable<void> Bisections::cancel_step(std::int64_t id) {
    const auto ask = [id](store::Store& s) {
        const auto steps = s.steps(id);
        const auto job = steps.empty() ? 0 : steps.back().job;
        return s.request_cancel(job) ? job : 0;
    };
    const auto job = co_await services_.store->call(ask);
    if (job != 0) jobs_.cancel(job);
}

void Bisections::begin_search(Bisection bisection) {
    const auto id = bisection.id;
    // A turn later: the signal must not go while the coroutine that it belongs to ends.
    const auto forget = [this, id] {
        searches_.erase(id);
        wake();
    };
    const auto on_end = [this, forget](const std::exception_ptr&) {
        asio::post(executor_, forget);
    };
    asio::co_spawn(executor_, search(std::move(bisection)),
                   asio::bind_cancellation_slot(searches_[id].slot(), on_end));
}

// As look_at(), for what goes on beside it.
asio::awaitable<void> Bisections::search(Bisection bisection) {
    const auto id = bisection.id;
    std::optional<util::Error> error;
    try {
        co_await find_line(std::move(bisection));
        co_return;
    } catch (const util::InfraError& failure) {
        error = failure.error();
    } catch (const std::exception& failure) {
        error = defect_of(failure);
    }
    // A cancellation that brought us here must not cut short what is told of it.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const auto read = [id](store::Store& s) { return s.bisection(id); };
    try {
        const auto now = co_await services_.store->call(read);
        // One that was cancelled ends as such, when it is looked at next.
        const bool ends = now && !now->cancel_requested && !stopping_;
        if (ends) co_await fail(id, std::move(*error));
        co_return;
    } catch (const std::exception& failure) {
        spdlog::error("bisection {}: {}", id, failure.what());
    }
    // It is searched again, not at once: a full disk may get room.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (stopping_) co_return;
    asio::steady_timer pause(executor_, k_search_again);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Bisections::find_line(Bisection bisection) {
    const checkout::Progress tell = [id = bisection.id](const std::string& text) {
        spdlog::info("bisection {}: {}", id, text);
    };
    const auto& spec = bisection.spec;
    auto line =
        value_or_throw(co_await services_.source->find_line(spec.tree, spec.good, spec.bad, tell));
    bisection.stage = BisectionStage::running;
    bisection.good = line.commits.front().hash;
    bisection.bad = line.commits.back().hash;
    bisection.notes = std::move(line.notes);
    bisection.commits = static_cast<std::int64_t>(line.commits.size());
    bisection.left = bisection.commits;
    const auto keep = [bisection, commits = std::move(line.commits)](store::Store& s) {
        s.put_line(bisection, commits);
    };
    co_await services_.store->call(keep);
}

asio::awaitable<void> Bisections::test_next(State& state) {
    auto& bisection = state.bisection;
    const auto& steps = state.steps;
    if (!steps.empty()) {
        const auto failure = failure_of(steps.back());
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
    if (commits.back().is_bad()) tell_candidates(bisection, evidence);

    const auto step = verdict::next_test(bisect_plan(bisection.spec, steps), commits);
    if (const auto* end_of = std::get_if<verdict::Named>(&step))
        co_return co_await end(bisection, named(*end_of, evidence));
    if (const auto* end_of = std::get_if<verdict::GoodIsBad>(&step))
        co_return co_await end(bisection, good_is_bad(*end_of, evidence));
    if (std::holds_alternative<verdict::BadUntestable>(step))
        co_return co_await end(bisection, bad_untestable(evidence));
    const auto left = budget_left(bisection.spec, steps);
    if (left.wall_s < k_fewest_seconds || left.trials < k_fewest_trials) {
        auto result = commits.back().is_bad() ? out_of_budget(evidence) : not_reproduced(evidence);
        co_return co_await end(bisection, std::move(result));
    }
    co_await add_step(state, std::get<verdict::TestCommit>(step));
}

asio::awaitable<void> Bisections::add_step(State& state, verdict::TestCommit test) {
    const auto& bisection = state.bisection;
    const auto& commit = state.line.at(test.place);
    const auto left = budget_left(bisection.spec, state.steps);
    const auto budget = budget_of(test, left, state.steps);
    auto spec = model::step_spec(bisection.spec, commit.hash, budget);
    const auto make = [&services = services_, spec = std::move(spec)] {
        return make_job(services, spec);
    };
    auto job = value_or_throw(co_await util::run_on(*services_.pool, make));
    job.title = fmt::format("bisection {}: {}", bisection.id, commit_words(commit));
    job.target_signature = bisection.target_signature;
    if (!state.steps.empty()) job.workload = state.steps.front().job.workload;
    model::BisectionStep step;
    step.place = static_cast<std::int64_t>(test.place);
    step.commit = commit.hash;
    step.title = commit.title;
    step.hits_wanted = test.hits;
    step.exposure_goal = test.exposure_goal;
    step.boot_exposure = test.boot_exposure;
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
    bisection->problem = model::Problem{error.what, error.where,
                                        error.hint, std::string(model::to_string(bisection->stage)),
                                        {},         {}};
    model::BisectionResult result;
    result.sentence = error.what;
    co_await end(std::move(*bisection), std::move(result));
}

}  // namespace krepro::pipeline
