// SPDX-License-Identifier: Apache-2.0
#include "util/sandbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <optional>

#include "util/files.hpp"
#include "util/process.hpp"

namespace krepro::util {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Sandbox : public testing::Test {
  protected:
    void SetUp() override {
        auto made = TempDir::make(fs::temp_directory_path(), "sandbox");
        ASSERT_TRUE(made);
        dir_.emplace(std::move(*made));
        inside = dir_->path() / "inside";
        outside = dir_->path() / "outside";
        fs::create_directory(inside);
        fs::create_directory(outside);
        std::ofstream(outside / "secret") << "top secret";
        spec.read_write = {inside};
        spec.cwd = inside;
    }

    ProcessResult run(const std::string& script) {
        ProcessSpec process;
        process.argv = sandbox_argv(spec);
        for (const auto* word : {"sh", "-c"}) process.argv.emplace_back(word);
        process.argv.push_back(script);
        process.deadline = deadline;
        process.grace = std::chrono::milliseconds(300);
        std::optional<Result<ProcessResult>> result;
        boost::asio::io_context context;
        boost::asio::co_spawn(
            context, run_process(process),
            [&](std::exception_ptr, Result<ProcessResult> r) { result = std::move(r); });
        context.run();
        EXPECT_TRUE(result && *result);
        return result && *result ? **result : ProcessResult{};
    }

    SandboxSpec spec;
    fs::path inside;
    fs::path outside;
    std::chrono::seconds deadline{20};

  private:
    std::optional<TempDir> dir_;
};

TEST_F(Sandbox, works_for_this_user_and_writes_where_it_may) {
    const auto result = run("echo made >file && awk 'BEGIN { print \"awk\" }' && pwd");
    EXPECT_EQ(result.exit_code, 0) << result.out;
    EXPECT_EQ(result.out, "awk\n" + inside.string() + "\n");
    EXPECT_EQ(*read_file(inside / "file"), "made\n");
}

TEST_F(Sandbox, sees_nothing_outside_and_cannot_write_there) {
    const auto result =
        run("cat ../outside/secret /etc/passwd; echo x >/usr/x; echo x >../x; "
            "echo x >../outside/x; ls /root /home");
    EXPECT_THAT(result.out, Not(HasSubstr("top secret")));
    EXPECT_THAT(result.out, Not(HasSubstr("root:")));
    EXPECT_FALSE(fs::exists("/usr/x"));
    EXPECT_FALSE(fs::exists(outside / "x"));
    EXPECT_FALSE(fs::exists(inside / "../x"));
}

TEST_F(Sandbox, a_read_only_folder_can_be_read_and_not_written) {
    spec.read_only = {outside};
    const auto result = run("cat ../outside/secret; echo x >../outside/x");
    EXPECT_THAT(result.out, HasSubstr("top secret"));
    EXPECT_THAT(result.out, HasSubstr("Read-only file system"));
    EXPECT_FALSE(fs::exists(outside / "x"));
}

TEST_F(Sandbox, a_writable_folder_inside_a_read_only_one_can_be_written) {
    spec.read_only = {inside.parent_path()};
    const auto result = run("echo x >file && ! echo x >../file");
    EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST_F(Sandbox, has_no_network) {
    const auto result = run("tail -n +3 /proc/net/dev | cut -d: -f1; cat /proc/net/route");
    EXPECT_THAT(result.out, HasSubstr("lo"));
    EXPECT_THAT(result.out, Not(HasSubstr("eth")));
    EXPECT_THAT(result.out, Not(HasSubstr("00000000")));  // no route at all
}

TEST_F(Sandbox, has_no_capabilities_even_as_root) {
    const auto result = run("grep CapEff /proc/self/status");
    EXPECT_THAT(result.out, HasSubstr("0000000000000000"));
}

TEST_F(Sandbox, has_the_environment_it_was_given_and_no_other) {
    ::setenv("KREPRO_TEST_TOKEN", "secret", 1);
    spec.env = {"ONE=1=1", "PATH=/usr/bin"};
    const auto result = run("env");
    ::unsetenv("KREPRO_TEST_TOKEN");
    EXPECT_THAT(result.out, HasSubstr("ONE=1=1\n"));
    EXPECT_THAT(result.out, HasSubstr("PATH=/usr/bin\n"));
    EXPECT_THAT(result.out, HasSubstr("LC_ALL=C.UTF-8\n"));
    EXPECT_THAT(result.out, Not(HasSubstr("secret")));
}

TEST_F(Sandbox, limits_what_a_process_may_use) {
    spec.limits = {512, 1};
    const auto result = run("dd if=/dev/zero of=big bs=65536 count=100 2>/dev/null; ulimit -v");
    EXPECT_LE(fs::file_size(inside / "big"), 1U << 20);
    EXPECT_EQ(result.out, "524288\n");
}

TEST_F(Sandbox, limits_what_can_be_put_into_memory_as_files) {
    spec.limits.tmp_mib = 1;
    const auto result =
        run("for folder in /tmp /dev/shm; do\n"
            "  dd if=/dev/zero of=$folder/x bs=65536 count=100 2>/dev/null; stat -c %s $folder/x\n"
            "done\n"
            "mkdir /made /dev/made; echo x >/x; echo x >/dev/x\n"
            "test -e /made -o -e /dev/made -o -e /x -o -e /dev/x || echo no more");
    EXPECT_THAT(result.out, testing::StartsWith("1048576\n1048576\n"));
    EXPECT_THAT(result.out, testing::EndsWith("no more\n"));
}

TEST_F(Sandbox, a_deadline_ends_everything_inside) {
    deadline = std::chrono::seconds(1);
    const auto result =
        run("trap '' TERM; setsid sh -c 'trap \"\" TERM; i=0; while [ $i -lt 60 ]; "
            "do i=$((i+1)); echo $i >beat; sleep 0.1; done' & wait");
    EXPECT_TRUE(result.timed_out);
    ::usleep(300'000);
    const auto before = read_file(inside / "beat");
    ::usleep(500'000);
    EXPECT_EQ(*before, *read_file(inside / "beat"));
}

TEST(SandboxWords, name_the_program_and_not_the_room) {
    auto argv = sandbox_argv({});
    for (const auto* word : {"git", "apply", "--check", "-"}) argv.emplace_back(word);
    EXPECT_EQ(command_words(argv), "git apply --check -");
    SandboxSpec limited;
    limited.limits.file_size_mib = 1;
    argv = sandbox_argv(limited);
    for (const auto* word : {"git", "diff", "--", "a"}) argv.emplace_back(word);
    EXPECT_EQ(command_words(argv), "git diff -- a");
    EXPECT_EQ(command_words({"tar", "--", "x"}), "tar -- x");
    EXPECT_EQ(command_words({}), "");
}

// Where the machine refuses rooms, and that is put up with.
class NoSandbox : public Sandbox {
  protected:
    void SetUp() override {
        Sandbox::SetUp();
        use_sandboxes(Sandboxes::refused);
    }
    void TearDown() override { use_sandboxes(Sandboxes::made); }
};

TEST_F(NoSandbox, keeps_the_environment_the_folder_and_the_limits_and_nothing_else) {
    ::setenv("KREPRO_TEST_TOKEN", "secret", 1);
    spec.env = {"ONE=1=1"};
    spec.limits = {512, 1};
    const auto result = run("env; pwd; ulimit -v; cat ../outside/secret");
    ::unsetenv("KREPRO_TEST_TOKEN");
    EXPECT_THAT(result.out, HasSubstr("ONE=1=1\n"));
    EXPECT_THAT(result.out, HasSubstr("PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
    EXPECT_THAT(result.out, Not(HasSubstr("KREPRO_TEST_TOKEN")));
    EXPECT_THAT(result.out, HasSubstr(inside.string() + "\n524288\n"));
    EXPECT_THAT(result.out, HasSubstr("top secret")) << "which is why it must be allowed";
}

TEST_F(NoSandbox, is_left_out_of_the_words_for_people_and_has_refused_nothing) {
    auto argv = sandbox_argv(spec);
    for (const auto* word : {"git", "diff", "--", "a=b"}) argv.emplace_back(word);
    EXPECT_EQ(command_words(argv), "git diff -- a=b");
    spec.limits.processes = 7;
    argv = sandbox_argv(spec);
    argv.emplace_back("make");
    EXPECT_EQ(command_words(argv), "make");
    EXPECT_FALSE(sandbox_was_refused(argv, "make: *** no"));
}

TEST(SandboxWords, a_room_that_cannot_be_made_is_told_from_a_program_that_fails) {
    auto argv = sandbox_argv({});
    argv.emplace_back("make");
    EXPECT_TRUE(sandbox_was_refused(argv, "bwrap: No permissions to create new namespace"));
    EXPECT_FALSE(sandbox_was_refused(argv, "bwrap: execvp make: No such file or directory"));
    EXPECT_FALSE(sandbox_was_refused(argv, "make: *** [all] Error 2"));
    EXPECT_FALSE(sandbox_was_refused({"make"}, "bwrap: No permissions"));
}

}  // namespace
}  // namespace krepro::util
