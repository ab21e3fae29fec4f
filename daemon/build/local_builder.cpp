// SPDX-License-Identifier: Apache-2.0
#include "build/local_builder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <thread>

#include "build/make_output.hpp"
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
constexpr std::chrono::seconds k_make_deadline{4 * 3600};
constexpr std::size_t k_log_tail = 4U << 20U;

// An expected number of objects for a first build, until one was counted.
constexpr int k_first_build_objects = 1150;

}  // namespace

struct LocalKernelBuilder::Session {
    BuildRequest request;
    Profile profile;
    std::string key;
    fs::path objects;   // the object tree
    bool first = true;  // there are no objects yet
    std::function<void(const BuildProgress&)> tell;
    BuildProgress progress;
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

    void step(std::string name) {
        progress.step = std::move(name);
        if (tell) tell(progress);
    }
    void count_object() {
        ++progress.objects;
        if (tell) tell(progress);
    }
    [[nodiscard]] fs::path expected_file() const { return objects.string() + ".objects"; }
    // There while make runs: found at the start of a build, the last one was killed.
    [[nodiscard]] fs::path making_file() const { return objects.string() + ".making"; }
    [[nodiscard]] fs::path fragment_file() const { return objects / ".krepro-fragment"; }

    // make for this source and object tree, in a room without network that can write nothing but
    // the objects.
    [[nodiscard]] util::ProcessSpec make(const std::vector<std::string>& targets) const {
        util::SandboxSpec sandbox;
        sandbox.read_only = {request.checkout.source};
        sandbox.read_write = {objects};
        sandbox.cwd = objects;
        // Nothing of this machine or moment in the kernel, so that equal inputs give equal bytes.
        sandbox.env = {"KBUILD_BUILD_TIMESTAMP=2000-01-01 00:00:00 UTC", "KBUILD_BUILD_USER=krepro",
                       "KBUILD_BUILD_HOST=krepro", "KBUILD_BUILD_VERSION=1"};
        util::ProcessSpec spec;
        spec.argv = util::sandbox_argv(sandbox);
        const auto jobs = std::max(1U, std::thread::hardware_concurrency());
        spec.argv.insert(spec.argv.end(),
                         {"make", "-C" + request.checkout.source, "O=" + objects.string(),
                          fmt::format("-j{}", jobs),
                          // Set, though empty: no "+" after the release of a tree git knows.
                          "LOCALVERSION="});
        spec.argv.insert(spec.argv.end(), targets.begin(), targets.end());
        spec.deadline = k_make_deadline;
        spec.keep_bytes = k_log_tail;
        return spec;
    }
};

LocalKernelBuilder::LocalKernelBuilder(fs::path profiles, fs::path cache)
    : profiles_(std::move(profiles)),
      cache_root_(std::move(cache)),
      cache_(cache_root_ / "builds"),
      pool_(1) {}

asio::awaitable<Result<std::string>> LocalKernelBuilder::content_key(const BuildRequest& request,
                                                                     const Profile& profile) {
    if (compiler_.empty()) {
        util::ProcessSpec spec;
        spec.argv = {"gcc", "--version"};
        auto version = co_await util::run_checked(std::move(spec));
        if (!version) co_return tl::unexpected(version.error());
        compiler_ = version->substr(0, version->find('\n'));
    }
    util::Sha256 hash;
    hash.add_field(k_recipe);
    hash.add_field(request.checkout.content);
    hash.add_field(profile.fragments);
    hash.add_field(compiler_);
    co_return hash.hex();
}

asio::awaitable<std::optional<BuiltKernel>> LocalKernelBuilder::find(BuildRequest request) {
    const auto profile = read_profile(profiles_, request.profile);
    if (!profile) co_return std::nullopt;
    const auto key = co_await content_key(request, *profile);
    if (!key) co_return std::nullopt;
    const auto look = [this, key = *key] { return cache_.find(key); };
    auto kernel = co_await util::run_on(pool_, look);
    if (kernel) {
        kernel->build.cached = true;
        kernel->build.arm = request.checkout.arm;
        kernel->build.objects = 0;
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
        auto done = co_await util::run_checked(std::move(spec));
        if (!done) co_return tl::unexpected(done.error());
    }
    const auto config = util::read_file(session.objects / ".config", 4U << 20U);
    if (!config) co_return tl::unexpected(config.error());
    co_return check_guarantees(session.profile, *config);
}

// How much there is to do: all of it the first time, later what depends on the patch's files.
asio::awaitable<int> LocalKernelBuilder::expected_objects(const Session& session) {
    if (session.first) {
        const auto text = util::read_file(session.expected_file(), 64);
        co_return text ? std::atoi(text->c_str()) : k_first_build_objects;
    }
    const auto scan = [objects = session.objects, files = session.request.changed_files] {
        return count_dependents(objects, files);
    };
    co_return co_await util::run_on(pool_, scan);
}

asio::awaitable<Result<void>> LocalKernelBuilder::compile(Session& session) {
    session.step("compiling");
    const auto clear_up = [objects = session.objects, making = session.making_file()] {
        if (const int count = remove_newer_objects(objects, making); count > 0)
            spdlog::warn("{} objects of a build that was killed are made again", count);
        return util::write_file_atomic(making, "");
    };
    if (auto marked = co_await util::run_on(pool_, clear_up); !marked) co_return marked;
    const std::vector<std::string> targets{"bzImage"};
    auto spec = session.make(targets);
    spec.on_line = [&session](std::string_view line) {
        if (is_object_line(line)) session.count_object();
    };
    auto made = co_await util::run_process(std::move(spec));
    if (!made) co_return tl::unexpected(made.error());
    if (auto logged = util::write_file_atomic(session.objects.string() + ".log", made->out);
        !logged)
        co_return logged;
    // Cancellation and a kill leave by other ways, and so leave the mark.
    std::error_code ignored;
    if (!made->timed_out && made->signal == 0) fs::remove(session.making_file(), ignored);
    if (made->timed_out)
        co_return fail(ErrorKind::invalid_input, "the build did not end in its time", "make");
    if (!made->ok()) co_return tl::unexpected(compile_error(made->out));
    if (session.first)
        co_return util::write_file_atomic(session.expected_file(),
                                          std::to_string(session.progress.objects));
    co_return Result<void>{};
}

asio::awaitable<Result<BuiltKernel>> LocalKernelBuilder::build(
    BuildRequest request, std::function<void(const BuildProgress&)> progress) {
    auto profile = read_profile(profiles_, request.profile);
    if (!profile) co_return tl::unexpected(profile.error());
    auto key = co_await content_key(request, *profile);
    if (!key) co_return tl::unexpected(key.error());

    Session session;
    session.key = std::move(*key);
    session.tell = std::move(progress);
    session.objects =
        cache_root_ / "obj" /
        util::sha256_hex(request.checkout.source + "\n" + profile->name).substr(0, 16);
    session.request = std::move(request);
    session.profile = std::move(*profile);
    std::error_code code;
    fs::create_directories(session.objects, code);
    // Of two jobs on one tree the second waits already for the tree; this holds for tools beside.
    auto lock = util::FileLock::take(session.objects.string() + ".lock", util::FileLock::Wait::no);
    if (!lock) co_return tl::unexpected(lock.error());
    session.first = !fs::exists(session.objects / "vmlinux");

    auto done = co_await configure(session);
    if (!done) co_return tl::unexpected(done.error());
    session.progress.expected = co_await expected_objects(session);
    done = co_await compile(session);
    if (!done) co_return tl::unexpected(done.error());
    co_return co_await keep(session);
}

asio::awaitable<Result<BuiltKernel>> LocalKernelBuilder::keep(Session& session) {
    session.step("keeping the result");
    const auto release = util::read_file(session.objects / "include/config/kernel.release", 4096);
    if (!release) co_return tl::unexpected(release.error());
    BuiltKernel kernel;
    kernel.bzimage = session.objects / "arch/x86/boot/bzImage";
    kernel.vmlinux = session.objects / "vmlinux";
    kernel.config = session.objects / ".config";
    kernel.build.key = session.key;
    kernel.build.arm = session.request.checkout.arm;
    kernel.build.tree = session.request.checkout.tree;
    kernel.build.profile = session.profile.name;
    kernel.build.release = release->substr(0, release->find('\n'));
    kernel.build.compiler = compiler_;
    kernel.build.objects = session.progress.objects;
    kernel.build.wall_s = util::seconds_between(session.start, std::chrono::steady_clock::now());
    const auto keep_it = [this, kernel] { return cache_.keep(kernel); };
    co_return co_await util::run_on(pool_, keep_it);
}

}  // namespace krepro::build
