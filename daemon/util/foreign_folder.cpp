// SPDX-License-Identifier: Apache-2.0
#include "util/foreign_folder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <system_error>

#include "util/files.hpp"

namespace krepro::util {

namespace fs = std::filesystem;

bool is_real_folder(const fs::path& path) {
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_NO_SYMLINKS;
    const auto fd = ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
    return Fd(static_cast<int>(fd)).valid();
}

Result<void> copy_foreign_folder(const fs::path& from, const fs::path& to) {
    if (!is_real_folder(from))
        return fail(ErrorKind::invalid_input, "is no folder, or leads over a symbolic link",
                    from.string());
    std::error_code code;
    fs::create_directories(to, code);
    Result<void> copied;
    fs::directory_iterator at;
    if (!code) at = fs::directory_iterator(from, code);
    for (const fs::directory_iterator end; !code && copied && at != end; at.increment(code)) {
        const auto target = to / at->path().filename();
        copied = at->symlink_status().type() == fs::file_type::directory
                     ? copy_foreign_folder(at->path(), target)
                     : copy_foreign_file(at->path(), target);
    }
    if (code)
        return fail(ErrorKind::unavailable, "cannot copy a folder: " + code.message(),
                    from.string(), "see that the disk has room");
    return copied;
}

}  // namespace krepro::util
