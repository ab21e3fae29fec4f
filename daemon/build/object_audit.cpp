// SPDX-License-Identifier: Apache-2.0
#include "build/object_audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "build/build_session.hpp"
#include "build/object_compare.hpp"
#include "build/unit_command.hpp"
#include "util/files.hpp"
#include "util/offload.hpp"
#include "util/process.hpp"
#include "util/sandbox.hpp"

namespace krepro::build {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr int k_audit_nice = 15;
constexpr std::uintmax_t k_most_object = 256U << 20U;
constexpr std::uint64_t k_most_memory_mib = 16384;
constexpr std::uint64_t k_largest_file_mib = 1024;
constexpr std::uint64_t k_most_processes = 2048;
constexpr std::uint64_t k_most_tmp_mib = 2048;

// The makefile that makes all units in the work folder; units without a compiler's command are left
// out of `units`.
Result<void> write_makefile(AuditRequest& request) {
    std::vector<std::string> units;
    std::vector<std::string> commands;
    std::error_code code;
    for (const auto& unit : request.units) {
        const auto text = util::read_foreign_file(request.objects / command_file(unit), 4U << 20U);
        if (!text) continue;
        auto command = plain_command(*text, unit, request.work);
        if (!command) continue;
        fs::create_directories((request.work / unit).parent_path(), code);
        units.push_back(unit);
        commands.push_back(std::move(*command));
    }
    request.units = units;
    return util::write_file_atomic(request.work / "Makefile",
                                   debug_makefile(units, commands, request.work));
}

AuditResult compare(const AuditRequest& request) {
    AuditResult result;
    for (const auto& unit : request.units) {
        const auto there = util::read_foreign_file(request.objects / unit, k_most_object);
        const auto anew = util::read_foreign_file(request.work / unit, k_most_object);
        auto differs = there && anew ? object_difference(*there, *anew)
                                     : std::optional<std::string>("it cannot be read");
        ++result.compared;
        if (differs) result.mismatches.push_back(fmt::format("{}: {}", unit, *differs));
    }
    return result;
}

}  // namespace

asio::awaitable<Result<AuditResult>> audit_objects(AuditRequest request, asio::thread_pool& pool) {
    auto prepared = write_makefile(request);
    if (prepared) prepared = util::give_to_sandbox_user(request.work);
    if (!prepared) co_return tl::unexpected(prepared.error());
    util::SandboxSpec sandbox;
    sandbox.read_only = {request.source, request.objects};
    sandbox.read_write = {request.work};
    sandbox.cwd = request.objects;
    sandbox.limits = {k_most_memory_mib, k_largest_file_mib, k_most_processes, k_most_tmp_mib};
    sandbox.user = util::SandboxUser::own;
    util::ProcessSpec spec;
    spec.argv = util::sandbox_argv(sandbox);
    const auto jobs = std::max(1U, std::thread::hardware_concurrency());
    spec.argv.insert(spec.argv.end(), {"make", "-k", fmt::format("-j{}", jobs), "-f",
                                       (request.work / "Makefile").string()});
    spec.nice = k_audit_nice;
    spec.deadline = std::chrono::hours(1);
    const auto made = co_await util::run_process(spec);
    if (!made) co_return tl::unexpected(made.error());
    // Objects that a full disk or a killed compiler kept from being made are no planner's mistake.
    if (auto error = hosts_error(spec, *made)) co_return tl::unexpected(std::move(*error));
    if (made->timed_out)
        co_return fail(ErrorKind::unavailable, "the audit did not end in its time", "make");
    const auto work = [&request] { return compare(request); };
    co_return co_await util::run_on(pool, work);
}

std::vector<std::string> sample(std::vector<std::string> units, double share) {
    std::mt19937 random(std::random_device{}());
    std::shuffle(units.begin(), units.end(), random);
    const auto count = std::ceil(share * static_cast<double>(units.size()));
    units.resize(std::min(units.size(), static_cast<std::size_t>(std::max(0.0, count))));
    return units;
}

}  // namespace krepro::build
