// SPDX-License-Identifier: Apache-2.0
#include "vm/libvirt_host.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <mutex>

#include "util/files.hpp"
#include "util/offload.hpp"
#include "vm/domain_xml.hpp"
#include "vm/event_loop.hpp"

namespace krepro::vm {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

// Left free for "/lib/domain-N-NAME/monitor.sock" in a unix socket's 108 characters.
constexpr std::size_t k_max_root_path = 60;
constexpr const char* k_install_hint =
    "install libvirt-daemon-system and qemu-system-x86, then see `krepro doctor`";

struct CloseConnection {
    void operator()(virConnectPtr connection) const { virConnectClose(connection); }
};
struct FreeDomain {
    void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
using Connection = std::unique_ptr<std::remove_pointer_t<virConnectPtr>, CloseConnection>;
using Domain = std::unique_ptr<std::remove_pointer_t<virDomainPtr>, FreeDomain>;

std::string last_error() {
    const char* text = virGetLastErrorMessage();
    return text == nullptr ? "unknown libvirt error" : text;
}

bool kvm_device_exists() {
    return ::access("/dev/kvm", F_OK) == 0;
}

// By the device's mode bits, as the kernel would decide for this user.
bool may_open_kvm(const passwd& user) {
    struct stat device {};
    if (::stat("/dev/kvm", &device) != 0) return false;
    if ((device.st_mode & 06U) == 06U) return true;
    if ((device.st_mode & 060U) != 060U) return false;
    std::array<gid_t, 64> groups{};
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0) return false;
    return std::find(groups.begin(), groups.begin() + count, device.st_gid) !=
           groups.begin() + count;
}

// The embedded driver reads its settings once, when it is first opened.
Result<void> write_qemu_conf(const fs::path& root) {
    std::string conf =
        "stdio_handler = \"file\"\n"    // no virtlogd runs here
        "security_driver = \"none\"\n"  // no labels on files in the caches
        "remember_owner = 0\n"
        "dynamic_ownership = 0\n"      // artifacts keep their owner
        "namespaces = [ ]\n"           // no private /dev: QEMU must see the console files
        "cgroup_controllers = [ ]\n";  // no systemd to ask for a slice
    if (::geteuid() == 0) {
        const auto name = LibvirtHost::qemu_user();
        const passwd* user = name.empty() ? nullptr : ::getpwnam(name.c_str());
        conf += fmt::format("user = \"+{}\"\ngroup = \"+{}\"\n", user ? user->pw_uid : 0,
                            user ? user->pw_gid : 0);
    }
    std::error_code code;
    fs::create_directories(root / "etc", code);
    if (code) return fail(ErrorKind::unavailable, code.message(), (root / "etc").string());
    return util::write_file_atomic(root / "etc" / "qemu.conf", conf);
}

}  // namespace

struct LibvirtHost::State {
    State(asio::io_context& context, LibvirtOptions given)
        : io(context), options(std::move(given)), pool(2) {}

    asio::io_context& io;
    LibvirtOptions options;
    asio::thread_pool pool;
    std::mutex open_mutex;
    Connection connection;

    Result<virConnectPtr> open();
    Result<std::vector<std::string>> destroy_leftovers();
};

Result<virConnectPtr> LibvirtHost::State::open() {
    const std::lock_guard lock(open_mutex);
    // A libvirt daemon may have been restarted since.
    if (connection && virConnectIsAlive(connection.get()) == 1) return connection.get();
    std::string uri = options.uri;
    if (uri.empty()) {
        if (options.root.string().size() > k_max_root_path)
            return fail(ErrorKind::unavailable,
                        fmt::format("the path has more than {} characters, too long for QEMU's "
                                    "unix sockets",
                                    k_max_root_path),
                        options.root.string(), "choose a shorter state folder");
        if (auto written = write_qemu_conf(options.root); !written)
            return tl::unexpected(written.error());
        uri = "qemu:///embed?root=" + options.root.string();
    }
    connection.reset(virConnectOpen(uri.c_str()));
    if (!connection)
        return fail(ErrorKind::unavailable, "libvirt cannot be opened: " + last_error(), uri,
                    k_install_hint);
    return connection.get();
}

Result<std::vector<std::string>> LibvirtHost::State::destroy_leftovers() {
    auto conn = open();
    if (!conn) return tl::unexpected(conn.error());
    virDomainPtr* domains = nullptr;
    const int count = virConnectListAllDomains(*conn, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (count < 0) return fail(ErrorKind::unavailable, last_error(), "listing domains");
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) {
        const Domain domain(domains[i]);
        const std::string name = virDomainGetName(domain.get());
        if (!name.starts_with(options.prefix)) continue;  // not ours
        if (virDomainDestroy(domain.get()) == 0) names.push_back(name);
    }
    ::free(domains);
    return names;
}

namespace {

using StatePtr = std::shared_ptr<LibvirtHost::State>;
using EventHandler = std::function<void(VmEvent)>;

// What libvirt's callbacks hold: the domain may be gone when an event comes, and the reverse. One
// owner is the LibvirtVm, the other libvirt, which lets go in free_listener.
struct Listener {
    Listener(asio::io_context& context, EventHandler function)
        : io(context), handler(std::move(function)) {}
    asio::io_context& io;
    EventHandler handler;
    std::atomic<bool> muted = false;  // the Vm is gone
};
using ListenerPtr = std::shared_ptr<Listener>;

void deliver(const ListenerPtr& listener, VmEvent event) {
    asio::post(listener->io, [listener, event = std::move(event)] {
        if (!listener->muted) listener->handler(event);
    });
}

void on_lifecycle(virConnectPtr, virDomainPtr, int event, int detail, void* opaque) {
    const auto& listener = *static_cast<ListenerPtr*>(opaque);
    if (event == VIR_DOMAIN_EVENT_CRASHED)
        deliver(listener, {VmEvent::Kind::crashed, "the guest panicked"});
    if (event == VIR_DOMAIN_EVENT_STOPPED)
        deliver(listener, {VmEvent::Kind::stopped,
                           detail == VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN  ? "guest shut down"
                           : detail == VIR_DOMAIN_EVENT_STOPPED_CRASHED ? "guest crashed"
                           : detail == VIR_DOMAIN_EVENT_STOPPED_FAILED  ? "QEMU failed"
                                                                        : "QEMU was ended"});
}

void on_watchdog(virConnectPtr, virDomainPtr, int, void* opaque) {
    deliver(*static_cast<ListenerPtr*>(opaque), {VmEvent::Kind::watchdog, "watchdog ran out"});
}

void free_listener(void* opaque) {
    delete static_cast<ListenerPtr*>(opaque);
}

class LibvirtVm : public Vm {
  public:
    LibvirtVm(StatePtr state, Domain domain, ListenerPtr listener, std::vector<int> callbacks)
        : state_(std::move(state)),
          domain_(std::move(domain)),
          listener_(std::move(listener)),
          callbacks_(std::move(callbacks)) {}

    ~LibvirtVm() override {
        listener_->muted = true;
        if (domain_) end(*state_, domain_.get(), callbacks_);
    }

    asio::awaitable<Result<void>> resume() override {
        co_return co_await util::run_on(state_->pool, [domain = domain_.get()]() -> Result<void> {
            if (virDomainResume(domain) == 0) return {};
            return fail(ErrorKind::unavailable, last_error(), "resuming the guest");
        });
    }

    asio::awaitable<void> destroy() override {
        listener_->muted = true;
        if (!domain_) co_return;
        // The pool owns the domain from here on, whatever happens to this coroutine.
        const std::shared_ptr<std::remove_pointer_t<virDomainPtr>> domain(domain_.release(),
                                                                          FreeDomain{});
        const auto work = [state = state_, domain, callbacks = callbacks_] {
            end(*state, domain.get(), callbacks);
        };
        co_await util::run_on(state_->pool, work);
    }

  private:
    static void end(LibvirtHost::State& state, virDomainPtr domain,
                    const std::vector<int>& callbacks) {
        for (const int id : callbacks)
            virConnectDomainEventDeregisterAny(state.connection.get(), id);
        if (virDomainDestroy(domain) == 0) return;
        // It fails when the domain has ended by itself, which is as good.
        const auto why = last_error();
        if (virDomainIsActive(domain) == 1)
            spdlog::error("the VM {} could not be ended and still runs: {}",
                          virDomainGetName(domain), why);
    }

    StatePtr state_;
    Domain domain_;
    ListenerPtr listener_;
    std::vector<int> callbacks_;
};

int listen(virConnectPtr connection, virDomainPtr domain, int event,
           virConnectDomainEventGenericCallback callback, const ListenerPtr& listener) {
    return virConnectDomainEventRegisterAny(connection, domain, event, callback,
                                            new ListenerPtr(listener), free_listener);
}

// QEMU runs as another user when krepro is root; these are the only files it writes.
Result<void> make_output_file(const fs::path& path) {
    const util::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd.valid())
        return fail(ErrorKind::unavailable, "cannot create the console file", path.string());
    const auto user = LibvirtHost::qemu_user();
    if (user.empty()) return {};
    const passwd* entry = ::getpwnam(user.c_str());
    if (entry == nullptr || ::fchown(fd.get(), entry->pw_uid, entry->pw_gid) != 0)
        return fail(ErrorKind::unavailable, "cannot give the console file to QEMU's user",
                    path.string());
    return {};
}

Result<std::unique_ptr<Vm>> start_domain(const StatePtr& state, const BootSpec& spec,
                                         const ListenerPtr& listener) {
    auto connection = state->open();
    if (!connection) return tl::unexpected(connection.error());
    for (const auto& file : {spec.console, spec.harness})
        if (auto made = make_output_file(file); !made) return tl::unexpected(made.error());
    // Started paused, so that no event can come before somebody listens.
    Domain domain(
        virDomainCreateXML(*connection, domain_xml(spec).c_str(), VIR_DOMAIN_START_PAUSED));
    if (!domain)
        return fail(ErrorKind::unavailable, "the VM cannot be started: " + last_error(), spec.name,
                    k_install_hint);
    std::vector<int> callbacks{listen(*connection, domain.get(), VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                      VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), listener),
                               listen(*connection, domain.get(), VIR_DOMAIN_EVENT_ID_WATCHDOG,
                                      VIR_DOMAIN_EVENT_CALLBACK(on_watchdog), listener)};
    auto vm = std::make_unique<LibvirtVm>(state, std::move(domain), listener, callbacks);
    virDomainPtr started = virDomainLookupByName(*connection, spec.name.c_str());
    const Domain guard(started);
    if (started == nullptr || virDomainResume(started) != 0)
        return fail(ErrorKind::unavailable, "the VM cannot be started: " + last_error(), spec.name);
    return vm;
}

void ignore_libvirt_errors(void*, virErrorPtr) {}  // they are asked for where they matter

}  // namespace

LibvirtHost::LibvirtHost(asio::io_context& io, LibvirtOptions options)
    : state_(std::make_shared<State>(io, std::move(options))) {
    virSetErrorFunc(nullptr, ignore_libvirt_errors);
    use_event_loop(io);
}

LibvirtHost::~LibvirtHost() {
    state_->pool.join();
}

std::string LibvirtHost::qemu_user() {
    if (::geteuid() != 0) return {};
    const passwd* user = ::getpwnam("libvirt-qemu");
    // libvirt finds KVM with its own rights when it probes QEMU, then without when it checks with
    // QEMU's, and probes again at every call: a minute for each VM. So QEMU gets a user of its own
    // only where that user can open the device.
    return user != nullptr && (!kvm_device_exists() || may_open_kvm(*user)) ? user->pw_name : "";
}

asio::awaitable<Result<std::unique_ptr<Vm>>> LibvirtHost::start(
    BootSpec spec, std::function<void(VmEvent)> on_event) {
    auto listener = std::make_shared<Listener>(state_->io, std::move(on_event));
    const auto work = [state = state_, spec = std::move(spec), listener] {
        return start_domain(state, spec, listener);
    };
    co_return co_await util::run_on(state_->pool, work);
}

asio::awaitable<Result<std::vector<std::string>>> LibvirtHost::clean_up() {
    const auto work = [state = state_] { return state->destroy_leftovers(); };
    co_return co_await util::run_on(state_->pool, work);
}

asio::awaitable<Result<std::string>> LibvirtHost::versions() {
    const auto work = [state = state_]() -> Result<std::string> {
        auto connection = state->open();
        if (!connection) return tl::unexpected(connection.error());
        unsigned long libvirt = 0;
        unsigned long qemu = 0;
        virGetVersion(&libvirt, nullptr, nullptr);
        virConnectGetVersion(*connection, &qemu);
        const auto text = [](unsigned long v) {
            return fmt::format("{}.{}.{}", v / 1000000, v / 1000 % 1000, v % 1000);
        };
        return fmt::format("libvirt {}, QEMU {}", text(libvirt), text(qemu));
    };
    co_return co_await util::run_on(state_->pool, work);
}

}  // namespace krepro::vm
