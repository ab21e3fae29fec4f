// SPDX-License-Identifier: Apache-2.0
#include "init/events.hpp"

#include <sys/wait.h>

#include "init/line.hpp"

namespace krepro::guest {
namespace {

void add(Line& line, std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) line.number(name, *value);
}

}  // namespace

Ending ending_of(int wait_status) {
    if (WIFSIGNALED(wait_status)) return {std::nullopt, WTERMSIG(wait_status)};
    return {WEXITSTATUS(wait_status), std::nullopt};
}

std::string hello_line(double uptime, std::string_view release) {
    return Line("hello", uptime).text("release", release).finish();
}

std::string ready_line(double uptime) {
    return Line("ready", uptime).finish();
}

std::string heartbeat_line(double uptime, int iteration, const Counts& counts) {
    Line line("heartbeat", uptime);
    line.number("iteration", iteration);
    add(line, "debug_locks", counts.debug_locks);
    add(line, "dl_tasks", counts.dl_tasks);
    add(line, "dl_exits", counts.dl_exits);
    add(line, "bogo_ops", counts.bogo_ops);
    add(line, "mem_available_kib", counts.mem_available_kib);
    return line.finish();
}

std::string iteration_start_line(double uptime, int iteration) {
    return Line("iteration_start", uptime).number("iteration", iteration).finish();
}

std::string iteration_end_line(double uptime, int iteration, const Ending& ending,
                               std::string_view what) {
    Line line("iteration_end", uptime);
    line.number("iteration", iteration);
    if (ending.exit_status) line.number("exit_status", *ending.exit_status);
    if (ending.signal) line.number("signal", *ending.signal);
    if (!what.empty()) line.text("what", what);
    return line.finish();
}

std::string done_line(double uptime, int iteration) {
    return Line("done", uptime).number("iteration", iteration).finish();
}

std::string error_line(double uptime, std::string_view what) {
    return Line("error", uptime).text("what", what).finish();
}

}  // namespace krepro::guest
