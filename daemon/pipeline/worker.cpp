// SPDX-License-Identifier: Apache-2.0
#include "pipeline/worker.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pipeline/evidence.hpp"
#include "pipeline/job_run.hpp"
#include "pipeline/left_trials.hpp"
#include "pipeline/run_job.hpp"
#include "util/memory.hpp"
#include "util/offload.hpp"
#include "verdict/decide.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds k_store_again{10};

struct Failure {
    std::int64_t job = 0;
    util::Error error;
    model::Problem at;  // its stage is the job's when it is empty
    model::Cause open_cause = model::Cause::infrastructure;
};

util::Error was_cancelled() {
    return {util::ErrorKind::conflict, "the job was cancelled", "", ""};
}

void end_failed(store::Store& store, const Failure& failure,
                const std::vector<verdict::TrialRecord>& records) {
    auto job = store.job(failure.job);
    if (!job || job->stage == model::JobStage::done) return;
    const auto& [id, error, at, cause] = failure;
    const std::string stage =
        at.stage.empty() ? std::string(model::to_string(job->stage)) : at.stage;
    job->problem = model::Problem{error.what, error.where, error.hint, stage, at.arm, at.excerpt};
    job->verdict =
        verdict::summarize(plan_of(*job), records, model::VerdictKind::error, error.what);
    job->stage = model::JobStage::done;
    util::value_or_throw(store.update_job(*job));
}

}  // namespace

Worker::Worker(asio::any_io_executor executor, const Services& services)
    : executor_(std::move(executor)), services_(services), wake_(executor_) {}

void Worker::enqueue(std::int64_t job) {
    queue_.push_back(job);
    wake_.cancel();
}

void Worker::cancel(std::int64_t job) {
    if (job == running_ && control_) return control_->request(model::Cause::cancelled);
    if (std::erase(queue_, job) == 0) return;
    ++ending_;
    asio::co_spawn(executor_, end_queued(job), [this](const std::exception_ptr&) {
        --ending_;
        wake_.cancel();
    });
}

void Worker::stop() {
    stopping_ = true;
    if (control_) control_->request(model::Cause::interrupted);
    wake_.cancel();
}

asio::awaitable<void> Worker::run() {
    co_await take_up_unfinished();
    while (!stopping_) {
        if (queue_.empty()) {
            util::unmap_idle_code();
            wake_.expires_at(asio::steady_timer::time_point::max());
            co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
            continue;
        }
        running_ = queue_.front();
        queue_.pop_front();
        co_await work_on(running_);
        running_ = 0;
        co_await tidy_cache();
    }
    while (ending_ > 0) {
        wake_.expires_at(asio::steady_timer::time_point::max());
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> Worker::take_up_unfinished() {
    // Without libvirt there is nothing of ours to end; a job will say what is missing.
    const auto ended = co_await services_.host->clean_up();
    if (!ended)
        spdlog::warn("VMs of earlier runs could not be looked for: {}", ended.error().to_string());
    else
        for (const auto& name : *ended) spdlog::info("ended {}, left by an earlier run", name);
    const auto unfinished = [](store::Store& s) { return s.unfinished_jobs(); };
    const auto ids = co_await services_.store->call(unfinished);
    co_await close_left_trials_of(ids);
    for (const auto id : ids) enqueue(id);
}

asio::awaitable<void> Worker::close_left_trials_of(std::vector<std::int64_t> jobs) {
    bool all = true;
    for (const auto id : jobs) {
        try {
            co_await close_left_trials(services_, id);
        } catch (const std::exception& failure) {
            all = false;  // the job tries it again, and ends as an error when it cannot be done
            spdlog::warn("job {}: its open trials could not be closed: {}", id, failure.what());
        }
    }
    std::error_code ignored;
    if (all) std::filesystem::remove_all(services_.runs, ignored);
}

asio::awaitable<void> Worker::work_on(std::int64_t id) {
    // A row that cannot be read must not keep the others from being worked on.
    try {
        const auto read = [id](store::Store& s) { return s.job(id); };
        auto job = co_await services_.store->call(read);
        if (!job || job->stage == model::JobStage::done || stopping_) co_return;
        spdlog::info("job {}: {}", id, job->title);
        control_ = std::make_shared<JobControl>();
        if (job->cancel_requested) control_->request(model::Cause::cancelled);
        co_await run_guarded(std::move(*job));
    } catch (const std::exception& failure) {
        spdlog::error("job {} is left as it is: {}", id, failure.what());
    }
    control_.reset();
}

// Between two jobs, when nothing is being built: the cache is brought to its size.
asio::awaitable<void> Worker::tidy_cache() {
    if (services_.cache == nullptr || stopping_) co_return;
    try {
        const auto prune = [&services = services_] {
            return services.cache->prune(services.most_cache_bytes, services.cache_holds());
        };
        const auto pruned = co_await util::run_on(*services_.pool, prune);
        for (const auto& item : pruned.removed)
            spdlog::info("cache: removed {} {}, last used {}", model::to_string(item.kind),
                         item.name, item.used_at);
        for (const auto& problem : pruned.problems) spdlog::warn("cache: {}", problem);
    } catch (const std::exception& failure) {
        spdlog::warn("the cache could not be tidied: {}", failure.what());
    }
}

// The one place around a job where a broken environment, or a defect of ours, is caught.
asio::awaitable<void> Worker::run_guarded(model::Job job) {
    const auto id = job.id;
    std::optional<util::Error> error;
    model::Problem at;  // what is known of the place
    try {
        co_await asio::co_spawn(
            executor_, run_job(services_, std::move(job), control_),
            asio::bind_cancellation_slot(control_->signal.slot(), asio::use_awaitable));
    } catch (const JobStopped&) {
        error.emplace();
    } catch (const BuildFailed& failure) {
        error = failure.error();
        at.arm = failure.at_fault();
        at.excerpt = failure.excerpt();
        at.stage = model::to_string(model::JobStage::building);
    } catch (const util::InfraError& failure) {
        error = failure.error();
    } catch (const std::exception& failure) {
        error = util::Error{util::ErrorKind::internal, failure.what(), "", "report this defect"};
    }
    if (!error) co_return;
    const auto cause = control_->cause();
    if (cause == model::Cause::interrupted) co_return;  // the next start goes on with it
    if (cause == model::Cause::cancelled) {
        error = was_cancelled();
        at = {};
    }
    co_await fail_job(id, std::move(*error), std::move(at));
}

asio::awaitable<std::optional<util::Error>> Worker::store_end(
    std::function<void(store::Store&)> work) {
    std::optional<util::Error> error;
    try {
        co_await services_.store->call(work);
    } catch (const util::InfraError& failure) {
        error = failure.error();
    } catch (const std::exception& failure) {
        error = util::Error{util::ErrorKind::internal, failure.what(), "", ""};
    }
    if (error) spdlog::error("the end of a job could not be stored: {}", error->to_string());
    co_return error;
}

// One whose turn has not come.
asio::awaitable<void> Worker::end_queued(std::int64_t id) {
    const Failure failure{id, was_cancelled(), {}, model::Cause::cancelled};
    const std::function<void(store::Store&)> end = [failure](store::Store& s) {
        close_open_trials(s, failure.job, {}, failure.open_cause, failure.error.what);
        end_failed(s, failure, trial_records(s, failure.job));
    };
    // Where that cannot be stored now, its turn comes and it is tried again.
    const auto trouble = co_await store_end(end);
    if (trouble) enqueue(id);
    services_.bus->notify(id);
}

asio::awaitable<void> Worker::fail_job(std::int64_t id, util::Error error, model::Problem at) {
    spdlog::warn("job {}: {}", id, error.to_string());
    const Failure failure{id, error, at, control_->cause().value_or(model::Cause::infrastructure)};
    std::function<void(store::Store&)> end = [failure](store::Store& s) {
        close_open_trials(s, failure.job, {}, failure.open_cause, failure.error.what);
        end_failed(s, failure, trial_records(s, failure.job));
    };
    const std::function<void(store::Store&)> without_counts = [failure](store::Store& s) {
        try {
            s.void_open_trials(failure.job, failure.open_cause, failure.error.what);
        } catch (const util::InfraError& trouble) {
            spdlog::warn("job {}: its open trials stay open: {}", failure.job, trouble.what());
        }
        end_failed(s, failure, {});
    };
    // A full disk may get room again. Rows that cannot be read stay so: the job ends without what
    // they say, and keeps no other from being worked on.
    bool counts = true;
    while (true) {
        const auto trouble = co_await store_end(end);
        if (!trouble) break;
        const bool may_pass = trouble->kind == util::ErrorKind::unavailable;
        if (stopping_ || (!may_pass && !counts)) break;
        if (!may_pass) {
            counts = false;
            end = without_counts;
            continue;
        }
        wake_.expires_after(k_store_again);
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    services_.bus->notify(id);
}

}  // namespace krepro::pipeline
