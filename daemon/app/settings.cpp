// SPDX-License-Identifier: Apache-2.0
#include "app/settings.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

#include "util/files.hpp"

namespace krepro::app {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// The XDG folder for a user, the system's for root.
fs::path base_folder(const char* root_path, const char* xdg, const char* home_path) {
    if (::geteuid() == 0) return root_path;
    if (const auto folder = variable(xdg); !folder.empty()) return fs::path(folder) / "krepro";
    return fs::path(variable("HOME")) / home_path / "krepro";
}

fs::path own_folder() {
    std::error_code code;
    return fs::read_symlink("/proc/self/exe", code).parent_path();
}

// What ships with krepro: installed beside the program, or the source tree it was built in.
fs::path share_folder() {
    std::error_code code;
    const auto own = own_folder();
    if (const auto installed = own.parent_path() / "share" / "krepro"; fs::exists(installed, code))
        return installed;
    for (auto folder = own; folder.has_relative_path(); folder = folder.parent_path())
        if (fs::exists(folder / "kernels" / "trees.toml", code)) return folder;
    return {};
}

Result<unsigned short> parse_port(const std::string& text, const std::string& where) {
    unsigned short port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(ErrorKind::invalid_input, fmt::format("\"{}\" is not a port", text), where,
                    "give a number from 0 to 65535");
    return port;
}

Result<void> check_accelerator(const std::string& value, const std::string& where) {
    if (value.empty() || value == "kvm" || value == "tcg") return {};
    return fail(ErrorKind::invalid_input, fmt::format("\"{}\" is not an accelerator", value), where,
                "give kvm, tcg or nothing");
}

Result<void> read_config(Settings& settings, const fs::path& file) {
    std::error_code code;
    if (!fs::exists(file, code)) return {};
    auto text = util::read_file(file, 1U << 20U);
    if (!text) return tl::unexpected(text.error());
    toml::table table;
    try {
        table = toml::parse(*text, file.string());
    } catch (const toml::parse_error& error) {
        return fail(ErrorKind::invalid_input, std::string(error.description()),
                    fmt::format("{}:{}", file.string(), error.source().begin.line));
    }
    for (const auto& [key, node] : table) {
        const auto where = fmt::format("{}: {}", file.string(), key.str());
        const auto value = node.value<std::string>();
        if (key == "port") {
            const auto port = node.value<std::int64_t>().value_or(-1);
            if (port < 0 || port > 65535)
                return fail(ErrorKind::invalid_input, "not a port", where, "give 0 to 65535");
            settings.port = static_cast<unsigned short>(port);
        } else if (!value) {
            return fail(ErrorKind::invalid_input, "expected a string", where);
        } else if (key == "state") {
            settings.state = *value;
        } else if (key == "cache") {
            settings.cache = *value;
        } else if (key == "address") {
            settings.address = *value;
        } else if (key == "accelerator") {
            settings.accelerator = *value;
        } else if (key == "libvirt_uri") {
            settings.libvirt_uri = *value;
        } else {
            return fail(ErrorKind::invalid_input, "unknown key", where,
                        "known are state, cache, address, port, accelerator and libvirt_uri");
        }
    }
    return check_accelerator(settings.accelerator, file.string());
}

Result<void> read_environment(Settings& settings) {
    const auto take = [](const char* name, auto& slot) {
        if (auto value = variable(name); !value.empty()) slot = value;
    };
    take("KREPRO_STATE", settings.state);
    take("KREPRO_CACHE", settings.cache);
    take("KREPRO_SHARE", settings.share);
    take("KREPRO_INIT", settings.init);
    take("KREPRO_ADDRESS", settings.address);
    take("KREPRO_ACCELERATOR", settings.accelerator);
    take("KREPRO_LIBVIRT_URI", settings.libvirt_uri);
    if (const auto port = variable("KREPRO_PORT"); !port.empty()) {
        const auto parsed = parse_port(port, "KREPRO_PORT");
        if (!parsed) return tl::unexpected(parsed.error());
        settings.port = *parsed;
    }
    return check_accelerator(settings.accelerator, "KREPRO_ACCELERATOR");
}

}  // namespace

Result<Settings> load_settings() {
    Settings settings;
    settings.state = base_folder("/var/lib/krepro", "XDG_STATE_HOME", ".local/state");
    settings.cache = base_folder("/var/cache/krepro", "XDG_CACHE_HOME", ".cache");
    settings.share = share_folder();
    settings.init = own_folder() / "krepro-init";
    const auto config = base_folder("/etc/krepro", "XDG_CONFIG_HOME", ".config") / "krepro.toml";
    if (auto read = read_config(settings, config); !read) return tl::unexpected(read.error());
    if (auto read = read_environment(settings); !read) return tl::unexpected(read.error());
    settings.state = fs::absolute(settings.state);
    settings.cache = fs::absolute(settings.cache);
    return settings;
}

}  // namespace krepro::app
