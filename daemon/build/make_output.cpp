// SPDX-License-Identifier: Apache-2.0
#include "build/make_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

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

constexpr std::string_view k_fatal = ": fatal error: ";
constexpr std::string_view k_plain = ": error: ";
constexpr std::string_view k_undefined = ": undefined reference to ";

// file.c:12:34: error: message; or the linker's file.c:12: undefined reference to `x'
bool is_error(std::string_view line) {
    return line.find(k_plain) != std::string_view::npos ||
           line.find(k_fatal) != std::string_view::npos ||
           line.find(k_undefined) != std::string_view::npos;
}

void read_error(std::string_view line, util::Error& error) {
    for (const auto mark : {k_fatal, k_plain, k_undefined}) {
        const auto at = line.find(mark);
        if (at == std::string_view::npos) continue;
        error.where = std::string(line.substr(0, at));
        // "undefined reference to" is what the linker says; "error:" only says that it is one.
        error.what = std::string(line.substr(mark == k_undefined ? at + 2 : at + mark.size()));
        return;
    }
}

// Up to twenty lines with this one in their middle, each after a line end.
std::string lines_around(const std::vector<std::string_view>& lines,
                         std::vector<std::string_view>::const_iterator at) {
    constexpr std::ptrdiff_t k_before = 10;
    constexpr std::ptrdiff_t k_after = 10;
    constexpr std::size_t k_longest = 400;
    const auto first = at - std::min(k_before, at - lines.begin());
    const auto last = at + std::min(k_after, lines.end() - at);
    std::string around;
    for (auto line = first; line != last; ++line)
        around += fmt::format("\n{}", line->substr(0, k_longest));
    return around;
}

}  // namespace

bool is_object_line(std::string_view line) {
    return line.starts_with("  CC      ") || line.starts_with("  AS      ");
}

util::Error compile_error(std::string_view output) {
    util::Error error{util::ErrorKind::invalid_input, "make failed", "", ""};
    std::vector<std::string_view> lines;
    for_each_line(output, [&](std::string_view line) {
        lines.push_back(line);
        return false;
    });
    const auto first = std::find_if(lines.cbegin(), lines.cend(),
                                    [](std::string_view line) { return is_error(line); });
    auto at = first;
    if (first == lines.end()) {
        at = std::find_if(lines.cbegin(), lines.cend(), [](std::string_view line) {
            return line.starts_with("make") && line.find("*** ") != std::string_view::npos;
        });
        error.where = at == lines.end() ? "the build's log" : std::string(*at);
    } else {
        read_error(*first, error);
    }
    error.hint = lines_around(lines, at);
    return error;
}

bool is_hosts_failure(std::string_view output) {
    bool found = false;
    for_each_line(output, [&](std::string_view line) {
        // A compiler shows lines of the source behind a bar, which may say anything.
        const bool quoted = line.find(" | ") != std::string_view::npos;
        found = !quoted && (line.ends_with(": No space left on device") ||
                            line.find(": fatal error: Killed signal terminated program") !=
                                std::string_view::npos ||
                            (line.starts_with("make") && line.ends_with("] Killed")));
        return found;
    });
    return found;
}

util::Error config_error(std::string_view output) {
    auto error = compile_error(output);
    for_each_line(output, [&](std::string_view line) {
        // "net/Kconfig:12: syntax error", "init/Kconfig.x:3:warning: ..."
        const auto name = line.find("Kconfig");
        const auto colon = name == std::string_view::npos ? name : line.find(':', name);
        if (colon == std::string_view::npos || colon + 1 >= line.size() ||
            std::isdigit(static_cast<unsigned char>(line[colon + 1])) == 0 ||
            line.find("warning") != std::string_view::npos)
            return false;
        const auto end = line.find(':', colon + 1);
        error.where = std::string(line.substr(0, end));
        return true;
    });
    return error;
}

std::string failed_object(std::string_view output) {
    std::string object;
    for_each_line(output, [&](std::string_view line) {
        // make[4]: *** [SOURCE/scripts/Makefile.build:250: kernel/fork.o] Error 1
        const auto mark = line.find("*** [");
        const auto end = line.find("] Error", mark == std::string_view::npos ? 0 : mark);
        if (!line.starts_with("make") || mark == std::string_view::npos ||
            end == std::string_view::npos)
            return false;
        const auto target = line.substr(mark, end - mark);
        const auto space = target.rfind(' ');
        if (!target.ends_with(".o") || space == std::string_view::npos) return false;
        object = std::string(target.substr(space + 1));
        return true;
    });
    return object;
}

std::string command_of(std::string_view output, std::string_view object) {
    constexpr std::size_t k_longest = 8192;
    std::string command;
    const auto made = fmt::format(" -o {} ", object);
    for_each_line(output, [&](std::string_view line) {
        if (line.find(made) == std::string_view::npos) return false;
        while (line.starts_with(' ')) line.remove_prefix(1);
        command = std::string(line.substr(0, k_longest));
        return true;
    });
    return command;
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
        const auto text = util::read_foreign_file(at->path(), k_max_cmd_file);
        if (text && mentions_any(*text, needles)) ++count;
    }
    return count;
}

int remove_newer_files(const fs::path& objects, const fs::path& stamp) {
    std::error_code code;
    const auto since = fs::last_write_time(stamp, code);
    if (code) return 0;
    std::vector<fs::path> doubtful;
    for (fs::recursive_directory_iterator at(objects, code), end; at != end && !code;
         at.increment(code)) {
        std::error_code ignored;
        const auto status = at->symlink_status(ignored);
        const auto relative = at->path().lexically_relative(objects);
        if (status.type() == fs::file_type::directory && relative == "include/config")
            at.disable_recursion_pending();
        if (status.type() == fs::file_type::regular && relative != ".config" &&
            at->last_write_time(ignored) >= since)
            doubtful.push_back(at->path());
    }
    for (const auto& file : doubtful) fs::remove(file, code);
    return static_cast<int>(doubtful.size());
}

}  // namespace krepro::build
