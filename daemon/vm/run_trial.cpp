// SPDX-License-Identifier: Apache-2.0
#include "vm/run_trial.hpp"

#include <algorithm>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <ctime>

#include "report/scanner.hpp"
#include "vm/console_tail.hpp"
#include "vm/event_queue.hpp"
#include "vm/harness.hpp"

namespace krepro::vm {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// A splat whose last line came this long ago, with nothing after it, is complete: sooner when that
// line is one with which such a splat ends. What may still follow there is another line in the
// midst of being printed, and 20 ms are some 200 characters of the slowest emulated port. In the
// midst of a splat a busy host may keep its vCPU waiting, and a splat cut in two is lost.
constexpr auto k_report_silence = 300ms;
constexpr auto k_closed_report_silence = 20ms;
constexpr auto k_tick = 250ms;

double seconds_of(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The clock that goes on while the host sleeps, against the one that does not. Read anew when this
// thread was held up between the two: that is no sleep.
double host_slept_s() {
    constexpr int k_tries = 5;
    constexpr double k_held_up_s = 0.1;
    double slept = 0;
    for (int i = 0; i < k_tries; ++i) {
        const double before = seconds_of(CLOCK_MONOTONIC);
        slept = seconds_of(CLOCK_BOOTTIME) - before;
        if (seconds_of(CLOCK_MONOTONIC) - before < k_held_up_s) break;
    }
    return slept;
}

// The end of a console: what a boot said last that had no more to say.
class LastLines {
  public:
    void add(std::string_view bytes) {
        text_ += bytes;
        if (text_.size() > k_most_bytes) text_.erase(0, text_.size() - k_most_bytes);
    }
    // The oldest first. One that is longer than what is kept has lost its beginning.
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> all;
        boost::split(all, text_, boost::is_any_of("\r\n"), boost::token_compress_on);
        std::erase(all, "");
        const auto count = std::min(all.size(), k_most_lines);
        return {all.end() - static_cast<std::ptrdiff_t>(count), all.end()};
    }

  private:
    static constexpr std::size_t k_most_bytes = 1024;
    static constexpr std::size_t k_most_lines = 4;
    std::string text_;
};

// What the guest said last is where it stopped.
bool is_shown_by_its_end(const model::TrialOutcome& outcome) {
    switch (outcome.cause.value_or(model::Cause::infrastructure)) {
        case model::Cause::no_boot:
        case model::Cause::boot_hang:
        case model::Cause::early_exit:
        case model::Cause::hang:
        case model::Cause::heartbeat_stale:
        case model::Cause::console_flood:
            return true;
        default:
            return false;
    }
}

// Executes what the monitor says: all state of one running trial.
class TrialDriver {
  public:
    TrialDriver(VmHost& host, TrialRun run, const asio::any_io_executor& executor)
        : host_(host),
          run_(std::move(run)),
          queue_(executor),
          monitor_(run_.limits, Clock::now()),
          console_(run_.boot.console),
          harness_file_(run_.boot.harness),
          watch_(executor, run_.boot.console.parent_path(), [this] { wake(); }) {
        if (run_.cancel) run_.cancel->on_request([this] { wake(); });
    }
    ~TrialDriver() {
        if (run_.cancel) run_.cancel->on_request(nullptr);
    }
    TrialDriver(const TrialDriver&) = delete;
    TrialDriver& operator=(const TrialDriver&) = delete;

    asio::awaitable<model::TrialOutcome> run() {
        auto vm = co_await host_.start(run_.boot,
                                       [this](VmEvent event) { queue_.push(std::move(event)); });
        if (!vm) {
            co_return std::get<EndTrial>(
                monitor_.on(InfraFailed{vm.error().to_string()}, Clock::now()))
                .outcome;
        }
        while (!outcome_) {
            const auto longest = scanner_.pending() ? silence_wanted() : k_tick;
            co_await queue_.wait(longest);
            if (take_events()) co_await (*vm)->resume();
        }
        co_await (*vm)->destroy();
        if (is_shown_by_its_end(*outcome_))
            for (auto& line : last_lines_.lines()) outcome_->proof.push_back(std::move(line));
        co_return std::move(*outcome_);
    }

  private:
    void wake() { queue_.push(std::nullopt); }

    // Everything that is there, in an order that loses nothing: what the guest has written comes
    // before the news that it has ended. Returns whether the guest must be resumed.
    bool take_events() {
        bool resume = false;
        read_console();
        read_harness();
        if (run_.cancel && run_.cancel->cause()) {
            // What it has shown up to here is kept, a splat in the midst of being printed as well.
            flush_console();
            resume |= tell(CancelRequested{*run_.cancel->cause()});
        }
        while (auto event = queue_.pop())
            if (*event) resume |= tell(translate(**event));
        resume |= tell(Tick{host_slept_s()});
        return resume;
    }

    void read_console() {
        bool any = false;
        for (auto bytes = console_.read_more(); !bytes.empty(); bytes = console_.read_more()) {
            any = true;
            last_output_ = Clock::now();
            last_lines_.add(bytes);
            tell(ConsoleOutput{bytes.size()});
            for (const auto& report : scanner_.feed(bytes)) tell_report(report);
        }
        if (!any && scanner_.pending() && Clock::now() - last_output_ >= silence_wanted())
            for (const auto& report : scanner_.flush()) tell_report(report);
        tell(SplatPending{scanner_.pending()});
    }

    void flush_console() {
        for (const auto& report : scanner_.flush()) tell_report(report);
        tell(SplatPending{false});
    }

    void read_harness() {
        for (auto bytes = harness_file_.read_more(); !bytes.empty();
             bytes = harness_file_.read_more()) {
            tell(HarnessOutput{bytes.size()});
            for (auto& event : harness_.feed(bytes)) {
                tell(HarnessLine{event});
                if (run_.hooks.on_harness) run_.hooks.on_harness(event, monitor_.exposure());
            }
        }
    }

    [[nodiscard]] std::chrono::milliseconds silence_wanted() const {
        return scanner_.looks_complete() ? k_closed_report_silence : k_report_silence;
    }

    RunEvent translate(const VmEvent& event) {
        switch (event.kind) {
            case VmEvent::Kind::crashed:
                return DomainCrashed{};
            case VmEvent::Kind::watchdog:
                return WatchdogFired{};
            case VmEvent::Kind::stopped:
                // Nothing more will come: a splat that the end cut off is a report too.
                read_console();
                flush_console();
                read_harness();
                break;
        }
        return DomainStopped{event.reason};
    }

    // What comes behind the end has no part in the outcome, so it must not be stored as if it had.
    void tell_report(const model::Report& report) {
        if (outcome_) return;
        const bool target = run_.hooks.on_report && run_.hooks.on_report(report);
        tell(ReportSeen{&report, target});
    }

    // Returns whether the guest must be resumed.
    bool tell(const RunEvent& event) {
        if (outcome_) return false;
        auto action = monitor_.on(event, Clock::now());
        if (auto* end = std::get_if<EndTrial>(&action)) outcome_ = std::move(end->outcome);
        return std::holds_alternative<Resume>(action);
    }

    VmHost& host_;
    TrialRun run_;
    EventQueue<std::optional<VmEvent>> queue_;  // nullopt: only wake up
    RunMonitor monitor_;
    report::Scanner scanner_;
    LastLines last_lines_;
    HarnessReader harness_;
    FileTail console_;
    FileTail harness_file_;
    FolderWatch watch_;
    Clock::time_point last_output_ = Clock::now();
    std::optional<model::TrialOutcome> outcome_;
};

}  // namespace

asio::awaitable<model::TrialOutcome> run_trial(VmHost& host, TrialRun run) {
    TrialDriver driver(host, std::move(run), co_await asio::this_coro::executor);
    co_return co_await driver.run();
}

}  // namespace krepro::vm
