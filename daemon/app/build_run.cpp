// SPDX-License-Identifier: Apache-2.0
#include "app/build_run.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>
#include <iterator>

#include "app/exit_status.hpp"
#include "app/rooms.hpp"
#include "app/tree_program.hpp"
#include "build/local_builder.hpp"
#include "checkout/local_source.hpp"
#include "intake/intake.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"

namespace krepro::app {

namespace asio = boost::asio;
using util::value_or_throw;

namespace {

constexpr int k_exit_differs = 1;
constexpr std::size_t k_most_mail = 16U << 20U;
constexpr auto k_progress_pace = std::chrono::seconds(10);

// CPU seconds of the processes that have ended and been waited for, sandboxes and all in them.
double cpu_of_children() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// One arm, built.
struct ArmResult {
    model::Build build;
    double cpu_s = 0;
    std::optional<build::RebuildPlan> plan;
    std::optional<build::AuditResult> audit;
};

model::Json to_json(const ArmResult& result) {
    model::Json json{{"build", model::to_json(result.build)}, {"cpu_s", result.cpu_s}};
    if (result.plan)
        json["plan"] = {{"hard", result.plan->hard},
                        {"dependents", result.plan->dependents},
                        {"names", result.plan->changed},
                        {"selected", result.plan->selected},
                        {"skipped", result.plan->skipped.size()},
                        {"seconds", result.plan->seconds}};
    if (result.audit)
        json["audit"] = {{"compared", result.audit->compared},
                         {"mismatches", result.audit->mismatches}};
    return json;
}

void print(const ArmResult& result) {
    const auto& build = result.build;
    if (build.cached) {
        fmt::print("{:10} {}  in the cache\n", model::to_string(build.arm), build.release);
        return;
    }
    fmt::print("{:10} {}  {} objects, {:.1f} s, {:.1f} CPU-s\n", model::to_string(build.arm),
               build.release, build.objects, build.wall_s, result.cpu_s);
    if (!build.plain.empty()) fmt::print("{:10} plain make: {}\n", "", build.plain);
    if (result.plan && result.plan->hard.empty())
        fmt::print("{:10} planner: {} of {} dependent objects selected, {} skipped, {:.1f} s\n", "",
                   result.plan->selected.size(), result.plan->dependents,
                   result.plan->skipped.size(), result.plan->seconds);
    if (result.audit)
        fmt::print("{:10} audit: {} compared, {} mismatches\n", "", result.audit->compared,
                   result.audit->mismatches.size());
    if (result.audit)
        for (const auto& mismatch : result.audit->mismatches)
            fmt::print("{:10} - {}\n", "", mismatch);
    std::fflush(stdout);
}

class BuildProgram {
  public:
    BuildProgram(const Settings& settings, const BuildRun& run)
        : run_(run),
          source_(tree_book(settings), settings.cache),
          builder_(settings.share / "kernels" / "profiles", settings.cache),
          signals_(io_, SIGINT, SIGTERM) {
        if (run.plain) builder_.use(build::LocalKernelBuilder::Planner::off);
        if (run.audit) builder_.audit_share(1);
    }

    std::vector<ArmResult> run(model::Mail mail) {
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (error) return;
            boost::system::error_code ignored;
            signals_.clear(ignored);  // a second signal ends the process at once
            spdlog::info("ending");
            cancel_.emit(asio::cancellation_type::terminal);
        });
        asio::co_spawn(
            io_, whole(std::move(mail)),
            asio::bind_cancellation_slot(cancel_.slot(), [this](const std::exception_ptr& failure) {
                failure_ = failure;
                io_.stop();
            }));
        io_.run();
        if (failure_) std::rethrow_exception(failure_);
        return std::move(results_);
    }

  private:
    asio::awaitable<void> whole(model::Mail mail) {
        const checkout::Progress tell = [](const std::string& text) { spdlog::info("{}", text); };
        const checkout::PatchBase base{run_.tree};
        const auto pair = value_or_throw(co_await source_.prepare(base, mail, tell));
        for (const auto* checkout : {&pair.unpatched, &pair.patched})
            if (run_.arm.empty() || run_.arm == model::to_string(checkout->arm))
                co_await build_arm(*checkout, changed_files(mail));
    }

    static std::vector<std::string> changed_files(const model::Mail& mail) {
        std::vector<std::string> files;
        for (const auto& file : mail.files)
            files.push_back(file.new_path.empty() ? file.old_path : file.new_path);
        return files;
    }

    asio::awaitable<void> build_arm(model::Checkout checkout, std::vector<std::string> files) {
        const build::BuildRequest request{checkout, run_.profile, std::move(files), {}};
        ArmResult result;
        const double before = cpu_of_children();
        std::optional<build::BuiltKernel> kernel;
        // What an audit is to prove (of the patch), and what is to be measured, must be made.
        const bool must = run_.again || (run_.audit && checkout.arm == model::ArmName::patched);
        if (!must) kernel = co_await builder_.find(request);
        if (!kernel) {
            const auto held = value_or_throw(co_await source_.select(checkout));
            const auto tell = teller(checkout.arm);
            kernel = value_or_throw(co_await builder_.build(request, tell));
            result.plan = builder_.last_plan();
            result.audit = builder_.last_audit();
        }
        result.build = kernel->build;
        result.cpu_s = cpu_of_children() - before;
        if (!run_.json) print(result);
        results_.push_back(std::move(result));
    }

    static std::function<void(const build::BuildProgress&)> teller(model::ArmName arm) {
        struct Pace {
            std::string step;
            std::chrono::steady_clock::time_point last;
        };
        return [arm, pace = Pace{}](const build::BuildProgress& progress) mutable {
            const auto now = std::chrono::steady_clock::now();
            if (progress.step == pace.step && now - pace.last < k_progress_pace) return;
            pace = {progress.step, now};
            const auto left = build::seconds_left(progress);
            spdlog::info("{}: {}, {} of {} objects{}", model::to_string(arm), progress.step,
                         progress.objects, progress.expected.value_or(0),
                         left ? fmt::format(", {:.0f} s left", *left) : std::string());
        };
    }

    BuildRun run_;
    asio::io_context io_{1};
    checkout::LocalKernelSource source_;
    build::LocalKernelBuilder builder_;
    asio::signal_set signals_;
    asio::cancellation_signal cancel_;
    std::vector<ArmResult> results_;
    std::exception_ptr failure_;
};

int conclude(const std::vector<ArmResult>& results, const BuildRun& run,
             const std::string& notice) {
    model::Json arms = model::Json::array();
    bool differs = false;
    for (const auto& result : results) {
        arms.push_back(to_json(result));
        differs = differs || (result.audit && !result.audit->mismatches.empty());
    }
    model::Json json{{"tree", run.tree}, {"arms", arms}};
    if (!notice.empty()) json["notice"] = notice;
    if (run.json) fmt::print("{}\n", model::dump_pretty(json));
    return differs ? k_exit_differs : 0;
}

util::Result<model::Mail> read(const std::string& file) {
    if (file == "-") {
        const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
        return intake::read_mail(bytes);
    }
    const auto bytes = util::read_file(file, k_most_mail);
    if (!bytes) return tl::unexpected(bytes.error());
    return intake::read_mail(*bytes);
}

}  // namespace

int run_build(const Settings& settings, const BuildRun& run) {
    ::umask(022);
    // Standard output is for the results alone.
    spdlog::set_default_logger(spdlog::stderr_color_mt("build"));
    const auto notice = settle_sandboxing(settings);
    auto mail = read(run.mail);
    if (!mail) {
        spdlog::critical("{}", mail.error().to_string());
        return k_exit_usage;
    }
    try {
        return conclude(BuildProgram(settings, run).run(std::move(*mail)), run, notice);
    } catch (const std::exception& error) {
        spdlog::critical("{}", error.what());
        return k_exit_infrastructure;
    }
}

}  // namespace krepro::app
