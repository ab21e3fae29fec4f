// SPDX-License-Identifier: Apache-2.0
#include "init/io.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace krepro::guest {
namespace {

constexpr std::size_t k_read_step = 16384;

// Opened at the first line and kept: the log must work when memory and descriptors are short.
int log_fd() {
    static const int fd = [] {
        const int kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
        return kmsg >= 0 ? kmsg : STDERR_FILENO;
    }();
    return fd;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.fd_;
        other.fd_ = -1;
    }
    return *this;
}

void Fd::reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
}

double uptime() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool write_file(const char* path, std::string_view bytes) {
    const Fd file(open(path, O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return false;
    return write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

std::string read_file(const char* path) {
    std::string text;
    reread(Fd(open(path, O_RDONLY | O_CLOEXEC)), text);
    return text;
}

void reread(const Fd& file, std::string& text) {
    text.clear();
    if (!file.valid() || lseek(file.get(), 0, SEEK_SET) != 0) return;
    for (;;) {
        const auto filled = text.size();
        text.resize(filled + k_read_step);
        const auto got = read(file.get(), text.data() + filled, k_read_step);
        text.resize(filled + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got == 0 || (got < 0 && errno != EINTR)) return;
    }
}

std::string errno_text(std::string_view doing) {
    const int error = errno;
    return std::string(doing) + ": " + strerror(error);
}

void log_line(std::string_view source, std::string_view line) {
    std::string text = "<4>";
    text += source;
    text += ": ";
    text += line;
    text += '\n';
    write_all(log_fd(), text);
}

}  // namespace krepro::guest
