// SPDX-License-Identifier: Apache-2.0
#include "zoo/run_boot.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <chrono>

#include "report/scanner.hpp"
#include "util/clock.hpp"
#include "vm/console_tail.hpp"
#include "vm/event_queue.hpp"
#include "vm/harness.hpp"

namespace krepro::zoo {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// A splat whose last line came this long ago, with nothing after it, is complete.
constexpr auto k_report_silence = 300ms;
constexpr auto k_tick = 250ms;
constexpr std::size_t k_most_console = 16U << 20U;

class BootDriver {
  public:
    BootDriver(vm::VmHost& host, BootRequest request, const asio::any_io_executor& executor)
        : host_(host),
          request_(std::move(request)),
          queue_(executor),
          console_(request_.boot.console),
          harness_file_(request_.boot.harness),
          watch_(executor, request_.boot.console.parent_path(), [this] { wake(); }) {
        if (request_.cancel) request_.cancel->on_request([this] { wake(); });
    }
    ~BootDriver() {
        if (request_.cancel) request_.cancel->on_request(nullptr);
    }
    BootDriver(const BootDriver&) = delete;
    BootDriver& operator=(const BootDriver&) = delete;

    asio::awaitable<util::Result<BootRecord>> run() {
        const std::function<void(vm::VmEvent)> on_event = [this](vm::VmEvent event) {
            queue_.push(std::move(event));
        };
        auto vm = co_await host_.start(request_.boot, on_event);
        if (!vm) co_return tl::unexpected(vm.error());
        start_ = last_output_ = Clock::now();
        while (record_.ended.empty()) {
            co_await queue_.wait(k_tick);
            if (take_events()) co_await (*vm)->resume();
        }
        co_await (*vm)->destroy();
        read_console();
        add(scanner_.flush());
        record_.wall_s = since(start_);
        co_return std::move(record_);
    }

  private:
    void wake() { queue_.push(std::nullopt); }

    // Returns whether the guest has panicked and must be resumed to print the rest.
    bool take_events() {
        bool resume = false;
        read_console();
        read_harness();
        while (auto event = queue_.pop()) {
            if (!*event) continue;
            resume |= (*event)->kind == vm::VmEvent::Kind::crashed;
            if ((*event)->kind == vm::VmEvent::Kind::stopped) record_.ended = (*event)->reason;
        }
        if (record_.ended.empty()) record_.ended = reason_to_end();
        return resume;
    }

    void read_console() {
        for (auto bytes = console_.read_more(); !bytes.empty(); bytes = console_.read_more()) {
            last_output_ = Clock::now();
            record_.console += bytes;
            add(scanner_.feed(bytes));
        }
        if (scanner_.pending() && Clock::now() - last_output_ >= k_report_silence)
            add(scanner_.flush());
    }

    void read_harness() {
        for (auto bytes = harness_file_.read_more(); !bytes.empty();
             bytes = harness_file_.read_more())
            for (const auto& event : harness_.feed(bytes)) {
                if (event.type == model::HarnessType::ready) record_.ready = true;
                if (event.type == model::HarnessType::error)
                    record_.ended = "the harness in the guest gave up: " + event.what;
            }
    }

    void add(std::vector<model::Report> reports) {
        for (auto& report : reports) record_.reports.push_back(std::move(report));
        if (!reports.empty()) enough_ = request_.enough(record_.console, record_.reports);
    }

    std::string reason_to_end() {
        const auto& limits = request_.limits;
        if (request_.cancel && request_.cancel->cause()) {
            record_.cancelled = true;
            return "it was cancelled";
        }
        if (enough_ && !scanner_.pending() && since(last_output_) >= limits.quiet_s)
            return "all was seen";
        if (!record_.ready &&
            (since(start_) > limits.boot_s || since(last_output_) > limits.silence_s)) {
            record_.hung_in_boot = true;
            return fmt::format("it was not ready after {:.0f} s", since(start_));
        }
        if (since(start_) > limits.wall_s) return fmt::format("{:.0f} s were over", limits.wall_s);
        if (record_.console.size() > k_most_console) return "the console never ends";
        return {};
    }

    [[nodiscard]] static double since(util::SteadyTime time) {
        return util::seconds_between(time, Clock::now());
    }

    vm::VmHost& host_;
    BootRequest request_;
    vm::EventQueue<std::optional<vm::VmEvent>> queue_;  // nullopt: only wake up
    report::Scanner scanner_{report::Notices::kept};
    vm::HarnessReader harness_;
    vm::FileTail console_;
    vm::FileTail harness_file_;
    vm::FolderWatch watch_;
    util::SteadyTime start_;
    util::SteadyTime last_output_;
    BootRecord record_;
    bool enough_ = false;
};

}  // namespace

asio::awaitable<util::Result<BootRecord>> run_boot(vm::VmHost& host, BootRequest request) {
    BootDriver driver(host, std::move(request), co_await asio::this_coro::executor);
    co_return co_await driver.run();
}

}  // namespace krepro::zoo
