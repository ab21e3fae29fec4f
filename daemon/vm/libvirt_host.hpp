// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "vm/vm_host.hpp"

namespace krepro::vm {

struct LibvirtOptions {
    // Empty: qemu:///embed over `root`. Otherwise any libvirt URI.
    std::string uri;
    // Of the embedded driver: its configuration, sockets and state. Kept short, because the path
    // of a unix socket holds 108 characters at most.
    std::filesystem::path root;
    // Begins the names of all domains of this host: what tells ours from others' on a shared
    // libvirt.
    std::string prefix = "krepro-";
};

// VMs by libvirt. The connection is opened with the first use, so that a machine without libvirt
// can still run the daemon; every blocking call runs on a pool of two threads.
class LibvirtHost : public VmHost {
  public:
    LibvirtHost(boost::asio::io_context& io, LibvirtOptions options);
    ~LibvirtHost() override;

    boost::asio::awaitable<util::Result<std::unique_ptr<Vm>>> start(
        BootSpec spec, std::function<void(VmEvent)> on_event) override;
    boost::asio::awaitable<util::Result<std::vector<std::string>>> clean_up() override;
    // Opens the connection now: what `krepro doctor` asks. Returns libvirt's and QEMU's versions.
    boost::asio::awaitable<util::Result<std::string>> versions();
    // The user that QEMU runs as; empty when it is the user of this process.
    [[nodiscard]] static std::string qemu_user();

    struct State;  // shared with the Vms, which may outlive the host's last use

  private:
    std::shared_ptr<State> state_;
};

}  // namespace krepro::vm
