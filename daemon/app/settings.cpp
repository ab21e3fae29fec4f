// SPDX-License-Identifier: Apache-2.0
#include "app/settings.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <variant>

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

Result<double> parse_gib(const std::string& text, const std::string& where) {
    char* end = nullptr;
    const double gib = std::strtod(text.c_str(), &end);
    if (text.empty() || end != text.c_str() + text.size() || !std::isfinite(gib) || gib <= 0)
        return fail(ErrorKind::invalid_input, fmt::format("\"{}\" is not a size", text), where,
                    "give a number of GiB above 0");
    return gib;
}

Result<void> check_accelerator(const std::string& value, const std::string& where) {
    if (value.empty() || value == "kvm" || value == "tcg") return {};
    return fail(ErrorKind::invalid_input, fmt::format("\"{}\" is not an accelerator", value), where,
                "give kvm, tcg or nothing");
}

using Member = std::variant<fs::path Settings::*, std::string Settings::*>;

// What is text in the configuration file and in the environment.
struct Slot {
    std::string_view key;  // empty: not in the file
    const char* variable;
    Member member;
};
const std::array k_slots{
    Slot{"state", "KREPRO_STATE", &Settings::state},
    Slot{"cache", "KREPRO_CACHE", &Settings::cache},
    Slot{"", "KREPRO_SHARE", &Settings::share},
    Slot{"", "KREPRO_INIT", &Settings::init},
    Slot{"address", "KREPRO_ADDRESS", &Settings::address},
    Slot{"accelerator", "KREPRO_ACCELERATOR", &Settings::accelerator},
    Slot{"libvirt_uri", "KREPRO_LIBVIRT_URI", &Settings::libvirt_uri},
    Slot{"tls_cert", "KREPRO_TLS_CERT", &Settings::tls_cert},
    Slot{"tls_key", "KREPRO_TLS_KEY", &Settings::tls_key},
    Slot{"ca_file", "KREPRO_CA_FILE", &Settings::ca_file},
    Slot{"webhook", "KREPRO_WEBHOOK", &Settings::webhook},
    Slot{"webhook_secret_file", "KREPRO_WEBHOOK_SECRET_FILE", &Settings::webhook_secret_file},
};

void set(Settings& settings, const Slot& slot, const std::string& value) {
    std::visit([&](auto member) { settings.*member = value; }, slot.member);
}

struct Switch {
    std::string_view key;
    const char* variable;
    bool Settings::*member;
};

constexpr std::array k_switches{
    Switch{"webhook_allow_private", "KREPRO_WEBHOOK_ALLOW_PRIVATE",
           &Settings::webhook_allow_private},
    Switch{"allow_unsandboxed", "KREPRO_ALLOW_UNSANDBOXED", &Settings::allow_unsandboxed},
    Switch{"demand_tokens", "KREPRO_DEMAND_TOKENS", &Settings::demand_tokens},
};

std::string known_keys() {
    std::string keys = "known are port, cache_gib";
    for (const auto& one : k_switches) keys += fmt::format(", {}", one.key);
    for (const auto& slot : k_slots)
        if (!slot.key.empty()) keys += fmt::format(", {}", slot.key);
    return keys;
}

Result<void> read_key(Settings& settings, std::string_view key, const toml::node& node,
                      const std::string& where) {
    if (key == "port") {
        const auto port = node.value<std::int64_t>().value_or(-1);
        if (port < 0 || port > 65535)
            return fail(ErrorKind::invalid_input, "not a port", where, "give 0 to 65535");
        settings.port = static_cast<unsigned short>(port);
        return {};
    }
    if (key == "cache_gib") {
        const auto gib = parse_gib(fmt::format("{}", node.value<double>().value_or(-1)), where);
        if (!gib) return tl::unexpected(gib.error());
        settings.cache_gib = *gib;
        return {};
    }
    for (const auto& one : k_switches) {
        if (one.key != key) continue;
        if (!node.is_boolean())
            return fail(ErrorKind::invalid_input, "expected true or false", where);
        settings.*one.member = node.value<bool>().value_or(false);
        return {};
    }
    for (const auto& slot : k_slots) {
        if (slot.key.empty() || slot.key != key) continue;
        const auto value = node.value<std::string>();
        if (!value) return fail(ErrorKind::invalid_input, "expected a string", where);
        set(settings, slot, *value);
        return {};
    }
    return fail(ErrorKind::invalid_input, "unknown key", where, known_keys());
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
        if (auto read = read_key(settings, key.str(), node, where); !read) return read;
    }
    return check_accelerator(settings.accelerator, file.string());
}

Result<void> read_environment(Settings& settings) {
    for (const auto& slot : k_slots)
        if (auto value = variable(slot.variable); !value.empty()) set(settings, slot, value);
    if (const auto port = variable("KREPRO_PORT"); !port.empty()) {
        const auto parsed = parse_port(port, "KREPRO_PORT");
        if (!parsed) return tl::unexpected(parsed.error());
        settings.port = *parsed;
    }
    if (const auto gib = variable("KREPRO_CACHE_GIB"); !gib.empty()) {
        const auto parsed = parse_gib(gib, "KREPRO_CACHE_GIB");
        if (!parsed) return tl::unexpected(parsed.error());
        settings.cache_gib = *parsed;
    }
    for (const auto& one : k_switches) {
        const auto value = variable(one.variable);
        if (value.empty()) continue;
        const bool on = value == "1" || value == "true";
        if (!on && value != "0" && value != "false")
            return fail(ErrorKind::invalid_input,
                        fmt::format("\"{}\" is neither true nor false", value),
                        std::string(one.variable), "write 1, true, 0 or false");
        settings.*one.member = on;
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
