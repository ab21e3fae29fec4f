// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/workload.hpp"
#include "util/result.hpp"

namespace krepro::image {

// Where the parts of the image come from on this machine.
struct ImageParts {
    std::filesystem::path init;                   // krepro-init, static
    std::filesystem::path busybox;                // static
    std::vector<std::filesystem::path> programs;  // stress-ng; with the libraries they need
};

// What krepro-init is told (written into the image as /krepro/init.conf, lines `name=integer`).
struct InitSettings {
    int iterations = 0;   // 0: until powered off
    double linger_s = 3;  // after each iteration; at least 3
    int heartbeat_ms = 1000;
};

// The parts as they are found on this machine; `unavailable` names what is missing and the package.
util::Result<ImageParts> find_parts(const std::filesystem::path& krepro_init);

// The initramfs as bytes of a newc cpio archive: the same bytes for the same inputs (sorted names,
// zero times and owners). Holds /init, /bin/busybox with links for its applets, the programs with
// the shared libraries they need (DT_NEEDED closure, read with libelf, nothing is run; without
// those of stress-ng's stressors that the script cannot start), and the workload's script.
util::Result<std::string> make_initramfs(const ImageParts& parts, const model::Workload& workload,
                                         const InitSettings& settings);

}  // namespace krepro::image
