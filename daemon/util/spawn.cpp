// SPDX-License-Identifier: Apache-2.0
// Why not Boost.Process v2 1.81: between fork and exec it calls io_context::notify_fork, which
// rebuilds the reactor and allocates, and ends a failed child with exit(), which runs the parent's
// atexit handlers. In a process with libvirt's and SQL's threads the first can deadlock and the
// second can damage what the parent still uses. Here the child calls async-signal-safe functions
// only.
#include "util/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace krepro::util {

namespace fs = std::filesystem;

namespace {

struct Pipe {
    Fd read;
    Fd write;
};

// What the child could not do, sent through a pipe that exec closes.
struct Failure {
    enum class Step : int { enter_folder, execute };
    Step step;
    int code;
};

// Everything the child needs, made before fork: it must not allocate.
struct ChildPlan {
    const char* program;
    char* const* argv;
    char* const* env;
    const char* cwd;  // null: stay
    int nice;
    int in;
    int out;
    int err;
    int status;
    pid_t parent;
};

Error system_failure(std::string_view what, int code, std::string where) {
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: {}", what, std::generic_category().message(code)),
                 std::move(where), ""};
}

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return tl::unexpected(system_failure("cannot make a pipe", errno, ""));
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// A file in memory, not a pipe: no writer to schedule, and no SIGPIPE when the child does not read.
Result<Fd> make_stdin(const std::string& bytes) {
    if (bytes.empty()) return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Fd fd(::memfd_create("stdin", MFD_CLOEXEC));
    if (!fd.valid()) return tl::unexpected(system_failure("cannot make its input", errno, ""));
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const auto n = ::write(fd.get(), rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return tl::unexpected(system_failure("cannot write its input", errno, ""));
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    ::lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

std::string path_of(const std::vector<std::string>& env) {
    for (const auto& entry : env)
        if (entry.starts_with("PATH=")) return entry.substr(5);
    return "/usr/sbin:/usr/bin:/sbin:/bin";
}

Result<std::string> find_program(const std::string& name, const std::vector<std::string>& env) {
    if (name.find('/') != std::string::npos) return name;
    const std::string path = path_of(env);
    for (std::size_t from = 0; from <= path.size();) {
        const auto to = std::min(path.find(':', from), path.size());
        const auto candidate = path.substr(from, to - from) + "/" + name;
        if (to > from && ::access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate))
            return candidate;
        from = to + 1;
    }
    return fail(ErrorKind::unavailable, fmt::format("the program {} is not installed", name),
                "PATH " + path, fmt::format("install the package that has {}", name));
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

[[noreturn]] void give_up(int status, Failure::Step step) {
    const Failure failure{step, errno};
    [[maybe_unused]] const auto n = ::write(status, &failure, sizeof failure);
    ::_exit(127);
}

// The child, from fork to exec.
[[noreturn]] void become(const ChildPlan& plan) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // krepro may have died between fork and prctl: then the signal never comes.
    if (::getppid() != plan.parent) ::_exit(127);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // An ignored signal stays ignored over exec; handlers do not.
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::signal(signal, SIG_DFL);
    if (plan.nice != 0) ::setpriority(PRIO_PROCESS, 0, plan.nice);
    ::dup2(plan.in, STDIN_FILENO);
    ::dup2(plan.out, STDOUT_FILENO);
    ::dup2(plan.err, STDERR_FILENO);
    // What a library opened without O_CLOEXEC is not for the child.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (plan.cwd != nullptr && ::chdir(plan.cwd) != 0)
        give_up(plan.status, Failure::Step::enter_folder);
    ::execve(plan.program, plan.argv, plan.env);
    give_up(plan.status, Failure::Step::execute);
}

// Nothing when the pipe was closed by exec.
Result<void> await_exec(int status, const ProcessSpec& spec) {
    Failure failure{};
    ssize_t n = 0;
    do n = ::read(status, &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    if (n != static_cast<ssize_t>(sizeof failure)) return {};
    if (failure.step == Failure::Step::enter_folder)
        return tl::unexpected(
            system_failure(fmt::format("cannot start {} in its folder", spec.argv[0]), failure.code,
                           spec.cwd.string()));
    return tl::unexpected(
        system_failure(fmt::format("cannot start {}", spec.argv[0]), failure.code, ""));
}

struct Pipes {
    Fd in;
    Pipe out;
    Pipe err;  // unused when merged
    Pipe status;
};

Result<Pipes> open_pipes(const ProcessSpec& spec) {
    Pipes pipes;
    auto in = make_stdin(spec.stdin_bytes);
    if (!in) return tl::unexpected(in.error());
    pipes.in = std::move(*in);
    for (Pipe* pipe : {&pipes.out, &pipes.err, &pipes.status}) {
        if (pipe == &pipes.err && spec.streams == Streams::merged) continue;
        auto made = make_pipe();
        if (!made) return tl::unexpected(made.error());
        *pipe = std::move(*made);
    }
    return pipes;
}

}  // namespace

Result<Spawned> spawn(const ProcessSpec& spec) {
    if (spec.argv.empty()) return fail(ErrorKind::internal, "a process without a program");
    const auto env = spec.env.empty() ? scrubbed_environment() : spec.env;
    const auto program = find_program(spec.argv[0], env);
    if (!program) return tl::unexpected(program.error());
    auto pipes = open_pipes(spec);
    if (!pipes) return tl::unexpected(pipes.error());
    const auto argv = pointers(spec.argv);
    const auto env_pointers = pointers(env);
    const int out = pipes->out.write.get();
    const ChildPlan plan{program->c_str(),
                         argv.data(),
                         env_pointers.data(),
                         spec.cwd.empty() ? nullptr : spec.cwd.c_str(),
                         spec.nice,
                         pipes->in.get(),
                         out,
                         spec.streams == Streams::merged ? out : pipes->err.write.get(),
                         pipes->status.write.get(),
                         ::getpid()};
    const pid_t pid = ::fork();
    if (pid < 0)
        return tl::unexpected(
            system_failure(fmt::format("cannot start {}", spec.argv[0]), errno, ""));
    if (pid == 0) become(plan);
    pipes->status.write.reset();
    const auto started = await_exec(pipes->status.read.get(), spec);
    // Not pidfd_open(): glibc 2.36 declares it without extern "C".
    Fd pidfd(started ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)) : -1);
    if (!pidfd.valid()) {
        const int code = errno;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        if (!started) return tl::unexpected(started.error());
        return tl::unexpected(system_failure("cannot watch a process", code, spec.argv[0]));
    }
    return Spawned{pid, std::move(pidfd), std::move(pipes->out.read), std::move(pipes->err.read)};
}

}  // namespace krepro::util
