// SPDX-License-Identifier: Apache-2.0
#include "zoo/patch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/files.hpp"

namespace krepro::zoo {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::uintmax_t k_max_file = 1U << 20U;
constexpr std::string_view k_folder = "drivers/krepro_zoo";

// The head of this file has been the same since 2.4, and the blank line behind it is where the list
// of folders begins.
constexpr std::string_view k_makefile_diff =
    "diff --git a/drivers/Makefile b/drivers/Makefile\n"
    "--- a/drivers/Makefile\n"
    "+++ b/drivers/Makefile\n"
    "@@ -4,5 +4,6 @@\n"
    " #\n"
    " # 15 Sep 2000, Christoph Hellwig <hch@infradead.org>\n"
    " # Rewritten to use lists instead of if-statements.\n"
    " #\n"
    " \n"
    "+obj-y\t\t\t\t+= krepro_zoo/\n";

bool is_source(const fs::path& path) {
    return path.extension() == ".c" || path.extension() == ".h" || path.filename() == "Makefile";
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::string new_file_diff(const std::string& path, std::string_view text) {
    const auto lines = lines_of(text);
    std::string diff = fmt::format(
        "diff --git a/{0} b/{0}\nnew file mode 100644\n--- /dev/null\n+++ b/{0}\n"
        "@@ -0,0 +1,{1} @@\n",
        path, lines.size());
    for (const auto line : lines) diff += fmt::format("+{}\n", line);
    return diff;
}

}  // namespace

Result<std::vector<SourceFile>> read_driver(const fs::path& folder) {
    std::vector<SourceFile> files;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
        if (!entry.is_regular_file(code) || !is_source(entry.path())) continue;
        auto text = util::read_file(entry.path(), k_max_file);
        if (!text) return tl::unexpected(text.error());
        files.push_back({entry.path().filename().string(), std::move(*text)});
    }
    if (files.empty())
        return fail(ErrorKind::not_found, "the zoo's driver is not there", folder.string(),
                    "set KREPRO_SHARE to the folder that holds kernels/");
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return files;
}

model::Mail compose_patch(const std::vector<SourceFile>& files) {
    model::Mail mail;
    mail.title = "drivers: open the zoo";
    mail.patch = k_makefile_diff;
    mail.files.push_back({"drivers/Makefile", "drivers/Makefile", 1, 1, 0, {}});
    for (const auto& file : files) {
        const auto path = fmt::format("{}/{}", k_folder, file.name);
        mail.patch += new_file_diff(path, file.text);
        const auto added = static_cast<int>(lines_of(file.text).size());
        mail.files.push_back({"", path, 1, added, 0, {}});
    }
    return mail;
}

}  // namespace krepro::zoo
