// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace krepro::vm {

// One VM to start.
struct BootSpec {
    std::string name;                 // unique on the host: "krepro-job-trial"
    std::filesystem::path kernel;     // vmlinux with a PVH entry, or bzImage
    std::filesystem::path initramfs;  // cpio
    std::string command_line;         // of the kernel
    int vcpus = 2;
    int memory_mib = 1024;
    std::string accelerator = "tcg";  // or "kvm"
    std::filesystem::path console;    // ttyS0 goes into this file
    std::filesystem::path harness;    // ttyS1 goes into this file
};

struct VmEvent {
    enum class Kind {
        crashed,   // pvpanic: paused before the guest has printed everything
        stopped,   // QEMU has ended
        watchdog,  // the guest's watchdog ran out
    };
    Kind kind = Kind::stopped;
    std::string reason;
};

// A running VM. The destructor ends it.
class Vm {
  public:
    virtual ~Vm() = default;
    // Lets a crashed guest go on, so that it prints the rest of its panic.
    virtual boost::asio::awaitable<util::Result<void>> resume() = 0;
    // Ends QEMU now; returns when it is gone.
    virtual boost::asio::awaitable<void> destroy() = 0;
};

// Where VMs run: a seam, so that trials can be tested without one.
class VmHost {
  public:
    virtual ~VmHost() = default;
    // Starts the VM. `on_event` is called on the loop's thread until the Vm is destroyed.
    virtual boost::asio::awaitable<util::Result<std::unique_ptr<Vm>>> start(
        BootSpec spec, std::function<void(VmEvent)> on_event) = 0;
    // Ends every VM that an earlier process left behind; returns their names.
    virtual boost::asio::awaitable<util::Result<std::vector<std::string>>> clean_up() = 0;
};

}  // namespace krepro::vm
