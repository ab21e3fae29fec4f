// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "build/kernel_builder.hpp"
#include "checkout/checkout.hpp"
#include "vm/run_trial.hpp"
#include "vm/vm_host.hpp"
#include "zoo/boots.hpp"
#include "zoo/judge.hpp"
#include "zoo/run_boot.hpp"

namespace krepro::zoo {

// What the self-test needs of the rest, wired in app. What is pointed to outlives it.
struct Services {
    checkout::KernelSource* source = nullptr;
    build::KernelBuilder* builder = nullptr;
    vm::VmHost* host = nullptr;
    boost::asio::thread_pool* pool = nullptr;  // for what blocks: packing images
    std::filesystem::path init;                // krepro-init
    std::filesystem::path driver;              // kernels/zoo/driver
    std::filesystem::path work;  // a folder that QEMU's user can reach: images, consoles
    std::string accelerator;     // "kvm", "tcg"; empty: probed and remembered in `work`
    std::string vm_prefix;       // of the names of VMs: as the host was told
    // A VM begins, which is ended by what this returns; and it has ended.
    std::function<std::shared_ptr<vm::TrialCancel>()> begin_vm;
    std::function<void()> end_vm;
};

struct Wanted {
    std::string tree;
    std::string profile;
    std::vector<Bug> bugs;
    std::filesystem::path keep;  // a folder for each bug's console, NAME.log; empty: not kept
};

// What the caller is told while it goes on; all called on the loop's thread.
struct Teller {
    std::function<void(const std::string&)> progress;  // one sentence
    std::function<void(const Finding&)> found;
};

// Builds the tree with the zoo's driver, raises each bug in a VM and judges what the scanner makes
// of the console. One finding a bug: those that the profile's kernel cannot show first, the others
// in the order in which they were raised. Throws InfraError for a broken environment and for a tree
// that does not build with the driver.
boost::asio::awaitable<std::vector<Finding>> run_selftest(Services services, Wanted wanted,
                                                          Teller teller);

}  // namespace krepro::zoo
