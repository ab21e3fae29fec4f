// SPDX-License-Identifier: Apache-2.0
#include "build/make_output.hpp"

#include <algorithm>

#include "util/files.hpp"

namespace krepro::build {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t k_max_cmd_file = 4U << 20U;

// Calls `use` for each line until it returns true.
template <class F>
void for_each_line(std::string_view text, F use) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (use(text.substr(0, end))) return;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

bool mentions_any(std::string_view text, const std::vector<std::string>& needles) {
    return std::any_of(needles.begin(), needles.end(), [text](const std::string& needle) {
        return text.find(needle) != std::string_view::npos;
    });
}

}  // namespace

bool is_object_line(std::string_view line) {
    return line.starts_with("  CC      ") || line.starts_with("  AS      ");
}

util::Error compile_error(std::string_view output) {
    util::Error error{util::ErrorKind::invalid_input, "make failed", "", ""};
    bool found = false;
    for_each_line(output, [&](std::string_view line) {
        // file.c:12:34: error: message
        const auto mark = line.find(": error: ");
        const auto fatal = line.find(": fatal error: ");
        const auto at = std::min(mark, fatal);
        if (at != std::string_view::npos) {
            error.where = std::string(line.substr(0, at));
            error.what = std::string(line.substr(line.find("error: ", at) + 7));
            found = true;
            return true;
        }
        if (line.find("*** ") != std::string_view::npos && line.starts_with("make"))
            error.where = std::string(line);
        return false;
    });
    if (!found && error.where.empty()) error.where = "the build's log";
    return error;
}

int count_dependents(const fs::path& objects, const std::vector<std::string>& files) {
    // As they stand in a .cmd file: absolute, so after a slash; ended by a space or line end.
    std::vector<std::string> needles;
    for (const auto& file : files) needles.push_back("/" + file);
    int count = 0;
    std::error_code code;
    for (fs::recursive_directory_iterator at(objects, code), end; at != end && !code;
         at.increment(code)) {
        const auto name = at->path().filename().string();
        if (!name.ends_with(".o.cmd")) continue;
        const auto text = util::read_file(at->path(), k_max_cmd_file);
        if (text && mentions_any(*text, needles)) ++count;
    }
    return count;
}

int remove_newer_objects(const fs::path& objects, const fs::path& stamp) {
    std::error_code code;
    const auto since = fs::last_write_time(stamp, code);
    if (code) return 0;
    std::vector<fs::path> doubtful;
    for (fs::recursive_directory_iterator at(objects, code), end; at != end && !code;
         at.increment(code)) {
        const auto extension = at->path().extension();
        std::error_code ignored;
        if ((extension == ".o" || extension == ".a") && at->is_regular_file(ignored) &&
            at->last_write_time(ignored) >= since)
            doubtful.push_back(at->path());
    }
    for (const auto& file : doubtful) fs::remove(file, code);
    return static_cast<int>(doubtful.size());
}

}  // namespace krepro::build
