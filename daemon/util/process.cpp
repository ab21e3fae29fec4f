// SPDX-License-Identifier: Apache-2.0
#include "util/process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <utility>

#include "util/sandbox.hpp"
#include "util/spawn.hpp"

namespace krepro::util {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr std::size_t k_longest_line = 64 << 10;
// For output of a process that left the group and still holds the pipe.
constexpr std::chrono::seconds k_drain{1};

// The last `keep` bytes of a stream, in amortized linear time.
class Tail {
  public:
    explicit Tail(std::size_t keep) : keep_(keep) {}
    void add(std::string_view bytes) {
        if (bytes.size() > keep_) bytes.remove_prefix(bytes.size() - keep_);
        bytes_ += bytes;
        if (bytes_.size() > 2 * keep_) bytes_.erase(0, bytes_.size() - keep_);
    }
    [[nodiscard]] std::string take() {
        if (bytes_.size() > keep_) bytes_.erase(0, bytes_.size() - keep_);
        return std::move(bytes_);
    }

  private:
    std::size_t keep_;
    std::string bytes_;
};

// Cuts a stream into lines for a callback.
class LineCutter {
  public:
    void add(std::string_view bytes, const std::function<void(std::string_view)>& on_line) {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            const auto take = std::min(std::min(end, bytes.size()), k_longest_line - rest_.size());
            rest_ += bytes.substr(0, take);
            bytes.remove_prefix(take);
            const bool line_end = !bytes.empty() && bytes.front() == '\n';
            if (line_end) bytes.remove_prefix(1);
            if (line_end || rest_.size() == k_longest_line) flush(on_line);
        }
    }
    void finish(const std::function<void(std::string_view)>& on_line) {
        if (!rest_.empty()) flush(on_line);
    }

  private:
    void flush(const std::function<void(std::string_view)>& on_line) {
        on_line(rest_);
        rest_.clear();
    }
    std::string rest_;
};

// A process that runs. Kills what is left of the group, and reaps, when destroyed.
class Running {
  public:
    Running(const asio::any_io_executor& executor, Spawned spawned)
        : pid_(spawned.pid),
          ended_(executor, spawned.pidfd.release()),
          out(executor),
          err(executor) {
        out.assign(spawned.out.release());
        if (spawned.err.valid()) err.assign(spawned.err.release());
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { reap(); }

    [[nodiscard]] pid_t pid() const { return pid_; }

    void signal_group(int signal) const {
        if (pid_ > 0) ::kill(-pid_, signal);
    }

    // Until the process has ended; it is not reaped, so that its pid still names its group.
    // Throws when cancelled. Asio's wait may wake for an event of a descriptor that was closed
    // before and had the same reactor state: what counts is what the kernel says.
    asio::awaitable<void> wait() {
        while (!has_ended())
            co_await ended_.async_wait(asio::posix::stream_descriptor::wait_read,
                                       asio::use_awaitable);
    }

    // Kills what is left of the group and returns the status as waitpid gives it.
    int reap() {
        if (pid_ <= 0) return 0;
        signal_group(SIGKILL);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return status;
    }

  private:
    bool has_ended() {
        pollfd pidfd{ended_.native_handle(), POLLIN, 0};
        return ::poll(&pidfd, 1, 0) == 1;
    }

    pid_t pid_;
    asio::posix::stream_descriptor ended_;

  public:
    asio::posix::stream_descriptor out;
    asio::posix::stream_descriptor err;
};

// Shared by run_process and the coroutines that it runs side by side on one thread.
struct Run {
    Run(const asio::any_io_executor& executor, Spawned spawned, ProcessSpec the_spec)
        : process(executor, std::move(spawned)),
          spec(std::move(the_spec)),
          out(spec.keep_bytes),
          err(spec.keep_bytes) {
        if (spec.priority) spec.priority->attach(process.pid());
    }
    ~Run() {
        if (spec.priority) spec.priority->detach();
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // The process has begun its work: a sandbox has its own session by now.
    void on_first_output() {
        if (!silent) return;
        silent = false;
        if (spec.priority) spec.priority->attach(process.pid());
    }

    Running process;
    ProcessSpec spec;
    Tail out;
    Tail err;
    bool timed_out = false;
    bool silent = true;
};
using SharedRun = std::shared_ptr<Run>;

// Throws when cancelled.
asio::awaitable<void> sleep_for(std::chrono::steady_clock::duration time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

enum class Which { out, err };

asio::awaitable<void> pump(SharedRun run, Which which) {
    auto& stream = which == Which::out ? run->process.out : run->process.err;
    auto& tail = which == Which::out ? run->out : run->err;
    if (!stream.is_open()) co_return;
    LineCutter lines;
    std::vector<char> buffer(64 << 10);
    while (true) {
        const auto [error, n] = co_await stream.async_read_some(
            asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
        if (error) break;
        run->on_first_output();
        tail.add({buffer.data(), n});
        if (run->spec.on_line) lines.add({buffer.data(), n}, run->spec.on_line);
    }
    if (run->spec.on_line) lines.finish(run->spec.on_line);
}

asio::awaitable<void> wait_and_drain(SharedRun run) {
    co_await run->process.wait();
    run->process.signal_group(SIGKILL);
    co_await sleep_for(k_drain);
}

// Until the output is at its end and the process too.
asio::awaitable<void> run_to_end(SharedRun run) {
    co_await ((pump(run, Which::out) && pump(run, Which::err)) || wait_and_drain(run));
    co_await run->process.wait();
}

asio::awaitable<void> end_group(SharedRun run) {
    run->process.signal_group(SIGTERM);
    co_await (run->process.wait() || sleep_for(run->spec.grace));
    run->process.signal_group(SIGKILL);
    co_await run->process.wait();
}

asio::awaitable<void> enforce_deadline(SharedRun run) {
    co_await sleep_for(run->spec.deadline);
    run->timed_out = true;
    co_await end_group(run);
    co_await sleep_for(k_drain);
}

ProcessResult result_of(Run& run) {
    const int status = run.process.reap();
    ProcessResult result;
    result.timed_out = run.timed_out;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result.exit_code = result.signal != 0 ? 128 + result.signal : WEXITSTATUS(status);
    result.out = run.out.take();
    result.err = run.err.take();
    return result;
}

// The last lines of a text, at most `limit` bytes.
std::string last_lines(std::string_view text, std::size_t limit) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    if (text.size() <= limit) return std::string(text);
    text.remove_prefix(text.size() - limit);
    const auto line = text.find('\n');
    return std::string(line == std::string_view::npos ? text : text.substr(line + 1));
}

}  // namespace

asio::awaitable<Result<ProcessResult>> run_process(ProcessSpec spec) {
    auto spawned = spawn(spec);
    if (!spawned) co_return tl::unexpected(spawned.error());
    const auto executor = co_await asio::this_coro::executor;
    const auto run = std::make_shared<Run>(executor, std::move(*spawned), std::move(spec));
    // From here on nothing throws on cancellation, so that the group can be ended with patience.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    std::exception_ptr failure;
    try {
        co_await (run_to_end(run) || enforce_deadline(run));
    } catch (...) {
        failure = std::current_exception();
    }
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none)
        // An empty slot: the cancellation that brought us here must not cut this short too.
        co_await asio::co_spawn(
            executor, end_group(run),
            asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
    co_await asio::this_coro::throw_if_cancelled(throws);
    auto result = result_of(*run);
    if (cancelled != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted, run->spec.argv[0]);
    if (failure) std::rethrow_exception(failure);
    co_return result;
}

Error process_error(const ProcessSpec& spec, const ProcessResult& result) {
    const auto& said = result.err.empty() ? result.out : result.err;
    const std::string command = command_words(spec.argv);
    if (sandbox_was_refused(spec.argv, said))
        return Error{
            ErrorKind::unavailable, "the sandbox cannot be made: " + last_lines(said, 300), command,
            "krepro runs foreign code in bubblewrap, which needs user namespaces: allow "
            "them (sysctl kernel.unprivileged_userns_clone=1), and do not run krepro in "
            "a chroot; where a source is not found, let everybody enter the folders above "
            "the cache; `krepro doctor` tries it, and --allow-unsandboxed goes on without"};
    const std::string program = command.substr(0, command.find(' '));
    std::string what = fmt::format("{} ended with status {}", program, result.exit_code);
    if (result.signal != 0) what = fmt::format("{} was ended by signal {}", program, result.signal);
    if (result.timed_out)
        what = fmt::format("{} did not end within {} s and was killed", program,
                           spec.deadline.count());
    return Error{ErrorKind::unavailable, what, command, last_lines(said, 2000)};
}

asio::awaitable<Result<std::string>> run_checked(ProcessSpec spec) {
    auto result = co_await run_process(spec);
    if (!result) co_return tl::unexpected(result.error());
    if (!result->ok()) co_return tl::unexpected(process_error(spec, *result));
    co_return std::move(result->out);
}

std::vector<std::string> scrubbed_environment() {
    std::vector<std::string> env;
    for (const char* name : {"PATH", "HOME", "USER", "TMPDIR", "http_proxy", "https_proxy",
                             "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"})
        if (const char* value = std::getenv(name)) env.push_back(fmt::format("{}={}", name, value));
    if (std::getenv("PATH") == nullptr)
        env.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    env.emplace_back("LC_ALL=C.UTF-8");
    return env;
}

}  // namespace krepro::util
