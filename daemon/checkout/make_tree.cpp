// SPDX-License-Identifier: Apache-2.0
#include "checkout/make_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "checkout/apt.hpp"
#include "checkout/git.hpp"
#include "util/files.hpp"
#include "util/process.hpp"
#include "util/sandbox.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

// An unpacked kernel is 1.4 GB, its objects 1.5 GB.
constexpr std::uintmax_t k_bytes_needed = 4ULL << 30;

Result<void> check_disk(const fs::path& folder) {
    const auto free = util::free_bytes(folder);
    if (!free) return tl::unexpected(free.error());
    if (*free >= k_bytes_needed) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("a kernel tree needs {} GiB and {} MiB are free", k_bytes_needed >> 30,
                            *free >> 20),
                folder.string(), "free some disk space");
}

// The first file with this in its name; empty when there is none.
fs::path find_file(const std::vector<fs::path>& files, std::string_view part) {
    for (const auto& file : files)
        if (file.filename().string().find(part) != std::string::npos) return file;
    return {};
}

// Archives and patches may be anybody's, and so may be what a program that reads them is made to
// do: it can write to one folder, and no file larger than a kernel's archive.
asio::awaitable<Result<std::string>> run_on_foreign(fs::path archive, fs::path folder,
                                                    std::vector<std::string> program) {
    constexpr std::uint64_t k_largest_file_mib = 4096;
    util::SandboxSpec sandbox;
    sandbox.read_only = {fs::absolute(archive)};
    sandbox.read_write = {folder};
    sandbox.cwd = folder;
    sandbox.limits.file_size_mib = k_largest_file_mib;
    util::ProcessSpec spec;
    spec.argv = util::sandbox_argv(sandbox);
    spec.argv.insert(spec.argv.end(), std::make_move_iterator(program.begin()),
                     std::make_move_iterator(program.end()));
    spec.deadline = std::chrono::minutes(20);
    co_return co_await util::run_checked(std::move(spec));
}

asio::awaitable<Result<void>> unpack(fs::path tarball, fs::path folder,
                                     std::vector<std::string> options) {
    std::error_code code;
    fs::create_directories(folder, code);
    // Owners are ours and not the tarball's; names cannot lead out (tar strips leading slashes and
    // refuses ".."). -m: files that are new here are newer than every object that was made of an
    // earlier tree in this place.
    auto program = words("tar", "-x", "-m", "--no-same-owner", "--no-same-permissions", "-f",
                         fs::absolute(tarball).string(), "-C", folder.string());
    program.insert(program.end(), options.begin(), options.end());
    const auto done = co_await run_on_foreign(tarball, folder, std::move(program));
    if (!done) co_return tl::unexpected(done.error());
    co_return Result<void>{};
}

asio::awaitable<Result<void>> apply_series(fs::path source, fs::path patches, Progress progress) {
    const auto series = util::read_file(patches / "series");
    if (!series)
        co_return fail(ErrorKind::unavailable, "the source package has no PREEMPT_RT series",
                       (patches / "series").filename().string(), "take another version");
    const auto names = parse_series(*series);
    progress(fmt::format("applying {} patches of the RT series", names.size()));
    for (const auto& name : names) {
        auto done = co_await apply_from_series(source, patches / name, Leftovers::kept);
        if (!done) co_return done;
    }
    co_return Result<void>{};
}

asio::awaitable<Result<std::string>> make_debian_source(MakeTreeRequest request,
                                                        Progress progress) {
    const auto unpacked = co_await unpack_debian_source(request, progress);
    if (!unpacked) co_return tl::unexpected(unpacked.error());
    if (request.tree.rt_series) {
        const auto done = co_await apply_series(request.source, unpacked->rt_patches, progress);
        if (!done) co_return tl::unexpected(done.error());
    }
    co_return unpacked->version;
}

asio::awaitable<Result<std::string>> make_debian_binary(MakeTreeRequest request,
                                                        Progress progress) {
    const auto fetched =
        co_await apt_fetch(request.tree, request.apt, request.scratch / "dl", progress);
    if (!fetched) co_return tl::unexpected(fetched.error());
    const auto folder = request.scratch / "deb";
    const auto package = find_file(fetched->files, ".deb");
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    auto program = words("dpkg-deb", "-x", package.string(), folder.string());
    const auto extracted = co_await run_on_foreign(package, folder, std::move(program));
    if (!extracted) co_return tl::unexpected(extracted.error());
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder / "usr/src", ignored))
        if (entry.is_regular_file()) files.push_back(entry.path());
    const auto tarball = find_file(files, ".tar.");
    if (tarball.empty())
        co_return fail(ErrorKind::unavailable, "the package has no kernel tarball in usr/src",
                       request.tree.package, "name a linux-source package");
    progress(fmt::format("unpacking {}", tarball.filename().string()));
    const auto done = co_await unpack(tarball, request.source, words("--strip-components=1"));
    if (!done) co_return tl::unexpected(done.error());
    co_return fetched->version;
}

asio::awaitable<Result<std::string>> make_tarball(MakeTreeRequest request, Progress progress) {
    const fs::path tarball = request.tree.location;
    progress(fmt::format("unpacking {}", tarball.filename().string()));
    const auto done = co_await unpack(tarball, request.source, words("--strip-components=1"));
    if (!done)
        co_return fail(ErrorKind::unavailable, "the tarball cannot be unpacked", tarball.string(),
                       done.error().hint);
    co_return tarball.filename().string();
}

asio::awaitable<Result<std::string>> make_files(MakeTreeRequest request, Progress progress) {
    if (request.tree.kind == "debian-source")
        co_return co_await make_debian_source(std::move(request), std::move(progress));
    if (request.tree.kind == "debian-binary")
        co_return co_await make_debian_binary(std::move(request), std::move(progress));
    co_return co_await make_tarball(std::move(request), std::move(progress));
}

std::string commit_message(const Tree& tree, const std::string& version) {
    return fmt::format("{} {}", tree.package.empty() ? tree.kind : tree.package, version);
}

}  // namespace

asio::awaitable<Result<DebianSource>> unpack_debian_source(MakeTreeRequest request,
                                                           Progress progress) {
    const auto fetched =
        co_await apt_fetch(request.tree, request.apt, request.scratch / "dl", progress);
    if (!fetched) co_return tl::unexpected(fetched.error());
    const auto orig = find_file(fetched->files, ".orig.tar.");
    const auto debian = find_file(fetched->files, ".debian.tar.");
    if (orig.empty() || debian.empty())
        co_return fail(ErrorKind::unavailable, "the source package has no orig and debian tarballs",
                       request.tree.package, "take another version");
    progress(fmt::format("unpacking {}", orig.filename().string()));
    auto done = co_await unpack(orig, request.source, words("--strip-components=1"));
    if (done && request.tree.rt_series)
        done = co_await unpack(debian, request.scratch / "debian", words());
    if (!done) co_return tl::unexpected(done.error());
    co_return DebianSource{fetched->version, request.scratch / "debian/debian/patches-rt"};
}

asio::awaitable<Result<void>> apply_from_series(fs::path source, fs::path patch,
                                                Leftovers leftovers) {
    // -F0: a patch that fits only nearly makes a kernel that nobody released.
    auto program = words("patch", "-p1", "-F0", "-s", "-f", "-i", patch.string());
    if (leftovers == Leftovers::none) program.emplace_back("--no-backup-if-mismatch");
    const auto done = co_await run_on_foreign(patch, source, std::move(program));
    if (done) co_return Result<void>{};
    co_return fail(ErrorKind::unavailable, "a patch of the RT series does not apply",
                   patch.filename().string(), done.error().hint);
}

std::vector<std::string> parse_series(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (line.empty() || line.front() == '#') continue;
        names.emplace_back(line.substr(0, line.find_first_of(" \t\r#")));
    }
    return names;
}

asio::awaitable<Result<MadeTree>> make_tree(MakeTreeRequest request, Progress progress) {
    const auto room = check_disk(request.source);
    if (!room) co_return tl::unexpected(room.error());
    const auto version = co_await make_files(request, progress);
    if (!version) co_return tl::unexpected(version.error());
    if (!fs::exists(request.source / "Makefile"))
        co_return fail(ErrorKind::unavailable, "what was unpacked is no kernel tree",
                       request.tree.name, "it must have a Makefile at its top");
    // A repository that came with the files would bring its configuration, which can name programs.
    std::error_code ignored;
    fs::remove_all(request.source / ".git", ignored);
    progress("making a git repository of the tree");
    const auto message = commit_message(request.tree, *version);
    auto revision = co_await commit_all(request.source, message);
    if (!revision) co_return tl::unexpected(revision.error());
    co_return MadeTree{std::move(*revision), *version};
}

}  // namespace krepro::checkout
