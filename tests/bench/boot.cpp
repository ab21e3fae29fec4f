// SPDX-License-Identifier: Apache-2.0
// How long a VM takes from starting QEMU to krepro-init's "ready", under emulation: as krepro boots
// it, libvirt included, beside plain QEMU with the same kernel as a bzImage, the same files in a
// gzip initramfs, QEMU's own devices and `-cpu max`. The two take turns. The kernel is one from the
// build cache.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>

#include "app/settings.hpp"
#include "built_kernel.hpp"
#include "image/image.hpp"
#include "intake/intake.hpp"
#include "intake/workload.hpp"
#include "pipeline/guest_boot.hpp"
#include "util/files.hpp"
#include "util/spawn.hpp"
#include "vm/libvirt_host.hpp"

namespace krepro::bench {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using util::value_or_throw;

constexpr int k_rounds = 9;
constexpr int k_vcpus = 2;
constexpr int k_memory_mib = 1024;
constexpr auto k_poll = 5ms;
constexpr auto k_longest_boot = 60s;
constexpr double k_wanted_speedup = 1.5;

bool says_ready(const fs::path& harness) {
    const auto text = util::read_file(harness);
    return text && text->find("\"ready\"") != std::string::npos;
}

// A plain QEMU, ended by the destructor.
class PlainQemu {
  public:
    PlainQemu(const build::BuiltKernel& kernel, const fs::path& initrd, const fs::path& folder) {
        util::ProcessSpec spec;
        spec.argv = {"qemu-system-x86_64",
                     "-accel",
                     "tcg",
                     "-cpu",
                     "max",
                     "-smp",
                     std::to_string(k_vcpus),
                     "-m",
                     std::to_string(k_memory_mib),
                     "-display",
                     "none",
                     "-no-reboot",
                     "-kernel",
                     kernel.bzimage.string(),
                     "-initrd",
                     initrd.string(),
                     "-append",
                     "console=ttyS0 panic=-1",
                     "-serial",
                     "file:" + (folder / "console.log").string(),
                     "-serial",
                     "file:" + (folder / "harness.log").string()};
        process_ = value_or_throw(util::spawn(spec));
    }
    ~PlainQemu() {
        ::kill(process_.pid, SIGKILL);
        ::waitpid(process_.pid, nullptr, 0);
    }
    PlainQemu(const PlainQemu&) = delete;
    PlainQemu& operator=(const PlainQemu&) = delete;

  private:
    util::Spawned process_;
};

struct Images {
    fs::path cpio;
    fs::path gzip;
    std::size_t bytes = 0;
};

Images make_images(const app::Settings& settings, const fs::path& folder) {
    const auto mail = value_or_throw(util::read_file(settings.share / "patches/seed/mail.txt"));
    const auto read = value_or_throw(intake::read_mail(mail));
    const auto workload = value_or_throw(
        intake::plan_workload(*read.reproducer, model::WorkloadForm::amplified, k_vcpus));
    const auto parts = value_or_throw(image::find_parts(settings.init));
    const auto bytes = value_or_throw(image::make_initramfs(parts, workload, {}));
    Images images{folder / "image.cpio", folder / "image.cpio.gz", bytes.size()};
    value_or_throw(util::write_file_atomic(images.cpio, bytes));
    if (std::system(fmt::format("gzip -k '{}'", images.cpio.string()).c_str()) != 0)
        throw std::runtime_error("gzip failed");
    for (const auto& file : {images.cpio, images.gzip}) fs::permissions(file, fs::perms(0644));
    return images;
}

class Boots {
  public:
    Boots(asio::io_context& io, const app::Settings& settings, const fs::path& folder)
        : io_(io),
          folder_(folder),
          run_(folder / "run"),
          kernel_(built_kernel(settings.cache)),
          images_(make_images(settings, folder)),
          host_(io, {"", folder / "vm", "krepro-bench-"}) {
        // QEMU's own user cannot reach every cache.
        for (auto* file : {&kernel_.vmlinux, &kernel_.bzimage}) {
            const auto copy = folder / file->filename();
            fs::copy_file(*file, copy);
            *file = copy;
        }
    }

    asio::awaitable<void> measure() {
        // The first start of each finds nothing in memory, and libvirt asks QEMU what it can do.
        co_await by_krepro();
        co_await by_plain_qemu();
        for (int round = 0; round < k_rounds; ++round) {
            krepro_.push_back(co_await by_krepro());
            plain_.push_back(co_await by_plain_qemu());
        }
    }

    void print() {
        fmt::print("kernel {}, {} vCPUs, {} MiB, TCG; initramfs {:.1f} MiB, {:.1f} MiB by gzip\n\n",
                   kernel_.build.release, k_vcpus, k_memory_mib,
                   static_cast<double>(images_.bytes) / (1 << 20U),
                   static_cast<double>(fs::file_size(images_.gzip)) / (1 << 20U));
        fmt::print("{:44} {:>6} {:>8} {:>8}\n", "from starting QEMU to \"ready\", seconds", "boots",
                   "median", "fastest");
        const double plain = print_row("plain: -cpu max, bzImage, gzip", plain_);
        const double ours = print_row("krepro: PVH, cpio, libvirt included", krepro_);
        fmt::print("\nwanted: at least {} times faster\n", k_wanted_speedup);
        fmt::print("{{\"speedup\": {:.2f}, \"krepro_s\": {:.2f}, \"plain_s\": {:.2f}}}\n",
                   plain / ours, ours, plain);
    }

  private:
    static double print_row(const char* name, std::vector<double> times) {
        std::sort(times.begin(), times.end());
        const double median = times[times.size() / 2];
        fmt::print("{:44} {:6} {:8.2f} {:8.2f}\n", name, times.size(), median, times.front());
        return median;
    }

    void empty_run_folder() const {
        fs::remove_all(run_);
        fs::create_directories(run_);
    }

    asio::awaitable<double> until_ready(Clock::time_point start) const {
        asio::steady_timer timer(io_);
        while (!says_ready(run_ / "harness.log")) {
            if (Clock::now() - start > k_longest_boot)
                throw std::runtime_error("a guest was not ready within 60 s");
            timer.expires_after(k_poll);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return std::chrono::duration<double>(Clock::now() - start).count();
    }

    asio::awaitable<double> by_plain_qemu() {
        empty_run_folder();
        const auto start = Clock::now();
        const PlainQemu qemu(kernel_, images_.gzip, run_);
        co_return co_await until_ready(start);
    }

    asio::awaitable<double> by_krepro() {
        empty_run_folder();
        auto boot = pipeline::guest_boot({kernel_.vmlinux, images_.cpio, "tcg"});
        boot.name = fmt::format("krepro-bench-{}", ++starts_);
        boot.vcpus = k_vcpus;
        boot.memory_mib = k_memory_mib;
        boot.console = run_ / "console.log";
        boot.harness = run_ / "harness.log";
        const std::function<void(vm::VmEvent)> ignore = [](const vm::VmEvent&) {};
        const auto start = Clock::now();
        const auto vm = value_or_throw(co_await host_.start(boot, ignore));
        const double seconds = co_await until_ready(start);
        co_await vm->destroy();
        co_return seconds;
    }

    asio::io_context& io_;
    fs::path folder_;
    fs::path run_;
    build::BuiltKernel kernel_;
    Images images_;
    vm::LibvirtHost host_;
    int starts_ = 0;
    std::vector<double> krepro_;
    std::vector<double> plain_;
};

void run() {
    const auto settings = value_or_throw(app::load_settings());
    // A short path that QEMU's user can reach.
    const auto folder = value_or_throw(util::TempDir::make("/tmp", "krepro-boot"));
    fs::permissions(folder.path(), fs::perms(0755));
    asio::io_context io;
    Boots boots(io, settings, folder.path());
    std::exception_ptr failure;
    asio::co_spawn(io, boots.measure(), [&](const std::exception_ptr& e) {
        failure = e;
        io.stop();
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    boots.print();
}

}  // namespace
}  // namespace krepro::bench

int main() {
    try {
        krepro::bench::run();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
}
