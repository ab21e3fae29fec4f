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
    std::string accelerator;                    // "kvm", "tcg"; empty: probed
    std::string libvirt_uri;                    // empty: the embedded driver
    std::filesystem::path tls_cert, tls_key;    // PEM; both or neither
    std::filesystem::path ca_file;              // certificates to trust beside the system's
    std::string webhook;                        // who is told of each job's end; empty: nobody
    std::filesystem::path webhook_secret_file;  // what that is signed with
    bool webhook_allow_private = false;         // though it is in a private network
    bool demand_tokens = false;                 // on loopback too: behind a proxy
    bool allow_unsandboxed = false;             // where the machine refuses sandboxes, go on
    double cache_gib = 50;                      // what the cache is kept to after each job
};

// `invalid_input` names the file or variable and what is wrong with it.
util::Result<Settings> load_settings();

}  // namespace krepro::app
