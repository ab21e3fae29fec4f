// SPDX-License-Identifier: Apache-2.0
#include "util/process.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <optional>
#include <thread>

#include "util/files.hpp"

namespace krepro::util {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Ran {
    std::optional<Result<ProcessResult>> result;
    std::exception_ptr thrown;
    std::chrono::steady_clock::duration took{};
};

// Runs to the end, or cancels the coroutine after `cancel_after`.
Ran run(ProcessSpec spec, std::optional<std::chrono::milliseconds> cancel_after = {}) {
    asio::io_context context;
    asio::cancellation_signal cancel;
    Ran ran;
    const auto start = std::chrono::steady_clock::now();
    asio::co_spawn(context, run_process(std::move(spec)),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](std::exception_ptr thrown, Result<ProcessResult> result) {
                           ran.thrown = thrown;
                           if (!thrown) ran.result = std::move(result);
                           ran.took = std::chrono::steady_clock::now() - start;
                       }));
    asio::steady_timer timer(context);
    if (cancel_after) {
        timer.expires_after(*cancel_after);
        timer.async_wait([&](auto) { cancel.emit(asio::cancellation_type::terminal); });
    }
    context.run();
    return ran;
}

ProcessSpec shell(std::string script) {
    ProcessSpec spec;
    spec.argv = {"sh", "-c", std::move(script)};
    return spec;
}

// A zombie that its new parent has not reaped yet is dead.
bool alive(pid_t pid) {
    const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
    return stat && stat->find(") Z ") == std::string::npos;
}

// A pid that a child writes into a file is dead within two seconds.
testing::AssertionResult dies(const std::filesystem::path& file) {
    const auto text = read_file(file);
    if (!text) return testing::AssertionFailure() << text.error().to_string();
    const pid_t pid = std::stoi(*text);
    for (int i = 0; i < 200 && alive(pid); ++i) std::this_thread::sleep_for(10ms);
    if (alive(pid)) return testing::AssertionFailure() << "pid " << pid << " lives";
    return testing::AssertionSuccess();
}

TEST(Process, gives_back_status_and_both_streams_in_order) {
    const auto ran = run(shell("echo one; echo two >&2; echo three; exit 7"));
    ASSERT_TRUE(ran.result && *ran.result);
    const auto& result = **ran.result;
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_EQ(result.signal, 0);
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(result.out, "one\ntwo\nthree\n");
}

TEST(Process, keeps_the_streams_apart_when_asked) {
    auto spec = shell("echo one; echo two >&2");
    spec.streams = Streams::separate;
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_EQ((*ran.result)->out, "one\n");
    EXPECT_EQ((*ran.result)->err, "two\n");
}

TEST(Process, hands_the_arguments_over_untouched) {
    ProcessSpec spec;
    spec.argv = {"printf", "%s|", "a b", "$HOME;`id`", "*"};
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_EQ((*ran.result)->out, "a b|$HOME;`id`|*|");
}

TEST(Process, feeds_more_input_than_a_pipe_holds) {
    auto spec = ProcessSpec{};
    spec.argv = {"wc", "-c"};
    spec.stdin_bytes = std::string(3 << 20, 'x');
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_EQ((*ran.result)->out, "3145728\n");
}

TEST(Process, a_child_that_does_not_read_its_input_is_no_trouble) {
    auto spec = ProcessSpec{};
    spec.argv = {"true"};
    spec.stdin_bytes = std::string(1 << 20, 'x');
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_TRUE((*ran.result)->ok());
}

TEST(Process, keeps_the_tail_and_calls_back_for_every_line) {
    auto spec = shell("seq 1 50000; printf last");
    spec.keep_bytes = 10;
    int lines = 0;
    std::string last;
    spec.on_line = [&](std::string_view line) {
        ++lines;
        last = line;
    };
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_EQ((*ran.result)->out, "50000\nlast");
    EXPECT_EQ(lines, 50001);
    EXPECT_EQ(last, "last");
}

TEST(Process, a_line_without_end_comes_in_pieces) {
    auto spec = shell("head -c 300000 /dev/zero | tr '\\0' x; echo; echo end");
    std::size_t longest = 0;
    std::size_t bytes = 0;
    spec.on_line = [&](std::string_view line) {
        longest = std::max(longest, line.size());
        bytes += line.size();
    };
    ASSERT_TRUE(run(spec).result);
    EXPECT_EQ(longest, 65536U);
    EXPECT_EQ(bytes, 300003U);
}

TEST(Process, runs_in_its_folder_with_its_own_environment) {
    auto spec = shell("pwd; env | sort");
    spec.cwd = "/usr";
    spec.env = {"PATH=/usr/bin:/bin", "ONE=1"};
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_EQ((*ran.result)->out, "/usr\nONE=1\nPATH=/usr/bin:/bin\nPWD=/usr\n");
}

TEST(Process, inherits_nothing_secret) {
    ::setenv("KREPRO_TEST_TOKEN", "secret", 1);
    ::setenv("GIT_DIR", "/nowhere", 1);
    const auto ran = run(shell("env"));
    ::unsetenv("KREPRO_TEST_TOKEN");
    ::unsetenv("GIT_DIR");
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_EQ((*ran.result)->out.find("secret"), std::string::npos);
    EXPECT_EQ((*ran.result)->out.find("GIT_DIR"), std::string::npos);
    EXPECT_NE((*ran.result)->out.find("LC_ALL=C.UTF-8"), std::string::npos);
}

TEST(Process, a_missing_program_is_named) {
    ProcessSpec spec;
    spec.argv = {"no-such-program"};
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result);
    ASSERT_FALSE(*ran.result);
    EXPECT_EQ(ran.result->error().kind, ErrorKind::unavailable);
    EXPECT_EQ(ran.result->error().what, "the program no-such-program is not installed");
}

TEST(Process, a_missing_folder_and_a_file_that_is_no_program_are_named) {
    auto spec = shell("true");
    spec.cwd = "/no/such/folder";
    const auto folder = run(spec);
    ASSERT_TRUE(folder.result && !*folder.result);
    EXPECT_EQ(folder.result->error().where, "/no/such/folder");
    spec = {};
    spec.argv = {"/etc/passwd"};
    const auto file = run(spec);
    ASSERT_TRUE(file.result && !*file.result);
    EXPECT_EQ(file.result->error().what, "cannot start /etc/passwd: Permission denied");
}

TEST(Process, says_which_signal_ended_it) {
    const auto ran = run(shell("kill -SEGV $$"));
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_EQ((*ran.result)->signal, SIGSEGV);
    EXPECT_EQ((*ran.result)->exit_code, 128 + SIGSEGV);
}

TEST(Process, the_deadline_kills_the_whole_group_even_when_it_ignores_sigterm) {
    const auto dir = TempDir::make(std::filesystem::temp_directory_path(), "process");
    ASSERT_TRUE(dir);
    auto spec = shell("trap '' TERM; sleep 60 & echo $! >pid; echo before; wait; sleep 60");
    spec.cwd = dir->path();
    spec.deadline = 1s;
    spec.grace = 200ms;
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_TRUE((*ran.result)->timed_out);
    EXPECT_EQ((*ran.result)->out, "before\n");
    EXPECT_LT(ran.took, 5s);
    EXPECT_TRUE(dies(dir->path() / "pid"));
}

TEST(Process, a_child_left_behind_neither_blocks_nor_survives) {
    const auto dir = TempDir::make(std::filesystem::temp_directory_path(), "process");
    ASSERT_TRUE(dir);
    auto spec = shell("sleep 60 & echo $! >pid; echo done");
    spec.cwd = dir->path();
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_TRUE((*ran.result)->ok());
    EXPECT_LT(ran.took, 3s);
    EXPECT_TRUE(dies(dir->path() / "pid"));
}

TEST(Process, a_child_that_left_the_group_does_not_block) {
    auto spec = shell("setsid sleep 4 & echo done");
    const auto ran = run(spec);
    ASSERT_TRUE(ran.result && *ran.result);
    EXPECT_EQ((*ran.result)->out, "done\n");
    EXPECT_LT(ran.took, 3s);
}

TEST(Process, cancellation_ends_the_group_and_then_throws) {
    const auto dir = TempDir::make(std::filesystem::temp_directory_path(), "process");
    ASSERT_TRUE(dir);
    auto spec = shell("trap 'echo bye >said; exit 0' TERM; sleep 60 & echo $! >pid; wait");
    spec.cwd = dir->path();
    const auto ran = run(spec, 500ms);
    EXPECT_FALSE(ran.result);
    EXPECT_THROW(std::rethrow_exception(ran.thrown), boost::system::system_error);
    EXPECT_LT(ran.took, 4s);
    EXPECT_TRUE(std::filesystem::exists(dir->path() / "said"));
    EXPECT_TRUE(dies(dir->path() / "pid"));
}

TEST(Process, dies_with_the_process_that_started_it) {
    const auto dir = TempDir::make(std::filesystem::temp_directory_path(), "process");
    ASSERT_TRUE(dir);
    const pid_t middle = ::fork();
    if (middle == 0) {
        auto spec = shell("echo $$ >pid.new; mv pid.new pid; exec sleep 60");
        spec.cwd = dir->path();
        run(spec);
        ::_exit(0);
    }
    for (int i = 0; i < 500 && !std::filesystem::exists(dir->path() / "pid"); ++i)
        std::this_thread::sleep_for(10ms);
    ::kill(middle, SIGKILL);
    ::waitpid(middle, nullptr, 0);
    EXPECT_TRUE(dies(dir->path() / "pid"));
}

boost::asio::awaitable<int> count_failures(int runs) {
    int failures = 0;
    for (int i = 0; i < runs; ++i) {
        auto spec = shell("exec sleep 0.01");
        const auto result = co_await run_process(spec);
        if (!result || !result->ok()) ++failures;
    }
    co_return failures;
}

// Each run closes the descriptors of the one before while events of theirs may be queued.
TEST(Process, many_in_a_row_on_one_loop_all_run_to_their_end) {
    asio::io_context context;
    int failures = -1;
    asio::co_spawn(context, count_failures(100),
                   [&](std::exception_ptr, int count) { failures = count; });
    context.run();
    EXPECT_EQ(failures, 0);
}

TEST(Process, run_checked_turns_a_failure_into_an_error_with_the_last_lines) {
    asio::io_context context;
    std::optional<Result<std::string>> result;
    asio::co_spawn(context, run_checked(shell("echo first; echo why >&2; exit 3")),
                   [&](std::exception_ptr, Result<std::string> r) { result = std::move(r); });
    context.run();
    ASSERT_TRUE(result && !*result);
    EXPECT_EQ(result->error().what, "sh ended with status 3");
    EXPECT_EQ(result->error().hint, "first\nwhy");
}

}  // namespace
}  // namespace krepro::util
