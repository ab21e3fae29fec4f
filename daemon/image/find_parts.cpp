// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <optional>

#include "image/elf_needs.hpp"
#include "image/image.hpp"

namespace krepro::image {
namespace {

using util::ErrorKind;
using util::fail;
using util::Result;
namespace fs = std::filesystem;

constexpr std::array k_program_folders{"/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"};

bool is_program(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

bool is_static(const fs::path& path) {
    const auto needs = read_elf_needs(path);
    return needs && needs->is_elf && needs->interpreter.empty() && needs->needed.empty();
}

template <class Accept>
std::optional<fs::path> find_program(const char* name, Accept accept) {
    for (const char* folder : k_program_folders) {
        auto path = fs::path(folder) / name;
        if (is_program(path) && accept(path)) return path;
    }
    return std::nullopt;
}

}  // namespace

Result<ImageParts> find_parts(const fs::path& krepro_init) {
    if (!is_program(krepro_init) || !is_static(krepro_init))
        return fail(ErrorKind::unavailable, "krepro-init is not there, or is not a static program",
                    krepro_init.string(), "build the target krepro-init");
    const auto busybox = find_program("busybox", is_static);
    if (!busybox)
        return fail(ErrorKind::unavailable, "no static busybox was found", "/bin/busybox",
                    "apt-get install busybox-static");
    const auto stress_ng = find_program("stress-ng", [](const fs::path&) { return true; });
    if (!stress_ng)
        return fail(ErrorKind::unavailable, "stress-ng was not found", "/usr/bin/stress-ng",
                    "apt-get install stress-ng");
    return ImageParts{krepro_init, *busybox, {*stress_ng}};
}

}  // namespace krepro::image
