// SPDX-License-Identifier: Apache-2.0
#include "build/local_builder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <thread>

#include "build/build_session.hpp"
#include "build/make_output.hpp"
#include "build/object_audit.hpp"
#include "build/object_states.hpp"
#include "build/rebuild_plan.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
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

// Part of every content key: raise it when the way of building changes what comes out.
constexpr std::string_view k_recipe = "1";

constexpr std::chrono::seconds k_config_deadline{300};

// Made anew by every link, whatever changed: version, kallsyms and the image's own.
constexpr int k_objects_of_a_link = 7;

// An expected number of objects for a first build, until one was counted.
constexpr int k_first_build_objects = 1150;

}  // namespace

LocalKernelBuilder::LocalKernelBuilder(fs::path profiles, fs::path cache)
    : profiles_(std::move(profiles)),
      cache_root_(fs::weakly_canonical(cache)),  // what it holds is opened without following links
      cache_(cache_root_ / "builds"),
      pool_(1) {}

asio::awaitable<Result<std::string>> LocalKernelBuilder::content_key(const BuildRequest& request,
                                                                     const Profile& profile) {
    // Asked each time: an upgrade of the toolchain must not hide behind a daemon that runs on.
    std::string toolchain;
    util::SandboxSpec room;  // as it is made for make: what is asked is what will compile
    room.env = {compiler_path(), "CCACHE_DISABLE=1", "HOME=/tmp"};
    for (const auto& tool : profile.tools()) {
        util::ProcessSpec spec;
        spec.argv = util::sandbox_argv(room);
        spec.argv.push_back(tool);
        spec.argv.emplace_back("--version");
        auto version = co_await util::run_checked(std::move(spec));
        if (!version) co_return tl::unexpected(version.error());
        toolchain += (toolchain.empty() ? "" : ", ") + version->substr(0, version->find('\n'));
    }
    compiler_ = std::move(toolchain);
    util::Sha256 hash;
    hash.add_field(k_recipe);
    hash.add_field(request.checkout.content);
    hash.add_field(profile.fragments);
    for (const auto& option : profile.guarantees) hash.add_field(option);
    hash.add_field(compiler_);
    co_return hash.hex();
}

fs::path LocalKernelBuilder::objects_of(const std::string& source,
                                        const std::string& profile) const {
    return cache_root_ / "obj" / util::sha256_hex(source + "\n" + profile).substr(0, 16);
}

asio::awaitable<std::optional<BuiltKernel>> LocalKernelBuilder::find(BuildRequest request) {
    const auto profile = profile_for(profiles_, request);
    if (!profile) co_return std::nullopt;
    const auto key = co_await content_key(request, *profile);
    if (!key) co_return std::nullopt;
    const auto home = objects_of(request.checkout.source, profile->variant());
    const auto look = [&]() -> std::optional<BuiltKernel> {
        // A process that found kernels to be wrong was killed before it had removed them.
        if (is_quarantine_open(home)) drop_doubtful(request, profile->name);
        return cache_.find(*key);
    };
    auto kernel = co_await util::run_on(pool_, look);
    if (kernel) {
        kernel->build.cached = true;
        kernel->build.arm = request.checkout.arm;
        kernel->build.objects = 0;
        kernel->build.skipped = 0;
        kernel->objects = home;
    }
    co_return kernel;
}

// The configuration: as the profile says, and checked, because an option whose dependencies are
// not met silently disappears.
asio::awaitable<Result<void>> LocalKernelBuilder::configure(Session& session) {
    session.step("configuring");
    if (auto written = util::write_file_atomic(session.fragment_file(), session.profile.fragments);
        !written)
        co_return tl::unexpected(written.error());
    const std::vector<std::string> from_fragment{
        "KCONFIG_ALLCONFIG=" + session.fragment_file().string(), "allnoconfig"};
    const std::vector<std::string> defaults{"olddefconfig"};
    for (const auto* targets : {&from_fragment, &defaults}) {
        auto spec = session.make(*targets);
        spec.deadline = k_config_deadline;
        const auto done = co_await util::run_process(spec);
        if (!done) co_return tl::unexpected(done.error());
        if (done->ok()) continue;
        if (auto error = hosts_error(spec, *done)) co_return tl::unexpected(std::move(*error));
        if (auto settled = co_await settle_files(session); !settled)
            co_return tl::unexpected(settled.error());
        auto error = config_error(done->out);
        error.what = fmt::format("the {} kernel cannot be configured{}",
                                 model::to_string(session.request.checkout.arm),
                                 done->timed_out ? " in its time" : "");
        co_return tl::unexpected(std::move(error));
    }
    const auto config = util::read_foreign_file(session.objects / ".config", 4U << 20U);
    if (!config) co_return tl::unexpected(config.error());
    co_return check_guarantees(session.profile, *config);
}

// What of a warm object tree need not be made anew.
asio::awaitable<Result<void>> LocalKernelBuilder::plan(Session& session) {
    if (session.fresh) {
        session.plain_reason = k_no_objects;
        co_return Result<void>{};
    }
    if (!planner_ || is_quarantined(session.home)) {
        session.plain_reason = planner_ ? "the planner was wrong about this tree before"
                                        : "the planner was switched off";
        co_return Result<void>{};
    }
    session.step("planning");
    PlanRequest request{session.request.checkout.source, session.objects,
                        std::move(session.changed), states_time(session.objects)};
    const auto work = [&request] { return plan_rebuild(request); };
    session.plan = co_await util::run_on(pool_, work);
    last_plan_ = session.plan;
    if (session.plan->hard.empty())
        spdlog::info("planner: {} of {} objects are affected", session.plan->selected.size(),
                     session.plan->dependents);
    else
        spdlog::info("planner: plain make: {}", session.plan->hard);
    const auto follow = [&session] { return follow_plan(session.objects, *session.plan); };
    co_return co_await util::run_on(pool_, follow);
}

// How much there is to do: all of it the first time, later what depends on the patch's files.
asio::awaitable<int> LocalKernelBuilder::expected_objects(const Session& session) {
    if (session.plan && session.plan->hard.empty())
        co_return static_cast<int>(session.plan->selected.size()) + k_objects_of_a_link;
    if (session.plan) co_return session.plan->dependents + k_objects_of_a_link;
    if (session.first) {
        const auto text = util::read_file(session.expected_file(), 64);
        co_return text ? std::atoi(text->c_str()) : k_first_build_objects;
    }
    const auto scan = [objects = session.objects, files = session.request.changed_files] {
        return count_dependents(objects, files);
    };
    co_return co_await util::run_on(pool_, scan);
}

// What make could not do: the first error, and the command that made it, which make shows only when
// it is asked to.
asio::awaitable<util::Error> LocalKernelBuilder::explain(const Session& session,
                                                         std::string output) {
    auto error = compile_error(output);
    if (const auto folder = session.request.checkout.source + "/"; error.where.starts_with(folder))
        error.where.erase(0, folder.size());
    const auto object = failed_object(output);
    if (object.empty()) co_return error;
    const std::vector<std::string> again{"V=1", object};
    auto spec = session.make(again);
    spec.deadline = k_config_deadline;
    const auto shown = co_await util::run_process(std::move(spec));
    if (!shown) co_return error;
    if (const auto command = command_of(shown->out, object); !command.empty())
        error.hint = "the command was: " + command + error.hint;
    co_return error;
}

asio::awaitable<Result<void>> LocalKernelBuilder::compile(Session& session) {
    session.compiling_since = std::chrono::steady_clock::now();
    session.step("compiling");
    // What is there until now is whole: a kill from here on puts only what is newer in doubt.
    if (auto marked = util::write_file_atomic(session.making_file(), ""); !marked) co_return marked;
    // From here on some objects are of this state and some of an earlier one.
    if (auto noted = add_state(session.objects, session.request.checkout.content); !noted)
        co_return noted;
    const std::vector<std::string> targets{"bzImage"};
    auto spec = session.make(targets);
    spec.on_line = [&session](std::string_view line) {
        if (is_object_line(line)) session.count_object();
    };
    auto made = co_await util::run_process(std::move(spec));
    if (!made) co_return tl::unexpected(made.error());
    if (auto logged = util::write_file_atomic(session.log_file(), made->out); !logged)
        co_return logged;
    // Cancellation and what is the machine's fault leave the mark: who knows what is half-written.
    if (auto error = hosts_error(spec, *made)) co_return tl::unexpected(std::move(*error));
    if (made->timed_out)
        co_return fail(ErrorKind::invalid_input, "the build did not end in its time", "make");
    if (auto settled = co_await settle_files(session); !settled) co_return settled;
    if (!made->ok()) {
        auto error = co_await explain(session, made->out);
        co_return tl::unexpected(std::move(error));
    }
    const auto settle = [objects = session.objects, checkout = session.request.checkout] {
        if (const int count = remove_stale_objects(objects, checkout.source); count > 0)
            spdlog::info("{} objects took no part in this build, and are removed", count);
        return set_state(objects, checkout.content);
    };
    if (auto noted = co_await util::run_on(pool_, settle); !noted) co_return noted;
    if (session.first)
        co_return util::write_file_atomic(session.expected_file(),
                                          std::to_string(session.progress.objects));
    co_return Result<void>{};
}

// Objects that are believed from here on must be there after a power cut too: a file that was
// written and not synced may then be empty, with the time of a whole one.
asio::awaitable<Result<void>> LocalKernelBuilder::settle_files(const Session& session) {
    const auto sync = [&session] { return util::sync_file_system(session.objects); };
    if (auto synced = co_await util::run_on(pool_, sync); !synced) co_return synced;
    std::error_code ignored;
    fs::remove(session.making_file(), ignored);
    co_return Result<void>{};
}

asio::awaitable<Result<BuiltKernel>> LocalKernelBuilder::build(
    BuildRequest request, std::function<void(const BuildProgress&)> progress) {
    auto profile = profile_for(profiles_, request);
    if (!profile) co_return tl::unexpected(profile.error());
    auto key = co_await content_key(request, *profile);
    if (!key) co_return tl::unexpected(key.error());

    last_plan_.reset();
    last_audit_.reset();
    Session session;
    session.key = std::move(*key);
    session.compiler = compiler_;
    session.tell = std::move(progress);
    session.home = objects_of(request.checkout.source, profile->variant());
    session.objects = session.home;
    session.request = std::move(request);
    session.profile = std::move(*profile);
    std::error_code code;
    fs::create_directories(session.home, code);
    // Of two jobs on one tree the second waits already for the tree; this holds for tools beside.
    auto lock = util::FileLock::take(session.home.string() + ".lock", util::FileLock::Wait::no);
    if (!lock) co_return tl::unexpected(lock.error());

    auto done = co_await make_ready(session);
    if (done) done = co_await configure(session);
    if (!done) co_return tl::unexpected(done.error());
    done = co_await plan(session);
    if (!done) co_return tl::unexpected(done.error());
    session.progress.expected = co_await expected_objects(session);
    done = co_await compile(session);
    if (done) done = co_await audit(session);
    if (!done) co_return tl::unexpected(done.error());
    co_return co_await keep(session);
}

asio::awaitable<Result<BuiltKernel>> LocalKernelBuilder::keep(Session& session) {
    session.step("keeping the result");
    const auto release =
        util::read_foreign_file(session.objects / "include/config/kernel.release", 4096);
    if (!release) co_return tl::unexpected(release.error());
    BuiltKernel kernel;
    kernel.bzimage = session.objects / "arch/x86/boot/bzImage";
    kernel.vmlinux = session.objects / "vmlinux";
    kernel.config = session.objects / ".config";
    kernel.objects = session.objects;
    kernel.build.key = session.key;
    kernel.build.arm = session.request.checkout.arm;
    kernel.build.tree = session.request.checkout.tree;
    kernel.build.profile = session.profile.name;
    kernel.build.release = release->substr(0, release->find('\n'));
    kernel.build.compiler = session.compiler;
    kernel.build.objects = session.progress.objects;
    if (session.plan && session.plan->hard.empty())
        kernel.build.skipped = static_cast<int>(session.plan->skipped.size());
    kernel.build.audit = session.audit;
    kernel.build.plain = session.plan ? session.plan->hard : session.plain_reason;
    kernel.build.wall_s = util::seconds_between(session.start, std::chrono::steady_clock::now());
    const auto keep_it = [this, kernel] { return cache_.keep(kernel); };
    auto kept = co_await util::run_on(pool_, keep_it);
    if (kept) kept->objects = session.home;  // a copy is gone in a moment
    co_return kept;
}

}  // namespace krepro::build
