// SPDX-License-Identifier: Apache-2.0
#include "util/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace krepro::util {

namespace fs = std::filesystem;

namespace {

Error file_error(std::string_view action, const fs::path& path, int code) {
    const auto kind = code == ENOENT ? ErrorKind::not_found : ErrorKind::unavailable;
    std::string hint;
    if (code == ENOSPC || code == EDQUOT) hint = "free some disk space and try again";
    return Error{kind, fmt::format("cannot {}: {}", action, std::generic_category().message(code)),
                 path.string(), hint};
}

Result<void> write_all(int fd, std::string_view content, const fs::path& path) {
    while (!content.empty()) {
        const auto n = ::write(fd, content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return tl::unexpected(file_error("write", path, errno));
        content.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

int Fd::release() {
    return std::exchange(fd_, -1);
}

void Fd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Result<std::string> read_file(const fs::path& path, std::uintmax_t limit) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return tl::unexpected(file_error("open", path, errno));
    struct stat status {};
    if (::fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode))
        return fail(ErrorKind::invalid_input, "is a folder, not a file", path.string());
    std::string content;
    char buffer[65536];
    while (true) {
        const auto n = ::read(fd.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return tl::unexpected(file_error("read", path, errno));
        if (n == 0) return content;
        if (content.size() + static_cast<std::size_t>(n) > limit)
            return fail(ErrorKind::too_large, fmt::format("has more than {} bytes", limit),
                        path.string());
        content.append(buffer, static_cast<std::size_t>(n));
    }
}

Result<void> write_file_atomic(const fs::path& path, std::string_view content) {
    std::string temporary = path.string() + ".XXXXXX";
    Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd.valid()) return tl::unexpected(file_error("create", path, errno));
    auto written = write_all(fd.get(), content, path);
    if (written && ::fsync(fd.get()) != 0)
        written = tl::unexpected(file_error("fsync", path, errno));
    if (written && ::fchmod(fd.get(), 0644) != 0)
        written = tl::unexpected(file_error("chmod", path, errno));
    if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
        written = tl::unexpected(file_error("rename", path, errno));
    if (!written) {
        ::unlink(temporary.c_str());
        return written;
    }
    // The rename itself must survive a power cut too.
    const Fd folder(::open(path.parent_path().empty() ? "." : path.parent_path().c_str(),
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.valid()) ::fsync(folder.get());
    return {};
}

Result<TempDir> TempDir::make(const fs::path& parent, std::string_view prefix) {
    std::error_code code;
    fs::create_directories(parent, code);
    std::string name = (parent / fmt::format("{}.XXXXXX", prefix)).string();
    if (::mkdtemp(name.data()) == nullptr)
        return tl::unexpected(file_error("create a folder in", parent, errno));
    return TempDir(fs::path(name));
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
    if (this != &other) {
        remove();
        path_ = std::exchange(other.path_, {});
    }
    return *this;
}

TempDir::~TempDir() {
    remove();
}

void TempDir::remove() noexcept {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<FileLock> FileLock::take(const fs::path& path, Wait wait) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!fd.valid()) return tl::unexpected(file_error("open", path, errno));
    const int flags = LOCK_EX | (wait == Wait::no ? LOCK_NB : 0);
    while (::flock(fd.get(), flags) != 0) {
        if (errno == EINTR) continue;
        if (errno == EWOULDBLOCK)
            return fail(ErrorKind::conflict, "another process holds the lock", path.string());
        return tl::unexpected(file_error("lock", path, errno));
    }
    return FileLock(std::move(fd));
}

Result<std::uintmax_t> free_bytes(const fs::path& path) {
    fs::path existing = path;
    std::error_code code;
    while (!existing.empty() && !fs::exists(existing, code)) existing = existing.parent_path();
    const auto space = fs::space(existing.empty() ? "/" : existing, code);
    if (code) return fail(ErrorKind::unavailable, code.message(), path.string());
    return space.available;
}

}  // namespace krepro::util
