// SPDX-License-Identifier: Apache-2.0
#include "pipeline/recorder.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

namespace krepro::pipeline {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> store_event(const Services* services, std::int64_t job, std::string type,
                                  model::Json data) {
    const auto work = [job, type = std::move(type), data = std::move(data)](store::Store& s) {
        s.add_event(job, type, data);
    };
    co_await services->store->call(work);
    services->bus->notify(job);
}

asio::awaitable<void> store_report(const Services* services, model::StoredReport report) {
    const auto work = [report](store::Store& s) {
        const auto id = s.add_report(report);
        s.add_event(report.job, "report",
                    {{"report", id},
                     {"trial", report.trial},
                     {"arm", model::to_string(report.arm)},
                     {"title", report.report.title},
                     {"kind", report.report.kind},
                     {"target", report.target}});
    };
    co_await services->store->call(work);
    services->bus->notify(report.job);
}

// A history that cannot be written is said once, here; the job meets the same trouble at its next
// awaited write, and ends as an error there.
void log_failure(const std::exception_ptr& failure) {
    if (!failure) return;
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        spdlog::error("history not written: {}", error.what());
    }
}

}  // namespace

void Recorder::event(const std::string& type, model::Json data) const {
    asio::co_spawn(executor_, store_event(services_, job_, type, std::move(data)), log_failure);
}

void Recorder::report(const model::StoredReport& report) const {
    asio::co_spawn(executor_, store_report(services_, report), log_failure);
}

}  // namespace krepro::pipeline
