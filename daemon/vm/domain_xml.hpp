// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vm/vm_host.hpp"

namespace krepro::vm {

// The libvirt domain for this VM (https://libvirt.org/formatdomain.html).
[[nodiscard]] std::string domain_xml(const BootSpec& spec);

}  // namespace krepro::vm
