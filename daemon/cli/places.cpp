// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>

#include "cli/cli.hpp"

namespace krepro::cli {

namespace fs = std::filesystem;

namespace {

fs::path from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? fs::path() : fs::path(value);
}

struct Choice {
    const char* override_name;  // KREPRO_STATE
    const char* for_root;       // /var/lib
    const char* xdg_name;       // XDG_STATE_HOME
    const char* below_home;     // .local/state
};

// A relative path in an XDG variable is to be ignored, says its specification.
fs::path choose(const Choice& choice) {
    if (auto path = from_environment(choice.override_name); !path.empty()) return path;
    if (::geteuid() == 0) return fs::path(choice.for_root) / "krepro";
    if (auto path = from_environment(choice.xdg_name); path.is_absolute()) return path / "krepro";
    return from_environment("HOME") / choice.below_home / "krepro";
}

}  // namespace

Places default_places() {
    Places places;
    places.state = choose({"KREPRO_STATE", "/var/lib", "XDG_STATE_HOME", ".local/state"});
    places.cache = choose({"KREPRO_CACHE", "/var/cache", "XDG_CACHE_HOME", ".cache"});
    places.data = from_environment("KREPRO_DATA");
    places.config = from_environment("KREPRO_CONFIG");
    if (places.config.empty())
        places.config =
            choose({"KREPRO_CONFIG_HOME", "/etc", "XDG_CONFIG_HOME", ".config"}) / "krepro.toml";
    return places;
}

}  // namespace krepro::cli
