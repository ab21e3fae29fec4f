// SPDX-License-Identifier: Apache-2.0
#include "init/guest_setup.hpp"

#include <linux/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "init/io.hpp"

namespace krepro::guest {
namespace {

// `optional`: a kernel built without it is none the worse for a workload that does not ask for it.
enum class Need { required, wanted, optional };

struct Mount {
    const char* type;
    const char* target;
    const char* options;
    Need need;
};

// In this order: a later target may lie in an earlier mount.
constexpr std::array k_mounts{
    Mount{"devtmpfs", "/dev", nullptr, Need::required},
    Mount{"proc", "/proc", nullptr, Need::required},
    Mount{"sysfs", "/sys", nullptr, Need::required},
    Mount{"tmpfs", "/tmp", "mode=1777", Need::required},
    Mount{"tmpfs", "/run", "mode=755", Need::wanted},
    Mount{"tmpfs", "/dev/shm", "mode=1777", Need::wanted},
    Mount{"devpts", "/dev/pts", nullptr, Need::optional},
    Mount{"mqueue", "/dev/mqueue", nullptr, Need::optional},
    Mount{"tracefs", "/sys/kernel/tracing", nullptr, Need::wanted},
    Mount{"cgroup2", "/sys/fs/cgroup", nullptr, Need::wanted},
};

std::string mount_all() {
    for (const auto& m : k_mounts) {
        mkdir(m.target, 0755);
        if (mount(m.type, m.target, m.type, 0, m.options) == 0 || errno == EBUSY) continue;
        const auto problem = errno_text(std::string("mounting ") + m.type + " on " + m.target);
        if (m.need == Need::required) return problem;
        if (m.need == Need::wanted) log_line(k_from_init, problem);
    }
    return {};
}

// Every line of a splat has the level of a warning, the kernel's default level, or a worse one.
// Levels that the command line has set more talkative stay.
void let_warnings_through() {
    int console = 0;
    int fallback = 0;
    int minimum = 0;
    int boot = 0;
    const auto now = read_file("/proc/sys/kernel/printk");
    if (sscanf(now.c_str(), "%d %d %d %d", &console, &fallback, &minimum, &boot) != 4) return;
    if (console < 5) console = 5;
    if (fallback > 4) fallback = 4;
    const auto levels = std::to_string(console) + " " + std::to_string(fallback) + " " +
                        std::to_string(minimum) + " " + std::to_string(boot);
    if (!write_file("/proc/sys/kernel/printk", levels))
        log_line(k_from_init, errno_text("setting kernel.printk"));
    // The workload's lines go through /dev/kmsg and have a limit of their own (LineBudget).
    // The kernel refuses the word without its newline.
    if (!write_file("/proc/sys/kernel/printk_devkmsg", "on\n"))
        log_line(k_from_init, errno_text("setting kernel.printk_devkmsg"));
}

void bring_up_loopback() {
    const Fd socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket_fd.valid()) return;
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", sizeof(request.ifr_name) - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    ioctl(socket_fd.get(), SIOCSIFFLAGS, &request);
}

// A trigger counts in the kernel, exactly, with no work in user space for an exit.
void count_exits_by_priority() {
    constexpr const char* k_trigger = "/sys/kernel/tracing/events/sched/sched_process_exit/trigger";
    if (!write_file(k_trigger, "hist:keys=prio"))
        log_line(k_from_init, errno_text("counting exits with a histogram trigger"));
}

}  // namespace

std::string set_up_guest() {
    if (auto problem = mount_all(); !problem.empty()) return problem;
    let_warnings_through();
    bring_up_loopback();
    count_exits_by_priority();
    return {};
}

std::string timer_problem() {
    timespec resolution{};
    clock_getres(CLOCK_MONOTONIC, &resolution);
    if (resolution.tv_sec == 0 && resolution.tv_nsec == 1) return {};
    // The field is there when the kernel was built with high-resolution timers.
    if (read_file("/proc/timer_list").find(".hres_active") == std::string::npos) return {};
    return "high-resolution timers are off: the kernel gave up its APIC timer while booting, as on "
           "a loaded host, or was told to (highres=off)";
}

void power_off() {
    sync();
    reboot(RB_POWER_OFF);
    // Without a way to power off, a reset ends the VM as well.
    reboot(RB_AUTOBOOT);
    for (;;) pause();
}

}  // namespace krepro::guest
