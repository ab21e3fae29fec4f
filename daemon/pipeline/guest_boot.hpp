// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "vm/vm_host.hpp"

namespace krepro::pipeline {

struct GuestFiles {
    std::filesystem::path kernel;  // vmlinux with a PVH entry, or bzImage
    std::filesystem::path initramfs;
    std::string accelerator;  // "kvm" or "tcg"
};

// How every guest of krepro starts: the caller adds name, size and where its ports are written.
inline vm::BootSpec guest_boot(GuestFiles files) {
    vm::BootSpec boot;
    boot.kernel = std::move(files.kernel);
    boot.initramfs = std::move(files.initramfs);
    boot.accelerator = std::move(files.accelerator);
    // panic=-1: a panicked guest ends at once, after it has printed why. ramfs: the initramfs is
    // unpacked once, without tmpfs's accounting of each page.
    boot.command_line = "console=ttyS0,115200 panic=-1 rootfstype=ramfs";
    return boot;
}

}  // namespace krepro::pipeline
