// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace krepro::vm {

// Whether QEMU can start this vmlinux itself, without the decompressor of a bzImage: it has a PVH
// entry point (CONFIG_PVH), which an ELF note names. Any file may be given.
[[nodiscard]] bool has_pvh_entry(const std::filesystem::path& vmlinux);

}  // namespace krepro::vm
