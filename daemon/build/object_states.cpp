// SPDX-License-Identifier: Apache-2.0
#include "build/object_states.hpp"

#include <algorithm>

#include "util/files.hpp"

namespace krepro::build {

namespace fs = std::filesystem;

namespace {

// Patches that break the build come one after the other; each state costs a look by git.
constexpr std::size_t k_most_states = 16;

fs::path states_file(const fs::path& objects) {
    return objects.string() + ".states";
}

fs::path toolchain_file(const fs::path& objects) {
    return objects.string() + ".toolchain";
}

fs::path quarantine_file(const fs::path& objects) {
    return objects.string() + ".quarantine";
}

// The first line of a quarantine that is not yet over with.
constexpr std::string_view k_open = "what was made of these objects is not cleared away yet\n";
constexpr std::uintmax_t k_most_quarantine = 1U << 20U;

std::vector<std::string> lines_of(const fs::path& file) {
    std::vector<std::string> lines;
    const auto text = util::read_file(file, 1U << 20U);
    for (std::size_t at = 0; text && at < text->size();) {
        const auto end = std::min(text->find('\n', at), text->size());
        lines.push_back(text->substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

}  // namespace

std::vector<std::string> read_states(const fs::path& objects) {
    auto states = lines_of(states_file(objects));
    if (states.size() > k_most_states) states.clear();
    return states;
}

util::Result<void> add_state(const fs::path& objects, const std::string& state) {
    auto states = lines_of(states_file(objects));
    if (std::find(states.begin(), states.end(), state) == states.end()) states.push_back(state);
    std::string text;
    for (const auto& one : states) text += one + "\n";
    return util::write_file_atomic(states_file(objects), text);
}

util::Result<void> set_state(const fs::path& objects, const std::string& state) {
    return util::write_file_atomic(states_file(objects), state + "\n");
}

fs::file_time_type states_time(const fs::path& objects) {
    std::error_code code;
    const auto time = fs::last_write_time(states_file(objects), code);
    return code ? fs::file_time_type::min() : time;
}

util::Result<void> empty_objects(const fs::path& objects) {
    std::error_code code;
    fs::remove(states_file(objects), code);
    std::vector<fs::path> entries;
    for (fs::directory_iterator at(objects, code), end; !code && at != end; at.increment(code))
        entries.push_back(at->path());
    for (const auto& entry : entries)
        if (!code) fs::remove_all(entry, code);
    if (!code) return {};
    return util::fail(util::ErrorKind::unavailable,
                      "cannot empty an object tree: " + code.message(), objects.string(),
                      "remove the folder");
}

std::string read_toolchain(const fs::path& objects) {
    return util::read_file(toolchain_file(objects), 1U << 16U).value_or("");
}

util::Result<void> set_toolchain(const fs::path& objects, const std::string& toolchain) {
    return util::write_file_atomic(toolchain_file(objects), toolchain);
}

util::Result<void> begin_quarantine(const fs::path& objects, const std::string& why) {
    return util::write_file_atomic(quarantine_file(objects), std::string(k_open) + why);
}

util::Result<void> end_quarantine(const fs::path& objects) {
    auto text = util::read_file(quarantine_file(objects), k_most_quarantine);
    if (!text) return tl::unexpected(text.error());
    if (text->starts_with(k_open)) text->erase(0, k_open.size());
    return util::write_file_atomic(quarantine_file(objects), *text);
}

bool is_quarantined(const fs::path& objects) {
    std::error_code code;
    return fs::exists(quarantine_file(objects), code);
}

bool is_quarantine_open(const fs::path& objects) {
    const auto text = util::read_file(quarantine_file(objects), k_most_quarantine);
    return text && text->starts_with(k_open);
}

}  // namespace krepro::build
