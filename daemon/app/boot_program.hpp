// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "app/settings.hpp"
#include "build/local_builder.hpp"
#include "checkout/local_source.hpp"
#include "checkout/tree_book.hpp"
#include "pipeline/job_control.hpp"
#include "util/files.hpp"
#include "vm/libvirt_host.hpp"

namespace krepro::app {

// The lock of a state folder, which is made when there is none. InfraError when another `who` has
// it.
[[nodiscard]] util::FileLock lock_state(const std::filesystem::path& state, std::string_view who);

// What the names of a state folder's VMs begin with: two programs may share one libvirt, never one
// state folder.
[[nodiscard]] std::string vm_prefix(const std::filesystem::path& state);

// A command that builds kernels and boots them by itself, without a daemon: its parts, in the order
// in which they need each other, and its loop.
class BootProgram {
  public:
    BootProgram(const BootProgram&) = delete;
    BootProgram& operator=(const BootProgram&) = delete;

  protected:
    // `folder`: its own, within the state folder. `who`: as people call the program.
    BootProgram(const Settings& settings, const char* folder, std::string_view who);
    ~BootProgram() = default;

    // Ends the VMs that an earlier run left, then does the work, to its end or until SIGINT or
    // SIGTERM cancels it by `control_`; a second signal ends the process at once. What the work has
    // thrown, or nothing.
    [[nodiscard]] std::exception_ptr run_to_the_end(boost::asio::awaitable<void> work);

    // The fields that the services of all such programs have.
    template <class Services>
    void wire(Services& services, const Settings& settings) {
        services.source = &source_;
        services.builder = &builder_;
        services.host = &host_;
        services.pool = &pool_;
        services.init = settings.init;
        services.accelerator = settings.accelerator;
        services.vm_prefix = prefix_;
    }

    std::filesystem::path state_;
    util::FileLock lock_;
    boost::asio::io_context io_{1};
    boost::asio::thread_pool pool_;
    std::string prefix_;
    vm::LibvirtHost host_;
    checkout::TreeBook trees_;
    checkout::LocalKernelSource source_;
    build::LocalKernelBuilder builder_;
    std::shared_ptr<pipeline::JobControl> control_;  // shared with the coroutine

  private:
    boost::asio::awaitable<void> whole(boost::asio::awaitable<void> work);

    boost::asio::signal_set signals_;
    std::exception_ptr failure_;
};

}  // namespace krepro::app
