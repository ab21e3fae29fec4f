// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace krepro::guest {

// A file descriptor that is closed by its destructor.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }
    void reset();

  private:
    int fd_ = -1;
};

// Guest seconds since boot.
[[nodiscard]] double uptime();

// True when every byte was written.
bool write_all(int fd, std::string_view bytes);
// Writes to an existing file in one call, as kernel control files want it; errno says why not.
bool write_file(const char* path, std::string_view bytes);
// The whole file; empty when it cannot be read.
[[nodiscard]] std::string read_file(const char* path);
// Reads again from the start of an open file of the kernel; `text` keeps its memory from call to
// call. Empty when it cannot be read.
void reread(const Fd& file, std::string& text);

// "opening /dev/x: No such file or directory", with the present errno.
[[nodiscard]] std::string errno_text(std::string_view doing);

// Who says a line of the kernel's log that the kernel does not say itself; the report scanner
// leaves such lines out.
inline constexpr std::string_view k_from_init = "krepro-init";
inline constexpr std::string_view k_from_workload = "workload";

// One line to the kernel's log, at the level of a warning: it reaches the console whole, between
// other lines and never inside one.
void log_line(std::string_view source, std::string_view line);

}  // namespace krepro::guest
