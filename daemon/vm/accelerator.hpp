// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>

#include "model/json.hpp"
#include "vm/vm_host.hpp"

namespace krepro::vm {

// What is known of the accelerator on this host.
struct AcceleratorChoice {
    std::string accelerator;  // "kvm" or "tcg"
    std::string why;          // one sentence
    std::string host;         // the fingerprint of the host that this holds for
    bool tried = false;       // a guest was started in KVM

    bool operator==(const AcceleratorChoice&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(model::field("accelerator", &AcceleratorChoice::accelerator),
                               model::field("why", &AcceleratorChoice::why),
                               model::field("host", &AcceleratorChoice::host),
                               model::field("tried", &AcceleratorChoice::tried));
    }
};

// Kernel, CPU model, QEMU and /dev/kvm of this machine: an answer is remembered for as long as
// these stay.
[[nodiscard]] std::string host_fingerprint();

// Whether /dev/kvm is there and can be opened. Says nothing about whether a guest boots in it.
[[nodiscard]] bool kvm_device_usable();

// Boots `boot` (a kernel and image that are known to say hello on the harness's port) with KVM.
// "kvm" when the harness's first line arrives within `seconds`, "tcg" otherwise.
boost::asio::awaitable<AcceleratorChoice> probe_accelerator(VmHost& host, BootSpec boot,
                                                            double seconds);

}  // namespace krepro::vm
