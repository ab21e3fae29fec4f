// SPDX-License-Identifier: Apache-2.0
#include "intake/patch_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "intake/text.hpp"

namespace krepro::intake {

namespace {

using util::ErrorKind;
using util::fail;
using util::Result;

// What the top of a kernel tree holds: a path that begins with one of these has no prefix.
constexpr std::array<std::string_view, 31> k_top_level{
    "arch",    "block",   "certs",    "crypto",   "Documentation", "drivers",  "fs",
    "include", "init",    "io_uring", "ipc",      "kernel",        "lib",      "LICENSES",
    "mm",      "net",     "rust",     "samples",  "scripts",       "security", "sound",
    "tools",   "usr",     "virt",     "Makefile", "Kconfig",       "Kbuild",   "MAINTAINERS",
    "CREDITS", "COPYING", "README"};

// git quotes a path with unusual bytes as a C string.
std::string unquote(std::string_view text) {
    std::string result;
    for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            result += text[i];
            continue;
        }
        const char c = text[++i];
        const auto is_octal = [&](std::size_t at) {
            return at < text.size() && text[at] >= '0' && text[at] <= '7';
        };
        if (is_octal(i) && is_octal(i + 1) && is_octal(i + 2)) {
            result += static_cast<char>((text[i] - '0') * 64 + (text[i + 1] - '0') * 8 +
                                        (text[i + 2] - '0'));
            i += 2;
        } else {
            result += c == 't' ? '\t' : c == 'n' ? '\n' : c;
        }
    }
    return result;
}

Result<std::string> refuse(std::string_view path, std::string_view why) {
    return fail(ErrorKind::invalid_input, fmt::format("the patch {}", why),
                fmt::format("path {}", to_valid_utf8(path.substr(0, 300))),
                "a patch may change files of the kernel tree only");
}

Result<std::string> checked(std::string path) {
    if (path.empty()) return refuse(path, "names an empty path");
    if (path.front() == '/') return refuse(path, "names an absolute path");
    if (path.size() > 1024) return refuse(path, "names a path that is too long");
    if (std::any_of(path.begin(), path.end(), [](char c) { return c >= 0 && c < 32; }))
        return refuse(path, "names a path with control characters");
    if (find_invalid_utf8(path) != std::string::npos)
        return refuse(path, "names a path that is not UTF-8");
    for (std::size_t from = 0; from <= path.size();) {
        const auto end = std::min(path.find('/', from), path.size());
        const auto part = std::string_view(path).substr(from, end - from);
        if (part == "..") return refuse(path, "leaves the tree");
        if (part == "." || part.empty()) return refuse(path, "names a path that is not plain");
        if (equal_ignoring_case(part, ".git")) return refuse(path, "goes into .git");
        from = end + 1;
    }
    return path;
}

std::string_view without_prefix(std::string_view path) {
    const auto slash = path.find('/');
    const auto top = path.substr(0, slash);
    if (top == "a" || top == "b") return path.substr(std::min(slash, path.size() - 1) + 1);
    const bool bare = std::find(k_top_level.begin(), k_top_level.end(), top) != k_top_level.end();
    return bare || slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Without quotes, and without the time stamp that plain diff puts after a tab.
std::string plain_path(std::string_view field) {
    field = trim(field);
    if (field.starts_with('"')) return unquote(field);
    return std::string(trim_right(field.substr(0, field.find('\t'))));
}

}  // namespace

Result<std::string> read_patch_path(std::string_view field) {
    const auto path = plain_path(field);
    if (path == "/dev/null") return std::string();
    if (path.starts_with('/')) return refuse(path, "names an absolute path");
    return checked(std::string(without_prefix(path)));
}

Result<std::string> read_bare_path(std::string_view field) {
    return checked(plain_path(field));
}

}  // namespace krepro::intake
