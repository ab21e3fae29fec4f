// SPDX-License-Identifier: Apache-2.0
#include "app/daemon.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <thread>

#include "app/boot_program.hpp"
#include "app/host_watch.hpp"
#include "app/job_stores.hpp"
#include "app/rooms.hpp"
#include "app/tree_program.hpp"
#include "build/local_builder.hpp"
#include "build/local_symbolizer.hpp"
#include "build/profile.hpp"
#include "checkout/local_source.hpp"
#include "http/server.hpp"
#include "http/webhooks.hpp"
#include "pipeline/bisections.hpp"
#include "pipeline/bundle.hpp"
#include "pipeline/commit_mail.hpp"
#include "pipeline/estimate.hpp"
#include "pipeline/submit.hpp"
#include "pipeline/tree_tries.hpp"
#include "pipeline/worker.hpp"
#include "util/files.hpp"
#include "vm/libvirt_host.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

namespace {

constexpr const char* k_version = KREPRO_VERSION;
constexpr double k_bytes_a_gib = 1024.0 * 1024 * 1024;
// For what is tried before a job is submitted; the rest is told when it is asked again.
constexpr std::chrono::milliseconds k_preview_patience{1000};

// What a first signal does: `stop` leaves a running job to the next start, `cancel` ends it.
enum class OnSignal { stop, cancel };

// Every concrete part of the daemon, in the order in which they need each other.
class Daemon {
  public:
    Daemon(const Settings& settings, const fs::path& home, OnSignal on_signal)
        : on_signal_(on_signal),
          home_(home),
          lock_(lock_whole_state(settings)),
          pool_(2),
          packing_(1),
          store_(value_or_throw(store::Store::open(settings.state / "krepro.db"))),
          artifacts_(settings.state / "artifacts"),
          host_(io_, {settings.libvirt_uri, settings.state / "vm", vm_prefix(settings.state)}),
          trees_(tree_book(settings)),
          source_(trees_, settings.cache),
          builder_(settings.share / "kernels" / "profiles", settings.cache),
          symbolizer_(settings.cache / "debug", own_program()),
          cache_(settings.cache),
          services_(services(settings)),
          tries_(trees_, &source_),
          host_watch_(settings, pool_),
          worker_(io_.get_executor(), services_),
          bisections_(io_.get_executor(), services_, jobs_of_bisections()),
          server_(io_.get_executor(), server_options(settings), http_services(settings)),
          webhooks_(&store_, &bus_, webhook_options(settings)),
          signals_(io_, SIGINT, SIGTERM) {}

    void run() {
        value_or_throw(trees_.all());  // a file that cannot be read is said now, not at a job
        artifacts_
            .remove_drafts();  // of a process that was killed; the lock says there is no other
        asio::co_spawn(io_, work(), on_part_ended());
        asio::co_spawn(io_, bisections_.run(), on_part_ended());
        asio::co_spawn(io_, server_.run(), on_part_ended());
        for (auto& teller : webhooks_.tellers()) asio::co_spawn(io_, teller.run(), on_part_ended());
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (error) return;
            spdlog::info("ending after signal {}", signal);
            if (on_signal_ == OnSignal::stop) return stop();
            // A second signal ends the process at once.
            boost::system::error_code ignored;
            signals_.clear(ignored);
            asio::co_spawn(io_, cancel_all(), asio::detached);
        });
        spdlog::info("krepro {} listens on port {}", k_version, server_.port());
        io_.run();
        if (defect_) std::rethrow_exception(defect_);
    }

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_.port());
    }
    // From any thread.
    void ask_to_stop() {
        asio::post(io_, [this] { stop(); });
    }

  private:
    // What an earlier process left unfinished is taken up, or given up when nobody waits for it.
    asio::awaitable<void> work() {
        if (on_signal_ == OnSignal::cancel) co_await cancel_all();
        co_await worker_.run();
    }

    asio::awaitable<void> cancel_all() {
        const auto ids = co_await store_.call([](store::Store& s) {
            const auto unfinished = s.unfinished_jobs();
            for (const auto id : unfinished) static_cast<void>(s.request_cancel(id));
            for (const auto& bisection : s.unfinished_bisections())
                static_cast<void>(s.request_bisection_cancel(bisection.id));
            return unfinished;
        });
        for (const auto id : ids) worker_.cancel(id);
        bisections_.wake();
    }

    static util::FileLock lock_whole_state(const Settings& settings) {
        if (settings.share.empty())
            throw util::InfraError({util::ErrorKind::unavailable,
                                    "the files that ship with krepro are not found", "",
                                    "set KREPRO_SHARE to the folder that holds kernels/"});
        return lock_state(settings.state, "krepro daemon");
    }

    // What runs in the sandbox as the reader of foreign binaries.
    static fs::path own_program() {
        std::error_code code;
        return fs::read_symlink("/proc/self/exe", code);
    }

    pipeline::Services services(const Settings& settings) {
        pipeline::Services parts;
        parts.store = &store_;
        parts.artifacts = &artifacts_;
        parts.bus = &bus_;
        parts.source = &source_;
        parts.builder = &builder_;
        parts.symbolizer = &symbolizer_;
        parts.host = &host_;
        parts.cache = &cache_;
        parts.cache_holds = [home = home_] { return held_by_jobs(home); };
        parts.most_cache_bytes = static_cast<std::uint64_t>(settings.cache_gib * k_bytes_a_gib);
        parts.pool = &pool_;
        parts.packing = &packing_;
        parts.init = settings.init;
        parts.images = settings.cache / "images";
        parts.runs = settings.state / "runs";
        parts.profiles = settings.share / "kernels" / "profiles";
        parts.trees = trees_;
        parts.accelerator = settings.accelerator;
        parts.vm_prefix = vm_prefix(settings.state);
        parts.notice = settle_sandboxing(settings);
        return parts;
    }

    static http::ServerOptions server_options(const Settings& settings) {
        http::ServerOptions options;
        options.address = settings.address;
        options.port = settings.port;
        options.web_root = settings.share / "web" / "dist";
        options.tls_certificate = settings.tls_cert;
        options.tls_key = settings.tls_key;
        if (settings.demand_tokens) options.tokens = http::Tokens::demanded;
        return options;
    }

    static http::WebhookOptions webhook_options(const Settings& settings) {
        http::WebhookOptions options;
        options.url = settings.webhook;
        options.secret_file = settings.webhook_secret_file;
        options.allow_private = settings.webhook_allow_private;
        options.trusted = settings.ca_file;
        return options;
    }

    http::Services http_services(const Settings& settings) {
        http::Services parts;
        parts.store = &store_;
        parts.artifacts = &artifacts_;
        parts.bus = &bus_;
        parts.pool = &pool_;
        parts.submit = [this](model::JobSpec spec, store::Submission submission) {
            return submit(std::move(spec), std::move(submission));
        };
        parts.submit_bisection = [this](model::BisectionSpec spec, std::int64_t token) {
            return bisections_.submit(std::move(spec), token);
        };
        parts.wake_bisections = [this] { bisections_.wake(); };
        parts.cancel = [this](std::int64_t job) { worker_.cancel(job); };
        parts.bundle = [this](std::int64_t job) { return pipeline::make_bundle(services_, job); };
        parts.live_console = [this](std::int64_t trial) { return live(trial, "console.log"); };
        parts.live_harness = [this](std::int64_t trial) { return live(trial, "harness.log"); };
        parts.host = [this] { return host_watch_.now(); };
        parts.trees = [this] { return tree_infos(trees_, source_); };
        parts.look_ahead = [this](model::JobSpec spec, model::Mail mail) {
            return look_ahead(std::move(spec), std::move(mail));
        };
        parts.read_commit = [this](model::JobSpec spec) {
            return pipeline::commit_at_hand(&source_, trees_, std::move(spec));
        };
        parts.profiles = profiles(services_.profiles);
        parts.job_receivers = http::job_receivers(webhook_options(settings));
        parts.max_vcpus = services_.max_vcpus;
        parts.version = k_version;
        return parts;
    }

    pipeline::Bisections::Jobs jobs_of_bisections() {
        return {[this](std::int64_t job) { worker_.enqueue(job); },
                [this](std::int64_t job) { worker_.cancel(job); }};
    }

    static std::vector<model::ProfileInfo> profiles(const fs::path& folder) {
        std::vector<model::ProfileInfo> list;
        for (const auto& name : build::profile_names(folder))
            if (auto profile = build::read_profile(folder, name))
                list.push_back({name, profile->description, profile->guarantees});
        return list;
    }

    asio::awaitable<util::Result<store::Submitted>> submit(model::JobSpec spec,
                                                           store::Submission submission) {
        auto stored = co_await pipeline::submit(services_, std::move(spec), std::move(submission));
        if (stored && !stored->again) worker_.enqueue(stored->job.id);
        co_return stored;
    }

    asio::awaitable<model::Prospect> look_ahead(model::JobSpec spec, model::Mail mail) {
        model::Prospect prospect;
        // A commit is of the tree that the job names: there is nothing to try.
        if (spec.commit.empty())
            prospect.trees = co_await tries_.ask(mail.patch, spec.tree, k_preview_patience);
        const auto cpus = static_cast<int>(std::thread::hardware_concurrency());
        const pipeline::Outlook outlook{std::move(spec), std::move(mail), prospect.trees, cpus};
        prospect.estimate = co_await pipeline::estimate_from(&store_, outlook);
        co_return prospect;
    }

    std::optional<fs::path> live(std::int64_t trial, const char* name) const {
        auto file = pipeline::run_folder(services_, trial) / name;
        std::error_code code;
        if (!fs::exists(file, code)) return std::nullopt;
        return file;
    }

    // Two phases: ask everything to end, then leave the loop when it has. The loop would not run
    // dry by itself: libvirt keeps its timers.
    void stop() {
        // A second signal ends the process at once, should anything hang.
        boost::system::error_code ignored;
        signals_.clear(ignored);
        server_.stop();
        webhooks_.stop();
        bisections_.stop();
        worker_.stop();
    }

    // A part ends by an exception only when we are at fault: then the process ends in order, with
    // the exception as its last word.
    std::function<void(std::exception_ptr)> on_part_ended() {
        ++parts_running_;
        return [this](const std::exception_ptr& failure) {
            if (failure && !defect_) {
                defect_ = failure;
                stop();
            }
            if (--parts_running_ == 0) io_.stop();
        };
    }

    OnSignal on_signal_;
    fs::path home_;  // the state folder that other programs of krepro know
    util::FileLock lock_;
    asio::io_context io_{1};
    asio::thread_pool pool_;
    asio::thread_pool packing_;
    store::AsyncStore store_;
    store::Artifacts artifacts_;
    store::EventBus bus_;
    vm::LibvirtHost host_;
    checkout::TreeBook trees_;
    checkout::LocalKernelSource source_;
    build::LocalKernelBuilder builder_;
    build::LocalSymbolizer symbolizer_;
    pipeline::CacheKeeper cache_;
    pipeline::Services services_;
    pipeline::TreeTries tries_;
    HostWatch host_watch_;
    pipeline::Worker worker_;
    pipeline::Bisections bisections_;
    http::Server server_;
    http::Webhooks webhooks_;
    asio::signal_set signals_;
    std::exception_ptr defect_;
    int parts_running_ = 0;
};

// A full house of clients must leave descriptors for the store, consoles and kernels.
void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 65536));
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        spdlog::warn("the limit of open files stays as it is");
}

void prepare_process() {
    std::signal(SIGPIPE, SIG_IGN);  // a client that is gone is an error code, not the end
    ::umask(022);                   // QEMU's user reads kernels and images
    raise_file_limit();
}

// The daemon's loop on a thread of its own, ended by the destructor.
class Background {
  public:
    explicit Background(Daemon& daemon) : daemon_(daemon), thread_([this] { run(); }) {}
    ~Background() {
        daemon_.ask_to_stop();
        thread_.join();
    }
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

  private:
    void run() {
        try {
            daemon_.run();
        } catch (const std::exception& error) {
            spdlog::critical("{}", error.what());
        }
    }
    Daemon& daemon_;
    std::thread thread_;
};

}  // namespace

int run_with_daemon(Settings settings, const std::function<int(const std::string& url)>& use) {
    prepare_process();
    // Standard output is for the result alone, and a person sees the job's own progress.
    spdlog::set_default_logger(spdlog::stderr_color_mt("run"));
    spdlog::set_level(spdlog::level::warn);
    const auto home = settings.state;
    settings.state = home / k_state_of_runs;
    settings.address = "127.0.0.1";
    settings.port = 0;
    settings.tls_cert = settings.tls_key = "";
    settings.demand_tokens = false;  // its store has none, and only this process knows the port
    settings.webhook.clear();
    settings.webhook_secret_file.clear();
    try {
        Daemon daemon(settings, home, OnSignal::cancel);
        const Background background(daemon);
        return use(daemon.url());
    } catch (const std::exception& error) {
        spdlog::critical("{}", error.what());
        return 2;
    }
}

int run_daemon(const Settings& settings) {
    prepare_process();
    try {
        Daemon(settings, settings.state, OnSignal::stop).run();
        return 0;
    } catch (const std::exception& error) {
        spdlog::critical("{}", error.what());
        return 2;
    }
}

}  // namespace krepro::app
