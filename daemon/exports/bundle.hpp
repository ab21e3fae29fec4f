// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "exports/evidence.hpp"
#include "util/result.hpp"

namespace krepro::exports {

// What a bundle is made of, besides what is known of the job.
struct BundleParts {
    Evidence evidence;
    std::string initramfs;     // powers off by itself after `iterations`, if that is not 0
    std::string command_line;  // of the kernel
    int iterations = 0;        // of the workload in one boot; 0: until the time of a boot is over
    double boot_s = 60;        // until the guest says that it is ready
    double wall_s = 240;       // a boot
    // Where the bytes with this hash are.
    std::function<util::Result<std::filesystem::path>(const std::string&)> artifact;
};

// What the console shows when the bug is there: a piece of the line that says so and, where the
// report is about a lock, its name in one of the lines after it.
struct Sign {
    std::string title;
    std::string lock;  // may be empty

    bool operator==(const Sign&) const = default;
};

// Of the reports that are the job's target; without one, those of any splat. Never empty.
[[nodiscard]] std::vector<Sign> signs_of(const Evidence& evidence);

// The script of the bundle: POSIX sh, needs qemu-system-x86_64.
[[nodiscard]] std::string repro_script(const BundleParts& parts);

// "krepro-job-7"
[[nodiscard]] std::string bundle_name(const model::Job& job);

// Writes a tar archive in zstd to `file`: everything that repeats the result without krepro, in a
// folder of the bundle's name. Blocks. `conflict` when the job has no verdict or lacks a kernel.
util::Result<void> write_bundle(const BundleParts& parts, const std::filesystem::path& file);

}  // namespace krepro::exports
