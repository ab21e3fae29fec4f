// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace krepro::guest {

inline constexpr const char* k_settings_path = "/krepro/init.conf";
inline constexpr const char* k_workload_path = "/krepro/workload.sh";

// Where a workload may leave stress-ng's metrics (daemon/intake/workload.cpp asks it to).
inline constexpr const char* k_metrics_path = "/tmp/krepro-metrics.yaml";

// What the daemon tells krepro-init: /krepro/init.conf, lines `name=integer`.
struct Settings {
    int iterations = 0;  // 0: until powered off
    int linger_ms = 3000;
    int heartbeat_ms = 1000;
    std::string problem;  // the first line that could not be read; empty: none
};

[[nodiscard]] Settings parse_settings(std::string_view text);

}  // namespace krepro::guest
