// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include "image/cpio.hpp"
#include "image/elf_needs.hpp"
#include "image/image.hpp"
#include "image/stressor_libraries.hpp"
#include "util/files.hpp"

namespace krepro::image {
namespace {

using util::ErrorKind;
using util::fail;
using util::Result;
namespace fs = std::filesystem;

constexpr int k_least_heartbeat_ms = 50;
constexpr double k_least_linger_s = 3;
constexpr double k_longest_linger_s = 3600;

// What a reproducer's script commonly calls.
constexpr std::array k_applets{
    "[",        "ash",    "awk",      "basename", "cat",     "chmod", "chown",    "cp",
    "cut",      "date",   "dd",       "df",       "dirname", "dmesg", "echo",     "env",
    "expr",     "false",  "find",     "free",     "grep",    "head",  "hostname", "id",
    "ifconfig", "ip",     "kill",     "killall",  "ln",      "ls",    "mkdir",    "mkfifo",
    "mknod",    "mktemp", "mount",    "mv",       "nproc",   "pidof", "ping",     "printf",
    "ps",       "pwd",    "readlink", "renice",   "rm",      "rmdir", "sed",      "seq",
    "setsid",   "sh",     "sleep",    "sort",     "stat",    "sync",  "sysctl",   "tail",
    "taskset",  "tee",    "test",     "time",     "timeout", "touch", "tr",       "true",
    "truncate", "umount", "uname",    "uniq",     "usleep",  "wc",    "which",    "xargs",
    "yes"};

struct Device {
    const char* path;
    Cpio::CharDevice number;
};
// What PID 1 needs before it has mounted devtmpfs.
constexpr std::array k_devices{Device{"/dev/console", {5, 1}}, Device{"/dev/null", {1, 3}},
                               Device{"/dev/kmsg", {1, 11}}, Device{"/dev/ttyS1", {4, 65}}};

Result<void> check(const InitSettings& settings) {
    const auto wrong = [](const char* what) { return fail(ErrorKind::invalid_input, what); };
    if (settings.iterations < 0) return wrong("iterations of the workload cannot be negative");
    if (settings.heartbeat_ms < k_least_heartbeat_ms)
        return wrong("a heartbeat more often than every 50 ms is load of its own");
    if (!(settings.linger_s >= k_least_linger_s && settings.linger_s <= k_longest_linger_s))
        return wrong("after an iteration the guest lingers 3 s at least, an hour at most");
    return {};
}

// Lines `name=integer`, which krepro-init reads without a JSON parser.
std::string settings_text(const InitSettings& settings) {
    return "iterations=" + std::to_string(settings.iterations) +
           "\nlinger_ms=" + std::to_string(std::lround(settings.linger_s * 1000)) +
           "\nheartbeat_ms=" + std::to_string(settings.heartbeat_ms) + "\n";
}

Result<void> add_file(Cpio& cpio, const std::string& target, const fs::path& source) {
    auto content = util::read_file(source);
    if (!content) return tl::unexpected(content.error());
    cpio.add(target, Cpio::File{std::move(*content), 0755});
    return {};
}

std::vector<PlacedFile> programs_of(const ImageParts& parts) {
    std::vector<PlacedFile> files{{"/init", parts.init}, {"/bin/busybox", parts.busybox}};
    for (const auto& program : parts.programs)
        files.push_back({"/usr/bin/" + program.filename().string(), program});
    return files;
}

Result<void> add_programs(Cpio& cpio, const ImageParts& parts, const std::string& script) {
    std::vector<fs::path> sources;
    std::set<std::string> left_out;
    for (const auto& file : programs_of(parts)) {
        sources.push_back(file.source);
        auto program = read_lean_program(file.source, script);
        if (!program) return tl::unexpected(program.error());
        cpio.add(file.target, Cpio::File{std::move(program->content), 0755});
        left_out.merge(program->left_out);
    }
    const auto libraries = shared_files(sources, left_out);
    if (!libraries) return tl::unexpected(libraries.error());
    for (const auto& file : *libraries)
        if (auto added = add_file(cpio, file.target, file.source); !added) return added;
    return {};
}

void add_system(Cpio& cpio) {
    for (const char* folder : {"/dev", "/etc", "/proc", "/root", "/run", "/sys", "/var/tmp"})
        cpio.add(folder, Cpio::Folder{});
    cpio.add("/tmp", Cpio::Folder{01777});
    for (const auto& device : k_devices) cpio.add(device.path, device.number);
    for (const char* applet : k_applets)
        cpio.add(std::string("/bin/") + applet, Cpio::Link{"busybox"});
    cpio.add("/etc/passwd", Cpio::File{"root:x:0:0:root:/root:/bin/sh\n"});
    cpio.add("/etc/group", Cpio::File{"root:x:0:\n"});
}

}  // namespace

Result<std::string> make_initramfs(const ImageParts& parts, const model::Workload& workload,
                                   const InitSettings& settings) {
    if (auto good = check(settings); !good) return tl::unexpected(good.error());
    if (workload.script.empty())
        return fail(ErrorKind::invalid_input, "the workload's script is empty", workload.name,
                    "give a shell script that runs one iteration");
    Cpio cpio;
    add_system(cpio);
    if (auto added = add_programs(cpio, parts, workload.script); !added)
        return tl::unexpected(added.error());
    cpio.add("/krepro/init.conf", Cpio::File{settings_text(settings)});
    cpio.add("/krepro/workload.sh", Cpio::File{workload.script, 0755});
    return cpio.bytes();
}

}  // namespace krepro::image
