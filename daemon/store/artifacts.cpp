// SPDX-License-Identifier: Apache-2.0
#include "store/artifacts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::store {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

auto failed(std::string_view action, const fs::path& path, int code) {
    const bool full = code == ENOSPC || code == EDQUOT;
    return fail(code == ENOENT ? ErrorKind::not_found : ErrorKind::unavailable,
                fmt::format("cannot {}: {}", action, std::generic_category().message(code)),
                path.string(), full ? "free some disk space and try again" : "");
}

bool is_hash(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

fs::path place_of(const fs::path& root, std::string_view hash) {
    return root / hash.substr(0, 2) / hash.substr(2);
}

// A file under a temporary name that is removed unless commit() gave it its own.
class Draft {
  public:
    static Result<Draft> make(const fs::path& root) {
        std::error_code code;
        fs::create_directories(root / "tmp", code);
        if (code) return failed("create", root / "tmp", code.value());
        std::string name = (root / "tmp" / "draft.XXXXXX").string();
        util::Fd fd(::mkostemp(name.data(), O_CLOEXEC));
        if (!fd.valid()) return failed("create", name, errno);
        return Draft(std::move(fd), name);
    }
    Draft(Draft&&) noexcept = default;
    Draft& operator=(Draft&&) = delete;
    ~Draft() {
        if (fd_.valid()) ::unlink(name_.c_str());
    }

    Result<void> write(std::string_view bytes) {
        hash_.add(bytes);
        while (!bytes.empty()) {
            const auto n = ::write(fd_.get(), bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return failed("write", name_, errno);
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return {};
    }

    // After this the artifact is on the disk under its hash, which is returned.
    Result<std::string> commit(const fs::path& root) {
        if (::fchmod(fd_.get(), 0444) != 0 || ::fsync(fd_.get()) != 0)
            return failed("fsync", name_, errno);
        auto hash = hash_.hex();
        const auto place = place_of(root, hash);
        std::error_code code;
        fs::create_directories(place.parent_path(), code);
        if (::rename(name_.c_str(), place.c_str()) != 0) return failed("rename", place, errno);
        fd_.reset();
        sync_folder(place.parent_path());
        sync_folder(root);
        return hash;
    }

  private:
    Draft(util::Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
    // The rename itself must survive a power cut too.
    static void sync_folder(const fs::path& folder) {
        const util::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (fd.valid()) ::fsync(fd.get());
    }

    util::Fd fd_;
    std::string name_;
    util::Sha256 hash_;
};

Result<void> copy_into(Draft& draft, const fs::path& file) {
    const util::Fd source(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source.valid()) return failed("open", file, errno);
    std::array<char, 1 << 16> buffer{};
    while (true) {
        const auto n = ::read(source.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed("read", file, errno);
        if (n == 0) return {};
        if (auto done = draft.write({buffer.data(), static_cast<std::size_t>(n)}); !done)
            return done;
    }
}

}  // namespace

Result<std::string> Artifacts::add_file(const fs::path& file) const {
    auto known = util::sha256_file(file);
    if (!known) return known;
    if (verify(*known)) return known;  // one that is damaged is written anew
    auto draft = Draft::make(root_);
    if (!draft) return tl::unexpected(std::move(draft.error()));
    // The hash that counts is that of the copy: the file may have grown since it was hashed.
    if (auto copied = copy_into(*draft, file); !copied)
        return tl::unexpected(std::move(copied.error()));
    return draft->commit(root_);
}

Result<std::string> Artifacts::add_bytes(std::string_view bytes) const {
    auto known = util::sha256_hex(bytes);
    if (verify(known)) return known;
    auto draft = Draft::make(root_);
    if (!draft) return tl::unexpected(std::move(draft.error()));
    if (auto written = draft->write(bytes); !written)
        return tl::unexpected(std::move(written.error()));
    return draft->commit(root_);
}

Result<fs::path> Artifacts::path(std::string_view hash) const {
    if (!is_hash(hash))
        return fail(ErrorKind::invalid_input,
                    "an artifact is named by 64 lower-case hexadecimal digits", "artifact");
    auto place = place_of(root_, hash);
    std::error_code code;
    if (!fs::is_regular_file(place, code))
        return fail(ErrorKind::not_found, "there is no such artifact",
                    fmt::format("artifact {}", hash));
    return place;
}

Result<void> Artifacts::verify(std::string_view hash) const {
    const auto place = path(hash);
    if (!place) return tl::unexpected(place.error());
    const auto found = util::sha256_file(*place);
    if (!found) return tl::unexpected(found.error());
    if (*found != hash)
        return fail(ErrorKind::internal,
                    fmt::format("the artifact is damaged: its bytes hash to {}", *found),
                    place->string(), "remove the file; what made it can make it again");
    return {};
}

void Artifacts::remove(std::string_view hash) const {
    std::error_code ignored;
    if (is_hash(hash)) fs::remove(place_of(root_, hash), ignored);
}

void Artifacts::remove_drafts() const {
    std::error_code ignored;
    fs::remove_all(root_ / "tmp", ignored);
}

}  // namespace krepro::store
