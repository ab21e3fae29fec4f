// SPDX-License-Identifier: Apache-2.0
#include "util/memory.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace krepro::util {
namespace {

// Of one program or library. A segment that may be written to holds what relocation made of it,
// and is left alone.
int unmap_unchanged(dl_phdr_info* loaded, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < loaded->dlpi_phnum; ++i) {
        const auto& segment = loaded->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        // Whole pages of its own: a neighbour may begin in the last one.
        const auto begin = (loaded->dlpi_addr + segment.p_vaddr + page - 1) / page * page;
        const auto end = (loaded->dlpi_addr + segment.p_vaddr + segment.p_memsz) / page * page;
        // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses are what a loader has
        if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

void unmap_idle_code() {
    ::dl_iterate_phdr(unmap_unchanged, nullptr);
}

}  // namespace krepro::util
