// SPDX-License-Identifier: Apache-2.0
#include "util/git_folders.hpp"

#include <string_view>
#include <system_error>

#include "util/files.hpp"

namespace krepro::util {

namespace fs = std::filesystem;

fs::path git_folder(const fs::path& folder) {
    constexpr std::string_view k_mark = "gitdir: ";
    std::error_code code;
    if (!fs::is_regular_file(folder / ".git", code)) return folder / ".git";
    // "gitdir: MIRROR/worktrees/NAME"
    const auto text = read_file(folder / ".git", 4096);
    if (!text || !text->starts_with(k_mark)) return folder / ".git";
    return text->substr(k_mark.size(), text->find('\n') - k_mark.size());
}

std::vector<fs::path> git_folders(const fs::path& repository) {
    std::vector<fs::path> folders{repository};
    const auto own = git_folder(repository);
    if (own == repository / ".git") return folders;
    const auto whole = own.parent_path().parent_path();
    std::error_code code;
    if (fs::is_directory(whole, code)) folders.push_back(whole);
    return folders;
}

}  // namespace krepro::util
