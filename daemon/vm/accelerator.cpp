// SPDX-License-Identifier: Apache-2.0
#include "vm/accelerator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <fstream>

#include "util/clock.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
#include "vm/console_tail.hpp"
#include "vm/event_queue.hpp"

namespace krepro::vm {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

std::string cpu_model() {
    std::ifstream cpuinfo("/proc/cpuinfo");
    for (std::string line; std::getline(cpuinfo, line);)
        if (line.starts_with("model name")) return line;
    return {};
}

// Waits until the harness has said something, the VM has ended, or the time is up.
asio::awaitable<bool> says_hello(EventQueue<VmEvent>& queue, FileTail& harness, double seconds) {
    const auto start = std::chrono::steady_clock::now();
    while (util::seconds_between(start, std::chrono::steady_clock::now()) < seconds) {
        if (harness.read_more().find("\"hello\"") != std::string::npos) co_return true;
        while (const auto event = queue.pop())
            if (event->kind == VmEvent::Kind::stopped) co_return false;
        co_await queue.wait(100ms);
    }
    co_return false;
}

}  // namespace

std::string host_fingerprint() {
    utsname name{};
    ::uname(&name);
    std::error_code ignored;
    const auto qemu = std::filesystem::last_write_time("/usr/bin/qemu-system-x86_64", ignored);
    struct stat device {};
    const bool there = ::stat("/dev/kvm", &device) == 0;
    return util::sha256_hex(fmt::format("{} {} {} {} {} {:o} {}", name.release, name.version,
                                        cpu_model(), qemu.time_since_epoch().count(), there,
                                        device.st_mode, device.st_gid))
        .substr(0, 16);
}

bool kvm_device_usable() {
    return util::Fd(::open("/dev/kvm", O_RDWR | O_CLOEXEC)).valid();
}

asio::awaitable<AcceleratorChoice> probe_accelerator(VmHost& host, BootSpec boot, double seconds) {
    if (!kvm_device_usable())
        co_return AcceleratorChoice{"tcg", "/dev/kvm cannot be opened", host_fingerprint(), false};
    EventQueue<VmEvent> queue(co_await asio::this_coro::executor);
    boot.accelerator = "kvm";
    FileTail harness(boot.harness);
    const std::function<void(VmEvent)> on_event = [&queue](VmEvent event) {
        queue.push(std::move(event));
    };
    auto vm = co_await host.start(boot, on_event);
    if (!vm)
        co_return AcceleratorChoice{"tcg", "a KVM guest cannot be started: " + vm.error().what,
                                    host_fingerprint(), false};
    const bool booted = co_await says_hello(queue, harness, seconds);
    co_await (*vm)->destroy();
    if (booted)
        co_return AcceleratorChoice{"kvm", "a guest booted in it", host_fingerprint(), true};
    co_return AcceleratorChoice{
        "tcg", fmt::format("/dev/kvm opens, but no guest got to userspace in {:.0f} s", seconds),
        host_fingerprint(), true};
}

}  // namespace krepro::vm
