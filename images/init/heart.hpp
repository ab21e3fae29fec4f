// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>

#include "init/events.hpp"
#include "init/io.hpp"

namespace krepro::guest {

// ttyS1: whole lines, from any thread.
class Harness {
  public:
    // False when there is no second serial port.
    bool open_port();
    // Writes the line that `make` gives for the time of writing: on the port time never goes back.
    template <class Make>
    void say(Make make) {
        pthread_mutex_lock(&mutex_);
        write_line(make(uptime()));
        pthread_mutex_unlock(&mutex_);
    }
    // Waits until the last line has left the guest.
    void drain();

  private:
    void write_line(const std::string& line);
    Fd port_;
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

// Reads the heartbeat's counts. Files stay open and buffers keep their memory, so that a guest
// short of both goes on beating.
class Counter {
  public:
    void open_files();
    [[nodiscard]] Counts count();

  private:
    std::int64_t count_deadline_tasks();
    Fd lockdep_stats_;
    Fd meminfo_;
    Fd exit_histogram_;
    Fd workload_threads_;
    std::string text_;
};

// /dev/watchdog, when the VM has one: a guest that stops beating is reset by it.
class Watchdog {
  public:
    void arm();
    void pet();
    // Before an orderly end.
    void disarm();

  private:
    Fd device_;
};

// Writes a heartbeat every `period_ms` from a thread above every ordinary real-time task.
class Heart {
  public:
    explicit Heart(Harness& harness) : harness_(harness) {}
    void prepare();
    // The first heartbeat is written at once, by the caller. False when no thread can be had.
    [[nodiscard]] bool start(int period_ms);
    void beat();
    void set_iteration(int iteration) { iteration_ = iteration; }
    [[nodiscard]] int iteration() const { return iteration_; }
    // Operations that an iteration which has ended says it has done.
    void add_bogo_ops(std::int64_t ops) { bogo_ops_ = std::max<std::int64_t>(bogo_ops_, 0) + ops; }
    void stop();

  private:
    static constexpr std::int64_t k_none = -1;
    static void* run(void* self);
    void keep_beating();

    Harness& harness_;
    Counter counter_;
    Watchdog watchdog_;
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    std::atomic<int> iteration_ = 0;
    std::atomic<std::int64_t> bogo_ops_ = k_none;
    std::atomic<bool> stopped_ = false;
    int period_ms_ = 1000;
};

// Makes the calling thread SCHED_FIFO of this priority; its children start as ordinary tasks.
void become_realtime(int priority);

}  // namespace krepro::guest
