// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "util/priority.hpp"
#include "util/result.hpp"

namespace krepro::util {

// Where standard error goes.
enum class Streams {
    merged,    // into ProcessResult::out, in the order written
    separate,  // into ProcessResult::err
};

// One child process. argv only: no shell ever sees it.
struct ProcessSpec {
    std::vector<std::string> argv;  // argv[0] is looked up in the PATH of `env`
    std::filesystem::path cwd;      // empty: the caller's
    std::vector<std::string> env;   // "NAME=value", all of it; empty: scrubbed_environment()
    std::string stdin_bytes;        // empty: /dev/null
    std::chrono::seconds deadline{600};
    std::chrono::milliseconds grace{3000};  // between SIGTERM and SIGKILL
    int nice = 0;
    std::shared_ptr<Priority> priority;  // of it and its children; nullptr: as `nice` says
    std::size_t keep_bytes = 1 << 20;    // of each stream: the tail is kept
    Streams streams = Streams::merged;
    // Called for each line of either stream, without its line end, on the executor's thread, while
    // the process runs. Lines over 64 KiB come in pieces.
    std::function<void(std::string_view)> on_line;
};

struct ProcessResult {
    int exit_code = 0;  // 128 + signal when a signal ended it
    int signal = 0;     // 0: it ended by itself
    bool timed_out = false;
    std::string out;  // the tail of standard output, and of standard error when merged
    std::string err;  // the tail of standard error when separate

    [[nodiscard]] bool ok() const { return exit_code == 0 && !timed_out; }
};

// Runs the process to its end. It has a process group of its own, which is killed as a whole
// (SIGTERM, after `grace` SIGKILL) at the deadline and when this coroutine is cancelled; whatever
// the process leaves behind in its group is killed when it ends. The process dies when the thread
// that called this ends (PR_SET_PDEATHSIG counts threads): call it from the thread that runs the
// io_context for as long as krepro lives.
//
// Any exit status is a result; an error is `unavailable` and names the program: it cannot be found
// or started. Cancellation throws boost::system::system_error (operation_aborted), after the group
// is gone.
boost::asio::awaitable<Result<ProcessResult>> run_process(ProcessSpec spec);

// What run_process leaves in `out`, when the process ends with status 0. Everything else is
// `unavailable`, with the status, the command and the last lines of output.
boost::asio::awaitable<Result<std::string>> run_checked(ProcessSpec spec);

// The error run_checked makes of a result that is not ok().
Error process_error(const ProcessSpec& spec, const ProcessResult& result);

// What a child sees by default: PATH, HOME, USER, TMPDIR and the proxy settings of krepro's own
// environment, and LC_ALL=C.UTF-8, so that messages can be parsed. No secrets, no GIT_*.
std::vector<std::string> scrubbed_environment();

}  // namespace krepro::util
