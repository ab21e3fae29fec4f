// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "util/result.hpp"

namespace krepro::app {

// Where krepro keeps things and how it is reached. Later sources win: the defaults, the
// configuration file, the environment (KREPRO_*), the command line.
struct Settings {
    std::filesystem::path state;  // jobs, artifacts: /var/lib/krepro, or XDG_STATE_HOME/krepro
    std::filesystem::path cache;  // trees, objects, kernels: can be deleted at any time
    std::filesystem::path share;  // kernels/, web/dist: what ships with krepro
    std::filesystem::path init;   // krepro-init
    std::string address = "127.0.0.1";
    unsigned short port = 8734;
    std::string accelerator;  // "kvm", "tcg"; empty: probed
    std::string libvirt_uri;  // empty: the embedded driver
};

// `invalid_input` names the file or variable and what is wrong with it.
util::Result<Settings> load_settings();

}  // namespace krepro::app
