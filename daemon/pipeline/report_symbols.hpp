// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "build/symbolizer.hpp"
#include "checkout/checkout.hpp"
#include "checkout/maintainers.hpp"
#include "model/job.hpp"
#include "pipeline/annotate.hpp"
#include "pipeline/recorder.hpp"
#include "pipeline/services.hpp"

namespace krepro::pipeline {

// Gives the reports of a job their lines while its trials run, the target's first. What fails here
// is told in the history and changes nothing else. Shared by the job and the coroutine that works,
// which may outlive the job by the time that it takes to end a process.
class ReportSymbols : public std::enable_shared_from_this<ReportSymbols> {
  public:
    using Kernels = std::map<model::ArmName, build::BuiltKernel>;
    ReportSymbols(const Services& services, Recorder recorder, std::int64_t job);

    // From here on reports can be worked on: also those of an earlier process.
    void start(checkout::Pair pair, Kernels kernels, boost::asio::any_io_executor executor);
    // There may be new reports in the store.
    void look();
    // Waits until every report was tried, `limit` at most, then ends what is still going on.
    boost::asio::awaitable<void> finish(std::chrono::seconds limit);
    // Ends it without waiting.
    void stop();

  private:
    struct Found {
        LinesByFrame lines;
        int compiled = 0;
    };
    boost::asio::awaitable<void> work();
    boost::asio::awaitable<void> try_report(model::StoredReport stored);
    boost::asio::awaitable<std::optional<model::StoredReport>> next();
    boost::asio::awaitable<void> add_lines_to(model::StoredReport stored);
    boost::asio::awaitable<util::Result<Found>> find_lines(const model::StoredReport& stored);
    [[nodiscard]] model::StoredReport with_lines(model::StoredReport stored,
                                                 const LinesByFrame& lines);
    boost::asio::awaitable<void> keep(model::StoredReport stored, model::Json event);
    [[nodiscard]] std::optional<std::string> read_source(model::ArmName arm,
                                                         const std::string& path) const;

    const Services& services_;
    Recorder recorder_;
    std::int64_t job_;
    checkout::Pair pair_;
    Kernels kernels_;
    std::optional<checkout::Difference> difference_;
    std::map<model::ArmName, ChangedLines> changed_;
    std::optional<checkout::Maintainers> maintainers_;
    std::set<std::int64_t> tried_;
    std::unique_ptr<boost::asio::steady_timer> wake_;  // expires: look; never: wait
    std::unique_ptr<boost::asio::steady_timer> ended_;
    boost::asio::cancellation_signal cancel_;
    bool more_ = true;      // the store has not been looked at since the last word
    bool closing_ = false;  // no report comes after those that are there
    bool running_ = false;
    bool stopped_ = false;
};

}  // namespace krepro::pipeline
