// SPDX-License-Identifier: Apache-2.0
// PID 1 of the guest: sets the guest up, runs the workload's loop and tells ttyS1 what happens.
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "init/cgroup.hpp"
#include "init/events.hpp"
#include "init/guest_setup.hpp"
#include "init/heart.hpp"
#include "init/io.hpp"
#include "init/iteration.hpp"
#include "init/proc_text.hpp"
#include "init/settings.hpp"

namespace krepro::guest {
namespace {

[[noreturn]] void give_up(Harness& harness, const std::string& what) {
    harness.say([&](double now) { return error_line(now, what); });
    harness.drain();
    log_line(k_from_init, what);
    power_off();
}

std::string kernel_release() {
    utsname names{};
    return uname(&names) == 0 ? names.release : "";
}

Settings read_settings(Harness& harness) {
    auto settings = parse_settings(read_file(k_settings_path));
    if (!settings.problem.empty())
        give_up(harness, std::string(k_settings_path) + ": " + settings.problem);
    if (access(k_workload_path, R_OK) != 0)
        give_up(harness, errno_text(std::string("reading ") + k_workload_path));
    return settings;
}

void sleep_ms(int ms) {
    timespec left{ms / 1000, (ms % 1000) * 1'000'000L};
    while (nanosleep(&left, &left) != 0) continue;
}

void run_iteration(Harness& harness, Heart& heart, const Settings& settings) {
    heart.set_iteration(heart.iteration() + 1);
    harness.say([&](double now) { return iteration_start_line(now, heart.iteration()); });
    unlink(k_metrics_path);
    const auto end = run_workload_once();
    if (const auto ops = bogo_ops_in(read_file(k_metrics_path))) heart.add_bogo_ops(*ops);
    const std::string what = failed(end.ending) ? end.last_lines : "";
    harness.say(
        [&](double now) { return iteration_end_line(now, heart.iteration(), end.ending, what); });
    clear_workload();
    sleep_ms(settings.linger_ms);
}

[[noreturn]] void run_guest() {
    static Harness harness;
    const bool has_port = harness.open_port();
    harness.say([](double now) { return hello_line(now, kernel_release()); });
    if (!has_port) give_up(harness, "no second serial port: give the VM two");
    if (const auto problem = set_up_guest(); !problem.empty()) give_up(harness, problem);
    if (const auto problem = timer_problem(); !problem.empty()) give_up(harness, problem);
    if (!watch_children()) give_up(harness, errno_text("watching for the end of children"));
    make_workload_cgroup();
    const auto settings = read_settings(harness);

    static Heart heart(harness);
    heart.prepare();
    harness.say(ready_line);
    // The beat at the start is the base from which the workload's counters are counted.
    if (!heart.start(settings.heartbeat_ms)) give_up(harness, "the heartbeat got no thread");
    while (settings.iterations == 0 || heart.iteration() < settings.iterations)
        run_iteration(harness, heart, settings);
    heart.beat();
    heart.stop();
    harness.say([](double now) { return done_line(now, heart.iteration()); });
    harness.drain();
    power_off();
}

}  // namespace
}  // namespace krepro::guest

int main() {
    // It would mount over, and power off, the machine that runs it.
    if (getpid() != 1) {
        std::fputs("krepro-init is PID 1 of a krepro VM and does nothing else\n", stderr);
        return 64;
    }
    krepro::guest::run_guest();
}
