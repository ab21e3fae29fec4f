// SPDX-License-Identifier: Apache-2.0
#include "init/iteration.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>

#include "init/cgroup.hpp"
#include "init/io.hpp"
#include "init/output.hpp"
#include "init/settings.hpp"

namespace krepro::guest {
namespace {

constexpr double k_clear_s = 10;
constexpr int k_poll_ms = 1000;

int g_children_fd = -1;

void forward(const std::vector<std::string>& lines, LineBudget& budget) {
    for (const auto& line : lines) {
        if (!budget.take(uptime())) continue;
        if (const auto refused = budget.take_refused(); refused != 0)
            log_line(k_from_init, std::to_string(refused) + " lines of the workload left out");
        log_line(k_from_workload, line);
    }
}

// The script's output, as far as it goes for now; never blocks. The budget spans iterations.
class OutputPipe {
  public:
    explicit OutputPipe(Fd reader) : reader_(std::move(reader)) {}
    [[nodiscard]] int fd() const { return reader_.get(); }

    void drain() {
        std::array<char, 4096> buffer{};
        while (reader_.valid()) {
            const auto got = read(reader_.get(), buffer.data(), buffer.size());
            if (got > 0) {
                const auto size = static_cast<std::size_t>(got);
                forward(lines_.feed({buffer.data(), size}), budget_);
                continue;
            }
            // At the end of the file nothing is left to poll for.
            if (got == 0) reader_.reset();
            if (got == 0 || errno != EINTR) return;
        }
    }

    [[nodiscard]] std::string finish() {
        drain();
        forward(lines_.finish(), budget_);
        return lines_.tail();
    }

  private:
    static inline LineBudget budget_;
    Fd reader_;
    OutputLines lines_;
};

// In the child of a threaded process: async-signal-safe calls only.
[[noreturn]] void become_workload(int output) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    setsid();
    join_workload_cgroup();
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (chdir("/tmp") != 0) _exit(126);
    const char* const arguments[] = {"sh", k_workload_path, nullptr};
    const char* const environment[] = {"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                       "HOME=/tmp", "TMPDIR=/tmp", "TERM=dumb", nullptr};
    execve("/bin/sh", const_cast<char* const*>(arguments), const_cast<char* const*>(environment));
    _exit(127);
}

// Reaps whatever has ended; the wait status of `wanted` when it is among them.
std::optional<int> reap(pid_t wanted) {
    std::optional<int> found;
    int status = 0;
    for (;;) {
        const pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0) return found;
        if (pid == wanted) found = status;
    }
}

std::optional<int> wait_for(pid_t child, OutputPipe& output) {
    for (;;) {
        // A descriptor of -1 is one that poll passes over.
        std::array<pollfd, 2> wait{pollfd{g_children_fd, POLLIN, 0},
                                   pollfd{output.fd(), POLLIN, 0}};
        poll(wait.data(), wait.size(), k_poll_ms);
        signalfd_siginfo ignored{};
        while (read(g_children_fd, &ignored, sizeof(ignored)) > 0) continue;
        output.drain();
        if (const auto status = reap(child)) return status;
    }
}

}  // namespace

bool watch_children() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    g_children_fd = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    return g_children_fd >= 0;
}

IterationEnd run_workload_once() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return {{126, std::nullopt}, errno_text("making a pipe for the workload")};
    Fd writer(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    OutputPipe output{Fd(ends[0])};
    const pid_t child = fork();
    if (child < 0) return {{126, std::nullopt}, errno_text("starting the workload")};
    if (child == 0) become_workload(ends[1]);
    writer.reset();
    const auto status = wait_for(child, output);
    return {ending_of(*status), output.finish()};
}

void clear_workload() {
    const double deadline = uptime() + k_clear_s;
    for (;;) {
        kill_workload();
        reap(0);
        // As PID 1 every orphan is its child: no child means that nothing is left.
        if (waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return;
        if (uptime() > deadline) break;
        const timespec pause{0, 20'000'000};
        nanosleep(&pause, nullptr);
    }
    log_line(k_from_init, "tasks of the workload are still there after SIGKILL");
}

}  // namespace krepro::guest
