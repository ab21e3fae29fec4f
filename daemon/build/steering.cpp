// SPDX-License-Identifier: Apache-2.0
#include "build/steering.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "build/object_tree.hpp"
#include "util/files.hpp"

namespace krepro::build {

namespace fs = std::filesystem;

namespace {

// What kbuild gives to every compilation for the kernel, and to none for the machine it runs on.
constexpr std::string_view k_of_the_kernel = " -nostdinc ";

// Other names could end up in a .cmd file, and mean something to make there.
bool is_plain_name(std::string_view path) {
    return std::all_of(path.begin(), path.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("/._-+,@").find(static_cast<char>(c)) != std::string_view::npos;
    });
}

bool ends_with_any(std::string_view path, const std::vector<std::string_view>& endings) {
    return std::any_of(endings.begin(), endings.end(),
                       [path](std::string_view ending) { return path.ends_with(ending); });
}

// Of no build: nobody runs or reads it.
bool is_prose(std::string_view path) {
    return path == "MAINTAINERS" || path == "CREDITS" ||
           (path.starts_with("Documentation/") && ends_with_any(path, {".rst", ".txt", ".yaml"}));
}

bool is_kernel_code(std::string_view path) {
    for (const auto* folder : {"scripts/", "tools/"})
        if (path.starts_with(folder)) return false;
    return ends_with_any(path, {".c", ".h", ".S"});
}

std::string folder_of(std::string_view path) {
    return fs::path(path).parent_path().string();
}

bool steers(const ChangedFile& file, const std::set<std::string>& of_programs,
            const std::set<std::string>& folders) {
    if (!is_plain_name(file.path)) return true;
    if (is_prose(file.path)) return false;
    if (!is_kernel_code(file.path) || of_programs.contains(file.path)) return true;
    // It may be found in place of a header that a program includes today.
    const bool header = file.path.ends_with(".h");
    return header && !file.was_there && folders.contains(folder_of(file.path));
}

}  // namespace

std::set<std::string> files_of_programs(const fs::path& objects, const fs::path& source) {
    std::set<std::string> files;
    std::error_code code;
    for (fs::recursive_directory_iterator at(objects, code), end; at != end && !code;
         at.increment(code)) {
        if (at->path().extension() != ".cmd") continue;
        const auto text = util::read_foreign_file(at->path(), k_most_cmd_file);
        if (!text) continue;
        const auto command = std::string_view(*text).substr(0, text->find('\n'));
        if (command.find(k_of_the_kernel) != std::string_view::npos) continue;
        for (const auto file : parse_command_deps(*text).files) {
            // "SOURCE/lib/../include/linux/crc32poly.h"
            const auto relative = fs::path(file).lexically_normal().lexically_relative(source);
            if (!relative.empty() && *relative.begin() != "..") files.insert(relative.string());
        }
    }
    return files;
}

std::string first_that_steers(const std::vector<ChangedFile>& changed,
                              const std::set<std::string>& of_programs) {
    std::set<std::string> folders;
    for (const auto& file : of_programs) folders.insert(folder_of(file));
    const auto found = std::find_if(changed.begin(), changed.end(), [&](const auto& file) {
        return steers(file, of_programs, folders);
    });
    return found == changed.end() ? std::string() : found->path;
}

}  // namespace krepro::build
