// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/report.hpp"
#include "vm/run_trial.hpp"
#include "vm/vm_host.hpp"

namespace krepro::zoo {

// The limits of one boot, in seconds of wall time.
struct BootLimits {
    double boot_s = 60;     // to "ready"
    double silence_s = 30;  // without a console byte before that
    double wall_s = 240;    // the whole
    double quiet_s = 1;     // how long nothing may come behind the last report that was waited for
};

struct BootRequest {
    vm::BootSpec boot;
    BootLimits limits;
    // Whether all has come that is worth waiting for; asked after each report.
    std::function<bool(std::string_view console, std::span<const model::Report>)> enough;
    std::shared_ptr<vm::TrialCancel> cancel;
};

struct BootRecord {
    std::string console;
    std::vector<model::Report> reports;  // remarks that are no bugs among them
    bool ready = false;                  // the guest got to its workload
    bool hung_in_boot = false;           // it did not, and said nothing more: worth a second try
    bool cancelled = false;
    std::string ended;  // why it ended, for people
    double wall_s = 0;
};

// Boots the VM, streams its console through the report scanner until there is enough, the guest has
// ended or a limit is reached, and ends the VM. An error is libvirt's or QEMU's. Unlike a trial it
// goes on through every splat and panic.
boost::asio::awaitable<util::Result<BootRecord>> run_boot(vm::VmHost& host, BootRequest request);

}  // namespace krepro::zoo
