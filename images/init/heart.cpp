// SPDX-License-Identifier: Apache-2.0
#include "init/heart.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <ctime>

#include "init/cgroup.hpp"
#include "init/guest_setup.hpp"
#include "init/proc_text.hpp"

namespace krepro::guest {
namespace {

constexpr int k_heart_priority = 99;
constexpr std::size_t k_heart_stack = 256UL << 10U;  // locked in memory as a whole

class Locked {
  public:
    explicit Locked(pthread_mutex_t& mutex) : mutex_(mutex) { pthread_mutex_lock(&mutex_); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
    ~Locked() { pthread_mutex_unlock(&mutex_); }

  private:
    pthread_mutex_t& mutex_;
};

Fd open_to_read(const char* path) {
    return Fd(open(path, O_RDONLY | O_CLOEXEC));
}

bool runs_under_deadline(int tid) {
    return (sched_getscheduler(tid) & ~SCHED_RESET_ON_FORK) == SCHED_DEADLINE;
}

void add_ms(timespec& time, int ms) {
    time.tv_sec += ms / 1000;
    time.tv_nsec += (ms % 1000) * 1'000'000L;
    if (time.tv_nsec >= 1'000'000'000L) {
        time.tv_nsec -= 1'000'000'000L;
        ++time.tv_sec;
    }
}

bool before(const timespec& a, const timespec& b) {
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

}  // namespace

bool Harness::open_port() {
    // O_NONBLOCK only while opening: without CLOCAL the port would wait for a carrier.
    port_ = Fd(open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    termios settings{};
    if (!port_.valid() || tcgetattr(port_.get(), &settings) != 0) return false;
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL;
    tcsetattr(port_.get(), TCSANOW, &settings);
    return fcntl(port_.get(), F_SETFL, 0) == 0;
}

void Harness::write_line(const std::string& line) {
    if (!write_all(port_.get(), line)) log_line(k_from_init, errno_text("writing to /dev/ttyS1"));
}

void Harness::drain() {
    tcdrain(port_.get());
}

void Counter::open_files() {
    lockdep_stats_ = open_to_read("/proc/lockdep_stats");
    meminfo_ = open_to_read("/proc/meminfo");
    exit_histogram_ = open_to_read(k_exit_histogram);
    workload_threads_ = open_to_read(k_workload_threads);
}

Counts Counter::count() {
    Counts counts;
    reread(lockdep_stats_, text_);
    counts.debug_locks = debug_locks_in(text_);
    reread(exit_histogram_, text_);
    counts.dl_exits = deadline_exits_in(text_);
    reread(meminfo_, text_);
    counts.mem_available_kib = mem_available_in(text_);
    if (workload_threads_.valid()) counts.dl_tasks = count_deadline_tasks();
    return counts;
}

std::int64_t Counter::count_deadline_tasks() {
    reread(workload_threads_, text_);
    std::int64_t tasks = 0;
    for_each_id(text_, [&](int tid) { tasks += runs_under_deadline(tid) ? 1 : 0; });
    return tasks;
}

void Watchdog::arm() {
    device_ = Fd(open("/dev/watchdog", O_WRONLY | O_CLOEXEC));
}

void Watchdog::pet() {
    if (device_.valid()) write_all(device_.get(), std::string_view("\0", 1));
}

void Watchdog::disarm() {
    if (device_.valid()) write_all(device_.get(), "V");
    device_.reset();
}

void Heart::prepare() {
    counter_.open_files();
    watchdog_.arm();
    // Above ordinary tasks, below the kernel's interrupt threads: a flood of output must not starve
    // them.
    become_realtime(1);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        log_line(k_from_init, errno_text("locking the harness in memory"));
}

bool Heart::start(int period_ms) {
    period_ms_ = period_ms;
    beat();
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, k_heart_stack);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread{};
    const int error = pthread_create(&thread, &attributes, &Heart::run, this);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

void* Heart::run(void* self) {
    static_cast<Heart*>(self)->keep_beating();
    return nullptr;
}

void Heart::keep_beating() {
    become_realtime(k_heart_priority);
    timespec next{};
    clock_gettime(CLOCK_MONOTONIC, &next);
    while (!stopped_) {
        add_ms(next, period_ms_);
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        // A beat that was held up is not made good by a burst.
        if (before(next, now)) next = now;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
        beat();
    }
}

void Heart::beat() {
    const Locked locked(mutex_);
    if (stopped_) return;
    auto counts = counter_.count();
    if (const std::int64_t ops = bogo_ops_; ops != k_none) counts.bogo_ops = ops;
    harness_.say([&](double now) { return heartbeat_line(now, iteration_, counts); });
    watchdog_.pet();
}

void Heart::stop() {
    const Locked locked(mutex_);
    stopped_ = true;
    watchdog_.disarm();
}

void become_realtime(int priority) {
    sched_param parameters{};
    parameters.sched_priority = priority;
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) != 0)
        log_line(k_from_init, errno_text("becoming a real-time task"));
}

}  // namespace krepro::guest
