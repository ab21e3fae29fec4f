// SPDX-License-Identifier: Apache-2.0
#include "http/static_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "http/range.hpp"

namespace krepro::http {

namespace fs = std::filesystem;
using beast::http::field;
using beast::http::status;
using util::ErrorKind;

namespace {

// The dashboard has some five files, of 300 KB together.
constexpr std::uint64_t k_most_kept_bytes = 2U << 20U;
constexpr std::size_t k_most_kept = 32;

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> k_types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".map", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".wasm", "application/wasm"},
}};

bool is_plain_name(std::string_view segment) {
    return !segment.empty() && segment.front() != '.' &&
           segment.find_first_of("/\\") == std::string_view::npos;
}

bool is_below(const fs::path& path, const fs::path& root) {
    return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
}

// What is there when it is read: a file that is cut meanwhile is shorter.
std::string whole(const util::Fd& file, std::uint64_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const auto n =
            ::pread(file.get(), bytes.data() + have, size - have, static_cast<off_t>(have));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        have += static_cast<std::size_t>(n);
    }
    bytes.resize(have);
    return bytes;
}

Reply unsatisfiable(std::uint64_t size, std::string_view range, std::string_view instance) {
    auto reply = problem_reply(
        {ProblemKind::range_not_satisfiable, fmt::format("the file has {} bytes", size),
         fmt::format("header Range: {}", range), "ask for bytes it has"},
        instance);
    reply.headers.emplace_back(field::content_range, fmt::format("bytes */{}", size));
    return reply;
}

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
    for (const auto& [extension, type] : k_types)
        if (file_name.ends_with(extension)) return type;
    return "application/octet-stream";
}

Reply file_reply(util::Fd file, std::string_view range, std::string_view instance) {
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return error_reply({ErrorKind::internal, "the file cannot be read", "", ""}, instance);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const auto choice = choose_range(range, size);
    if (choice.kind == RangeChoice::Kind::unsatisfiable)
        return unsatisfiable(size, range, instance);
    Reply reply;
    reply.headers.emplace_back(field::accept_ranges, "bytes");
    if (choice.kind == RangeChoice::Kind::part) {
        reply.status = status::partial_content;
        reply.headers.emplace_back(
            field::content_range,
            fmt::format("bytes {}-{}/{}", choice.offset, choice.offset + choice.length - 1, size));
    }
    reply.body = FilePart{std::move(file), choice.offset, choice.length};
    return reply;
}

StaticFiles::StaticFiles(fs::path root) {
    std::error_code code;
    if (!root.empty()) root_ = fs::canonical(root, code);
    if (code) root_.clear();
}

util::Result<fs::path> StaticFiles::find(const std::vector<std::string>& segments) const {
    if (root_.empty())
        return util::fail(ErrorKind::not_found, "the dashboard is not installed", "web root",
                          "the API is under /api/v1/; build the web part, or name its folder");
    fs::path wanted = root_;
    for (const auto& segment : segments) {
        if (!is_plain_name(segment))
            return util::fail(ErrorKind::not_found, "there is no such page", "path");
        wanted /= segment;
    }
    std::error_code code;
    const bool page = segments.empty() || segments.back().find('.') == std::string::npos;
    if (page && !fs::is_regular_file(wanted, code)) wanted = root_ / "index.html";
    wanted = fs::canonical(wanted, code);
    if (code || !is_below(wanted, root_) || !fs::is_regular_file(wanted, code))
        return util::fail(ErrorKind::not_found, "there is no such page", "path");
    return wanted;
}

SharedDocument StaticFiles::document_of(const fs::path& path, const util::Fd& file) {
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return nullptr;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > k_most_kept_bytes) return nullptr;
    if (kept_.size() >= k_most_kept && !kept_.contains(path)) kept_.clear();
    auto& kept = kept_[path];
    const std::int64_t changed_ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
    const bool current = kept.document && kept.inode == info.st_ino && kept.size == size &&
                         kept.changed_ns == changed_ns;
    if (!current)
        kept = {info.st_ino, size, changed_ns,
                std::make_shared<const Document>(whole(file, size), Packing::small)};
    return kept.document;
}

Reply StaticFiles::get(const Call& call) {
    const auto path = find(call.target.segments);
    if (!path) return error_reply(path.error(), call.target.path);
    util::Fd file(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.valid())
        return error_reply({ErrorKind::not_found, "there is no such page", "path", ""},
                           call.target.path);
    Reply reply;
    if (auto document = document_of(*path, file))
        reply.body = DocumentBody{std::move(document)};
    else
        reply = file_reply(std::move(file), "", call.target.path);
    reply.content_type = content_type_of(path->filename().string());
    // Vite names what it puts into assets/ by its content.
    const bool immutable = !call.target.segments.empty() && call.target.segments[0] == "assets";
    reply.headers.emplace_back(field::cache_control,
                               immutable ? "public, max-age=31536000, immutable" : "no-cache");
    return reply;
}

}  // namespace krepro::http
