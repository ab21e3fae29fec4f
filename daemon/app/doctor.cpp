// SPDX-License-Identifier: Apache-2.0
#include "app/doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "app/rooms.hpp"
#include "store/store.hpp"
#include "util/files.hpp"
#include "vm/accelerator.hpp"
#include "vm/libvirt_host.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// A pair of trees with objects, kernels and consoles takes about this much.
constexpr std::uintmax_t k_comfortable_bytes = 12ULL << 30U;
constexpr std::uintmax_t k_minimum_bytes = 5ULL << 30U;

struct Tool {
    const char* program;
    const char* package;
};
constexpr std::array k_tools{Tool{"qemu-system-x86_64", "qemu-system-x86"},
                             Tool{"bwrap", "bubblewrap"},
                             Tool{"git", "git"},
                             Tool{"patch", "patch"},
                             Tool{"make", "make"},
                             Tool{"gcc", "gcc"},
                             Tool{"bc", "bc"},
                             Tool{"bison", "bison"},
                             Tool{"flex", "flex"},
                             Tool{"dpkg-source", "dpkg-dev"},
                             Tool{"stress-ng", "stress-ng"},
                             Tool{"busybox", "busybox-static"}};

fs::path find_program(std::string_view name) {
    for (const auto* folder : {"/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"}) {
        const auto path = fs::path(folder) / name;
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return {};
}

Finding check_tools() {
    std::string missing;
    std::string packages;
    for (const auto& tool : k_tools) {
        if (!find_program(tool.program).empty()) continue;
        missing += fmt::format("{}{}", missing.empty() ? "" : ", ", tool.program);
        packages += fmt::format(" {}", tool.package);
    }
    if (missing.empty()) return {"tools", Health::ok, fmt::format("{} found", k_tools.size()), ""};
    return {"tools", Health::broken, "missing: " + missing, "apt-get install" + packages};
}

Finding check_init(const Settings& settings) {
    if (::access(settings.init.c_str(), X_OK) == 0)
        return {"krepro-init", Health::ok, settings.init.string(), ""};
    return {"krepro-init", Health::broken, settings.init.string() + " is not there",
            "build krepro whole, or set KREPRO_INIT"};
}

Finding check_disk(const char* name, const fs::path& folder) {
    const auto free = util::free_bytes(folder);
    if (!free) return {name, Health::broken, free.error().to_string(), "make the folder reachable"};
    const auto text = fmt::format("{:.1f} GiB free for {}",
                                  static_cast<double>(*free) / (1ULL << 30U), folder.string());
    const auto health = *free < k_minimum_bytes       ? Health::broken
                        : *free < k_comfortable_bytes ? Health::warning
                                                      : Health::ok;
    return {name, health, text,
            health == Health::ok ? "" : "free some space, or move the folder with KREPRO_CACHE"};
}

Finding check_sandbox(const Settings& settings) {
    const auto tried = try_sandbox();
    if (tried) return {"sandbox", Health::ok, "bubblewrap works", ""};
    const std::string mend =
        "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1), or run as root";
    if (settings.allow_unsandboxed)
        return {"sandbox", Health::warning,
                "none: foreign makefiles and git run with this user's rights and network "
                "(allow_unsandboxed); " +
                    tried.error().to_string(),
                mend};
    return {"sandbox", Health::broken, tried.error().to_string(),
            mend + "; or go on without, knowingly: --allow-unsandboxed"};
}

asio::awaitable<Finding> check_libvirt(asio::io_context& io, const Settings& settings) {
    const auto root = settings.state / "vm";
    // The embedded driver belongs to one process: a daemon that runs has shown that it works.
    const auto lock = util::FileLock::take(settings.state / "lock", util::FileLock::Wait::no);
    if (!lock && lock.error().kind == util::ErrorKind::conflict)
        co_return Finding{"libvirt", Health::ok, "in use by the running daemon", ""};
    vm::LibvirtHost host(io, {settings.libvirt_uri, root, "krepro-"});
    const auto versions = co_await host.versions();
    if (!versions)
        co_return Finding{"libvirt", Health::broken, versions.error().what, versions.error().hint};
    if (::geteuid() == 0 && vm::LibvirtHost::qemu_user().empty())
        co_return Finding{"libvirt", Health::warning,
                          *versions +
                              "; QEMU runs as root, because its own user cannot open "
                              "/dev/kvm",
                          "chgrp kvm /dev/kvm && chmod 660 /dev/kvm"};
    co_return Finding{"libvirt", Health::ok, *versions, ""};
}

Finding check_accelerator(const Settings& settings) {
    if (!settings.accelerator.empty())
        return {"accelerator", Health::ok, settings.accelerator + ", as configured", ""};
    if (!vm::kvm_device_usable())
        return {"accelerator", Health::warning, "tcg: /dev/kvm cannot be opened",
                "trials run some 10 times faster with KVM; without it nothing is lost but time"};
    // Only looked at: doctor makes no store where there is none.
    const auto file = settings.state / "krepro.db";
    std::optional<model::Json> known;
    if (fs::exists(file))
        if (const auto store = store::Store::open(file)) known = (*store)->fact("accelerator");
    const auto choice = known ? model::from_json<vm::AcceleratorChoice>(*known)
                              : util::Result<vm::AcceleratorChoice>(
                                    util::fail(util::ErrorKind::not_found, "not probed"));
    if (!choice || choice->host != vm::host_fingerprint())
        return {"accelerator", Health::warning,
                "/dev/kvm opens; whether a guest boots in it is tried at the first job", ""};
    const bool kvm = choice->accelerator == "kvm";
    return {"accelerator", kvm ? Health::ok : Health::warning,
            choice->accelerator + ": " + choice->why,
            kvm ? "" : "trials run under emulation: slower, and just as valid"};
}

Finding check_share(const Settings& settings) {
    if (fs::exists(settings.share / "kernels" / "trees.toml"))
        return {"files", Health::ok, settings.share.string(), ""};
    return {"files", Health::broken, "kernels/trees.toml is not found",
            "set KREPRO_SHARE to the folder that holds kernels/"};
}

}  // namespace

std::vector<Finding> examine(const Settings& settings) {
    std::vector<Finding> findings{check_share(settings),
                                  check_tools(),
                                  check_init(settings),
                                  check_disk("disk for state", settings.state),
                                  check_disk("disk for cache", settings.cache),
                                  check_sandbox(settings)};
    asio::io_context io;
    std::exception_ptr failure;
    const auto live = [&]() -> asio::awaitable<void> {
        findings.push_back(co_await check_libvirt(io, settings));
    };
    asio::co_spawn(io, live, [&](const std::exception_ptr& e) {
        failure = e;
        io.stop();  // libvirt keeps timers on the loop
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    findings.push_back(check_accelerator(settings));
    return findings;
}

}  // namespace krepro::app
