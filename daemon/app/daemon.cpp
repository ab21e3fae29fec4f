// SPDX-License-Identifier: Apache-2.0
#include "app/daemon.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>

#include "build/local_builder.hpp"
#include "checkout/local_source.hpp"
#include "http/server.hpp"
#include "pipeline/submit.hpp"
#include "pipeline/worker.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
#include "vm/libvirt_host.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

namespace {

constexpr const char* k_version = KREPRO_VERSION;

// Every concrete part of the daemon, in the order in which they need each other.
class Daemon {
  public:
    explicit Daemon(const Settings& settings)
        : lock_(lock_state(settings)),
          pool_(2),
          store_(value_or_throw(store::Store::open(settings.state / "krepro.db"))),
          artifacts_(settings.state / "artifacts"),
          host_(io_, {settings.libvirt_uri, settings.state / "vm", vm_prefix(settings)}),
          trees_(value_or_throw(checkout::read_trees(settings.share / "kernels" / "trees.toml"))),
          source_(trees_, settings.cache),
          builder_(settings.share / "kernels" / "profiles", settings.cache),
          services_(services(settings)),
          worker_(io_.get_executor(), services_),
          server_(io_.get_executor(), server_options(settings), http_services()),
          signals_(io_, SIGINT, SIGTERM) {}

    void run() {
        artifacts_
            .remove_drafts();  // of a process that was killed; the lock says there is no other
        asio::co_spawn(io_, worker_.run(), on_part_ended());
        asio::co_spawn(io_, server_.run(), on_part_ended());
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (error) return;
            spdlog::info("ending after signal {}", signal);
            stop();
        });
        spdlog::info("krepro {} listens on port {}", k_version, server_.port());
        io_.run();
        if (defect_) std::rethrow_exception(defect_);
    }

  private:
    static util::FileLock lock_state(const Settings& settings) {
        if (settings.share.empty())
            throw util::InfraError({util::ErrorKind::unavailable,
                                    "the files that ship with krepro are not found", "",
                                    "set KREPRO_SHARE to the folder that holds kernels/"});
        std::error_code code;
        fs::create_directories(settings.state, code);
        auto lock = util::FileLock::take(settings.state / "lock", util::FileLock::Wait::no);
        if (lock) return std::move(*lock);
        auto error = lock.error();
        error.hint = "another krepro daemon uses this state folder; set KREPRO_STATE";
        throw util::InfraError(std::move(error));
    }

    // Two daemons may share one libvirt, never one state folder.
    static std::string vm_prefix(const Settings& settings) {
        return "krepro-" + util::sha256_hex(settings.state.string()).substr(0, 8) + "-";
    }

    pipeline::Services services(const Settings& settings) {
        pipeline::Services parts;
        parts.store = &store_;
        parts.artifacts = &artifacts_;
        parts.bus = &bus_;
        parts.source = &source_;
        parts.builder = &builder_;
        parts.host = &host_;
        parts.pool = &pool_;
        parts.init = settings.init;
        parts.images = settings.cache / "images";
        parts.runs = settings.state / "runs";
        parts.profiles = settings.share / "kernels" / "profiles";
        for (const auto& tree : trees_) parts.trees.push_back(tree.name);
        parts.accelerator = settings.accelerator;
        parts.vm_prefix = vm_prefix(settings);
        return parts;
    }

    static http::ServerOptions server_options(const Settings& settings) {
        http::ServerOptions options;
        options.address = settings.address;
        options.port = settings.port;
        options.web_root = settings.share / "web" / "dist";
        return options;
    }

    http::Services http_services() {
        http::Services parts;
        parts.store = &store_;
        parts.artifacts = &artifacts_;
        parts.bus = &bus_;
        parts.submit = [this](model::JobSpec spec) { return submit(std::move(spec)); };
        parts.cancel = [this](std::int64_t job) { worker_.cancel(job); };
        parts.live_console = [this](std::int64_t trial) { return live(trial, "console.log"); };
        parts.live_harness = [this](std::int64_t trial) { return live(trial, "harness.log"); };
        parts.version = k_version;
        return parts;
    }

    asio::awaitable<util::Result<model::Job>> submit(model::JobSpec spec) {
        auto job = co_await pipeline::submit(services_, std::move(spec));
        if (job) worker_.enqueue(job->id);
        co_return job;
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

    util::FileLock lock_;
    asio::io_context io_{1};
    asio::thread_pool pool_;
    store::AsyncStore store_;
    store::Artifacts artifacts_;
    store::EventBus bus_;
    vm::LibvirtHost host_;
    std::vector<checkout::Tree> trees_;
    checkout::LocalKernelSource source_;
    build::LocalKernelBuilder builder_;
    pipeline::Services services_;
    pipeline::Worker worker_;
    http::Server server_;
    asio::signal_set signals_;
    std::exception_ptr defect_;
    int parts_running_ = 0;
};

}  // namespace

int run_daemon(const Settings& settings) {
    std::signal(SIGPIPE, SIG_IGN);  // a client that is gone is an error code, not the end
    ::umask(022);                   // QEMU's user reads kernels and images
    try {
        Daemon(settings).run();
        return 0;
    } catch (const std::exception& error) {
        spdlog::critical("{}", error.what());
        return 2;
    }
}

}  // namespace krepro::app
