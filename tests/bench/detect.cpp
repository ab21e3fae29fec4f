// SPDX-License-Identifier: Apache-2.0
// How long it takes from the last line of a splat on the console to the stored report, while
// `make -j2` compiles beside it. A guest shows one splat a boot, too few for a 99th percentile; so
// the bytes of a real console are written here as QEMU writes them, a byte a call into a file in
// the run's folder, and everything behind that file is the real thing: inotify, tail, scanner,
// monitor, recorder, SQLite on a disk. The clock runs from the last byte's write to the moment at
// which the readers of the history are told.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "compile_load.hpp"
#include "pipeline/recorder.hpp"
#include "report/scanner.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"
#include "vm/run_trial.hpp"

namespace krepro::bench {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int k_samples = 400;
constexpr auto k_load_warm_up = 3s;
constexpr double k_wanted_p99_ms = 100;

constexpr const char* k_harness =
    "{\"type\":\"hello\",\"uptime\":0.1,\"release\":\"6.1.8-rt5\"}\n"
    "{\"type\":\"ready\",\"uptime\":0.2}\n"
    "{\"type\":\"heartbeat\",\"uptime\":0.3,\"iteration\":0,\"debug_locks\":1,\"dl_exits\":0}\n";

// A console up to the end of its first splat: what comes before it, and the splat itself.
struct Console {
    std::string before;
    std::string splat;
};

Console real_console() {
    const auto golden = util::value_or_throw(
        util::read_file(std::string(KREPRO_GOLDENS) + "/unpatched-6.1.8-rt5-4vcpu-amplified.log"));
    const auto bytes = golden.substr(golden.find("\n\n") + 2);
    const auto first = report::parse(bytes).at(0);
    return {bytes.substr(0, first.first_byte),
            bytes.substr(first.first_byte, first.end_byte - first.first_byte)};
}

void append(const fs::path& file, std::string_view bytes) {
    const util::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    for (const char byte : bytes)
        if (::write(fd.get(), &byte, 1) != 1) std::abort();
}

// A host whose guest is a thread that writes a console: ready at once, the splat a while later.
class ConsoleHost : public vm::VmHost {
  public:
    explicit ConsoleHost(Console console) : console_(std::move(console)) {}

    asio::awaitable<util::Result<std::unique_ptr<vm::Vm>>> start(
        vm::BootSpec boot, std::function<void(vm::VmEvent)>) override {
        const auto pause = std::chrono::milliseconds(20 + random_() % 100);
        co_return std::make_unique<Guest>(*this, boot, pause);
    }
    asio::awaitable<util::Result<std::vector<std::string>>> clean_up() override {
        co_return std::vector<std::string>{};
    }
    // When the last byte of the splat was written.
    [[nodiscard]] Clock::time_point written_at() const { return written_at_; }

  private:
    class Guest : public vm::Vm {
      public:
        Guest(ConsoleHost& host, const vm::BootSpec& boot, std::chrono::milliseconds pause)
            : thread_([&host, boot, pause] {
                  append(boot.console, host.console_.before);
                  append(boot.harness, k_harness);
                  std::this_thread::sleep_for(pause);
                  append(boot.console, host.console_.splat);
                  host.written_at_ = Clock::now();
              }) {}
        asio::awaitable<util::Result<void>> resume() override { co_return util::Result<void>{}; }
        asio::awaitable<void> destroy() override { co_return; }

      private:
        std::jthread thread_;
    };

    Console console_;
    std::minstd_rand random_{7};
    std::atomic<Clock::time_point> written_at_{};
};

// Everything between a console file and the store, as the daemon wires it.
class Path {
  public:
    explicit Path(const fs::path& folder)
        : folder_(folder),
          store_(util::value_or_throw(store::Store::open(folder / "krepro.db"))),
          host_(real_console()) {
        services_.store = &store_;
        services_.bus = &bus_;
    }

    // Milliseconds of each sample.
    std::vector<double> measure() {
        std::vector<double> samples;
        std::exception_ptr failure;
        io_.restart();
        asio::co_spawn(io_, take(samples), [&](const std::exception_ptr& e) {
            failure = e;
            io_.stop();
        });
        io_.run();
        if (failure) std::rethrow_exception(failure);
        return samples;
    }

  private:
    asio::awaitable<void> take(std::vector<double>& samples) {
        const auto add_job = [](store::Store& s) { return s.add_job({}).id; };
        job_ = co_await store_.call(add_job);
        while (samples.size() < k_samples) samples.push_back(co_await one());
    }

    asio::awaitable<double> one() {
        model::Trial trial;
        trial.job = job_;
        const auto add_trial = [trial](store::Store& s) { return s.add_trial(trial); };
        trial = co_await store_.call(add_trial);
        vm::TrialRun run;
        run.boot.console = folder_ / "run" / "console.log";
        run.boot.harness = folder_ / "run" / "harness.log";
        fs::remove_all(folder_ / "run");
        fs::create_directories(folder_ / "run");
        run.cancel = std::make_shared<vm::TrialCancel>();
        const pipeline::Recorder recorder(io_.get_executor(), services_, job_);
        run.hooks.on_report = [&](const model::Report& report) {
            model::StoredReport stored;
            stored.job = job_;
            stored.trial = trial.id;
            stored.at = util::now_iso8601();
            stored.report = report;
            recorder.report(stored);
            return true;
        };
        Clock::time_point told;
        asio::co_spawn(io_, end_when_told(run.cancel, &told), asio::detached);
        co_await vm::run_trial(host_, std::move(run));
        const auto written = host_.written_at();
        if (told < written)
            throw std::runtime_error("a report was stored before the splat was whole");
        co_return std::chrono::duration<double, std::milli>(told - written).count();
    }

    asio::awaitable<void> end_when_told(std::shared_ptr<vm::TrialCancel> cancel,
                                        Clock::time_point* told) {
        co_await bus_.wait(job_, bus_.count(), 30s);
        *told = Clock::now();
        cancel->request(model::Cause::cancelled);
    }

    fs::path folder_;
    asio::io_context io_{1};
    store::AsyncStore store_;
    store::EventBus bus_;
    ConsoleHost host_;
    pipeline::Services services_;
    std::int64_t job_ = 0;
};

double percentile(std::vector<double> sorted, double share) {
    std::sort(sorted.begin(), sorted.end());
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
    return sorted[std::min(rank, sorted.size() - 1)];
}

struct Figures {
    double p50;
    double p99;
};

Figures print_row(const char* name, const std::vector<double>& samples) {
    const Figures figures{percentile(samples, 0.5), percentile(samples, 0.99)};
    fmt::print("{:24} {:7} {:8.1f} {:8.1f} {:8.1f} {:8.1f}\n", name, samples.size(), figures.p50,
               percentile(samples, 0.9), figures.p99, percentile(samples, 1));
    return figures;
}

int run() {
    // A disk, so that a commit costs what it costs; /tmp is memory on some machines.
    const auto folder = util::value_or_throw(util::TempDir::make("/var/tmp", "krepro-detect"));
    Path path(folder.path());
    fmt::print("From a splat's last byte on the console to the stored report, ms\n\n");
    fmt::print("{:24} {:>7} {:>8} {:>8} {:>8} {:>8}\n", "", "samples", "p50", "p90", "p99", "max");
    print_row("machine as it is", path.measure());
    const CompileLoad load(folder.path() / "make");
    std::this_thread::sleep_for(k_load_warm_up);
    const auto figures = print_row("while make -j2 compiles", path.measure());
    fmt::print("\nwanted: p99 <= {:.0f} ms\n", k_wanted_p99_ms);
    fmt::print("{{\"p50_ms\": {:.1f}, \"p99_ms\": {:.1f}}}\n", figures.p50, figures.p99);
    return 0;
}

}  // namespace
}  // namespace krepro::bench

int main() {
    try {
        return krepro::bench::run();
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
}
