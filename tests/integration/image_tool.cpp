// SPDX-License-Identifier: Apache-2.0
// Writes an initramfs, to boot by hand:
//     image_tool KREPRO_INIT OUT SCRIPT ITERATIONS [LINGER_S HEARTBEAT_MS]
#include <cstdio>
#include <cstdlib>

#include "image/image.hpp"
#include "util/files.hpp"

namespace {

int complain(const krepro::util::Error& error) {
    std::fprintf(stderr, "%s\n", error.to_string().c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fputs("usage: image_tool KREPRO_INIT OUT SCRIPT ITERATIONS [LINGER_S HEARTBEAT_MS]\n",
                   stderr);
        return 64;
    }
    const auto parts = krepro::image::find_parts(argv[1]);
    if (!parts) return complain(parts.error());
    auto script = krepro::util::read_file(argv[3]);
    if (!script) return complain(script.error());
    krepro::model::Workload workload;
    workload.script = std::move(*script);
    krepro::image::InitSettings settings;
    settings.iterations = std::atoi(argv[4]);
    if (argc > 5) settings.linger_s = std::atof(argv[5]);
    if (argc > 6) settings.heartbeat_ms = std::atoi(argv[6]);
    const auto bytes = krepro::image::make_initramfs(*parts, workload, settings);
    if (!bytes) return complain(bytes.error());
    const auto written = krepro::util::write_file_atomic(argv[2], *bytes);
    return written ? 0 : complain(written.error());
}
