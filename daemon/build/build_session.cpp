// SPDX-License-Identifier: Apache-2.0
#include "build/build_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "build/make_output.hpp"
#include "util/clock.hpp"

namespace krepro::build {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds k_make_deadline{4 * 3600};
constexpr std::size_t k_log_tail = 4U << 20U;
// Of one process: a kernel needs less than a tenth of this; a makefile that runs wild needs more.
constexpr std::uint64_t k_most_memory_mib = 16384;
constexpr std::uint64_t k_largest_file_mib = 4096;
// The compilers' assembly is there on its way, some MiB of each.
constexpr std::uint64_t k_most_tmp_mib = 2048;
// A build of 64 jobs has some hundred.
constexpr std::uint64_t k_most_processes = 2048;

// Where Debian's ccache has itself under the compilers' names.
const fs::path k_ccache_links = "/usr/lib/ccache";

bool has_ccache() {
    std::error_code code;
    return fs::exists(k_ccache_links / "gcc", code);
}

}  // namespace

std::string compiler_path() {
    const std::string system = "/usr/sbin:/usr/bin:/sbin:/bin";
    return "PATH=" + (has_ccache() ? k_ccache_links.string() + ":" + system : system);
}

std::optional<util::Error> hosts_error(const util::ProcessSpec& spec,
                                       const util::ProcessResult& result) {
    if (result.ok() || result.timed_out) return std::nullopt;
    constexpr int k_by_signal = 128;  // what bwrap says of a make that a signal ended
    const bool killed = result.signal != 0 || result.exit_code >= k_by_signal;
    if (killed || util::sandbox_was_refused(spec.argv, result.out) || is_hosts_failure(result.out))
        return util::process_error(spec, result);
    return std::nullopt;
}

void LocalKernelBuilder::Session::step(std::string name) {
    progress.step = std::move(name);
    if (tell) tell(progress);
}

void LocalKernelBuilder::Session::count_object() {
    ++progress.objects;
    progress.compiling_s = util::seconds_between(compiling_since, std::chrono::steady_clock::now());
    if (tell) tell(progress);
}

void LocalKernelBuilder::Session::add_ccache(util::SandboxSpec& sandbox) const {
    if (!has_ccache() || once || names.empty()) return;
    sandbox.read_write.push_back(compiler_cache());
    sandbox.env.push_back(compiler_path());
    sandbox.env.push_back("CCACHE_DIR=" + compiler_cache().string());
    sandbox.env.emplace_back("CCACHE_MAXSIZE=2G");
    sandbox.env.emplace_back("HOME=/tmp");  // ccache does nothing without one
    // By the headers that the compiler says it read: no file is preprocessed for its sake.
    sandbox.env.emplace_back("CCACHE_DEPEND=1");
    // And by what else a header could be found in.
    sandbox.env.push_back("CCACHE_NAMESPACE=" + names);
}

util::ProcessSpec LocalKernelBuilder::Session::make(const std::vector<std::string>& targets) const {
    util::SandboxSpec sandbox;
    sandbox.read_only = {request.checkout.source};
    sandbox.read_write = {objects};
    sandbox.cwd = objects;
    sandbox.limits = {k_most_memory_mib, k_largest_file_mib, k_most_processes, k_most_tmp_mib};
    sandbox.user = util::SandboxUser::own;
    // Nothing of this machine or moment in the kernel, so that equal inputs give equal bytes.
    sandbox.env = {"KBUILD_BUILD_TIMESTAMP=2000-01-01 00:00:00 UTC", "KBUILD_BUILD_USER=krepro",
                   "KBUILD_BUILD_HOST=krepro", "KBUILD_BUILD_VERSION=1"};
    add_ccache(sandbox);
    util::ProcessSpec spec;
    spec.argv = util::sandbox_argv(sandbox);
    const auto jobs = std::max(1U, std::thread::hardware_concurrency());
    spec.argv.insert(
        spec.argv.end(),
        {"make", "-C" + request.checkout.source, "O=" + objects.string(), fmt::format("-j{}", jobs),
         // Set, though empty: no "+" after the release of a tree git knows.
         "LOCALVERSION="});
    if (profile.compiler == "clang") spec.argv.emplace_back("LLVM=1");
    spec.argv.insert(spec.argv.end(), targets.begin(), targets.end());
    spec.deadline = k_make_deadline;
    spec.priority = request.priority;
    spec.keep_bytes = k_log_tail;
    return spec;
}

}  // namespace krepro::build
