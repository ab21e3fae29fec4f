// SPDX-License-Identifier: Apache-2.0
#include "build/shadowed.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "build/object_tree.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::build {

namespace fs = std::filesystem;

namespace {

// What includes name a file by ends in its name, however they come to its folder. (That nothing was
// found where now something is could be told by __has_include, which no kernel uses.)
std::set<std::string, std::less<>> new_names(const std::vector<ChangedFile>& changed) {
    std::set<std::string, std::less<>> names;
    for (const auto& file : changed)
        if (!file.was_there && file.is_there) names.insert(fs::path(file.path).filename().string());
    return names;
}

bool includes_any(std::string_view cmd_text, const std::set<std::string, std::less<>>& names) {
    const auto files = parse_command_deps(cmd_text).files;
    // The first is the source itself, which the command names by its path.
    const auto first = files.begin() + (files.empty() ? 0 : 1);
    return std::any_of(first, files.end(), [&](std::string_view file) {
        return names.contains(file.substr(file.rfind('/') + 1));
    });
}

}  // namespace

int remove_shadowed(const fs::path& objects, const std::vector<ChangedFile>& changed) {
    const auto names = new_names(changed);
    if (names.empty()) return 0;
    std::vector<fs::path> targets;
    std::error_code code;
    for (fs::recursive_directory_iterator at(objects, code), end; at != end && !code;
         at.increment(code)) {
        const auto name = at->path().filename().string();
        if (!name.starts_with('.') || !name.ends_with(".cmd")) continue;
        const auto text = util::read_foreign_file(at->path(), k_most_cmd_file);
        if (text && includes_any(*text, names))  // ".fork.o.cmd" of "fork.o"
            targets.push_back(at->path().parent_path() / name.substr(1, name.size() - 5));
    }
    int count = 0;
    for (const auto& target : targets) count += fs::remove(target, code) ? 1 : 0;
    return count;
}

std::string names_below(const fs::path& source) {
    std::vector<std::string> names;
    std::error_code code;
    fs::recursive_directory_iterator at(source, code);
    for (const fs::recursive_directory_iterator end; !code && at != end; at.increment(code)) {
        if (at->path().filename() == ".git") {
            at.disable_recursion_pending();
            continue;
        }
        names.push_back(at->path().lexically_relative(source).string());
    }
    if (code) return {};
    std::sort(names.begin(), names.end());
    std::string text;
    for (const auto& name : names) text += name + '\n';
    return util::sha256_hex(text);
}

}  // namespace krepro::build
