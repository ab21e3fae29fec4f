// SPDX-License-Identifier: Apache-2.0
#include "util/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

// The whole file, by its open description: threads and children share it as they share that.
struct flock write_lock() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
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

namespace {

// A pipe or device that stands where a file should must neither block nor be read.
Result<Fd> regular(Fd fd, const fs::path& path) {
    if (!fd.valid()) return tl::unexpected(file_error("open", path, errno));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return tl::unexpected(file_error("look at", path, errno));
    if (S_ISDIR(status.st_mode))
        return fail(ErrorKind::invalid_input, "is a folder, not a file", path.string());
    if (!S_ISREG(status.st_mode))
        return fail(ErrorKind::invalid_input, "is not a regular file", path.string());
    return fd;
}

Result<Fd> open_regular(const fs::path& path) {
    return regular(Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), path);
}

Result<Fd> open_foreign(const fs::path& path) {
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    how.resolve = RESOLVE_NO_SYMLINKS;
    const auto fd = ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
    if (fd < 0 && errno == ELOOP)
        return fail(ErrorKind::invalid_input, "leads over a symbolic link", path.string());
    return regular(Fd(static_cast<int>(fd)), path);
}

Result<std::string> read_all(const Fd& fd, const fs::path& path, std::uintmax_t limit) {
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

}  // namespace

Result<std::string> read_file(const fs::path& path, std::uintmax_t limit) {
    const auto fd = open_regular(path);
    if (!fd) return tl::unexpected(fd.error());
    return read_all(*fd, path, limit);
}

Result<std::string> read_foreign_file(const fs::path& path, std::uintmax_t limit) {
    const auto fd = open_foreign(path);
    if (!fd) return tl::unexpected(fd.error());
    return read_all(*fd, path, limit);
}

Result<void> copy_foreign_file(const fs::path& from, const fs::path& to) {
    const auto source = open_foreign(from);
    if (!source) return tl::unexpected(source.error());
    const Fd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!target.valid()) return tl::unexpected(file_error("create", to, errno));
    char buffer[65536];
    while (true) {
        const auto n = ::read(source->get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return tl::unexpected(file_error("read", from, errno));
        if (n == 0) return {};
        const std::string_view piece(buffer, static_cast<std::size_t>(n));
        if (auto written = write_all(target.get(), piece, to); !written) return written;
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
    // A file system without locks leaves it without one.
    Fd lock(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Who asks has_owner() has it for a moment: that is waited for.
    while (lock.valid() && ::flock(lock.get(), LOCK_EX) != 0 && errno == EINTR) {
    }
    return TempDir(fs::path(name), std::move(lock));
}

bool TempDir::has_owner(const fs::path& folder) {
    const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    return !fd.valid() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
}

TempDir::TempDir(TempDir&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
    if (this != &other) {
        remove();
        path_ = std::exchange(other.path_, {});
        lock_ = std::move(other.lock_);
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
    auto lock = write_lock();
    while (::fcntl(fd.get(), wait == Wait::no ? F_OFD_SETLK : F_OFD_SETLKW, &lock) != 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EACCES)
            return fail(ErrorKind::conflict, "another process holds the lock", path.string());
        return tl::unexpected(file_error("lock", path, errno));
    }
    return FileLock(std::move(fd));
}

bool FileLock::is_held(const fs::path& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return errno != ENOENT;
    auto lock = write_lock();
    return ::fcntl(fd.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

Result<void> make_fresh_folder(const fs::path& path) {
    std::error_code code;
    fs::remove_all(path, code);
    if (!code) fs::create_directories(path, code);
    if (!code) fs::permissions(path, fs::perms(0755), code);
    if (code)
        return fail(ErrorKind::unavailable, code.message(), path.string(),
                    "see that its disk has room and that this user may write there");
    return {};
}

Result<void> sync_file_system(const fs::path& folder) {
    const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return tl::unexpected(file_error("open", folder, errno));
    if (::syncfs(fd.get()) != 0) return tl::unexpected(file_error("sync", folder, errno));
    return {};
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
