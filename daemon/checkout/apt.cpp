// SPDX-License-Identifier: Apache-2.0
#include "checkout/apt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "checkout/apt_sources.hpp"
#include "checkout/git.hpp"
#include "util/files.hpp"
#include "util/process.hpp"

namespace krepro::checkout {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

// More than the archive has ever offered of one series at once.
constexpr std::size_t k_most_tries = 12;

// apt with folders of its own.
class PrivateApt {
  public:
    PrivateApt(fs::path state, std::string_view kind)
        : state_(std::move(state)), type_(kind == "debian-source" ? "deb-src" : "deb") {}

    // Writes the configuration; `unavailable` when the machine names no archive to get from.
    [[nodiscard]] Result<void> configure() const {
        std::error_code code;
        for (const auto* folder : {"lists/partial", "sources", "cache/archives/partial"})
            fs::create_directories(state_ / type_ / folder, code);
        if (code)
            return fail(ErrorKind::unavailable, "cannot make apt's folders: " + code.message(),
                        (state_ / type_).string(), "check the disk and the permissions");
        const auto sources = own_archives(machine_sources(), machine_codename());
        if (sources.empty())
            return fail(ErrorKind::unavailable, "this machine names no Debian archive with main",
                        "/etc/apt/sources.list.d",
                        "run on Debian with its archive configured, or use a git tree");
        return util::write_file_atomic(state_ / type_ / "sources/own.sources",
                                       write_deb822(sources, type_));
    }

    [[nodiscard]] util::ProcessSpec command(std::string program,
                                            std::vector<std::string> arguments) const {
        const auto folder = state_ / type_;
        util::ProcessSpec spec;
        spec.argv = {std::move(program), "-q"};
        for (const auto& option :
             {fmt::format("Dir::State::lists={}", (folder / "lists").string()),
              fmt::format("Dir::Etc::SourceParts={}", (folder / "sources").string()),
              std::string("Dir::Etc::SourceList=/dev/null"),
              fmt::format("Dir::Cache={}", (folder / "cache").string()),
              // The folders may be closed to apt's own download user.
              std::string("APT::Sandbox::User=root"), std::string("Acquire::Retries=2")}) {
            spec.argv.emplace_back("-o");
            spec.argv.push_back(option);
        }
        spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
        spec.deadline = std::chrono::minutes(20);
        return spec;
    }

  private:
    fs::path state_;
    std::string type_;
};

// The "Version:" lines of `apt-cache show` and `showsrc`, newest first, each once.
std::vector<std::string> versions_in(std::string_view text, std::string_view wanted) {
    const bool open = wanted.ends_with('*');
    if (open) wanted.remove_suffix(1);
    std::vector<std::string> versions;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.starts_with("Version: ")) continue;
        line.remove_prefix(9);
        if (wanted.empty() || (open ? line.starts_with(wanted) : line == wanted))
            versions.emplace_back(line);
    }
    std::sort(versions.begin(), versions.end(),
              [](const auto& a, const auto& b) { return older_version(b, a); });
    versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
    return versions;
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

void empty_folder(const fs::path& folder) {
    std::error_code ignored;
    for (const auto& file : files_in(folder)) fs::remove_all(file, ignored);
    fs::create_directories(folder, ignored);
}

std::string named(const Tree& tree, const std::string& version) {
    return fmt::format("{}{}{}", tree.package, version.empty() ? "" : "=", version);
}

asio::awaitable<Result<std::vector<std::string>>> list_versions(PrivateApt apt, Tree tree) {
    // An archive that is gone must not keep the others from being asked: the status is not looked
    // at, what is missing shows below.
    auto updated = co_await util::run_process(apt.command("apt-get", words("update")));
    if (!updated) co_return tl::unexpected(updated.error());
    const bool source = tree.kind == "debian-source";
    auto spec =
        apt.command("apt-cache", source ? words("showsrc", "--only-source") : words("show"));
    spec.argv.push_back(tree.package);
    spec.keep_bytes = 64 << 20;
    spec.streams = util::Streams::separate;
    auto shown = co_await util::run_process(spec);
    if (!shown) co_return tl::unexpected(shown.error());
    auto versions = versions_in(shown->out, tree.version);
    if (versions.empty())
        co_return fail(
            ErrorKind::unavailable,
            fmt::format("no archive of this machine lists {}", named(tree, tree.version)),
            fmt::format("tree {}", tree.name),
            updated->ok() ? "name another version or tree" : updated->out);
    if (versions.size() > k_most_tries) versions.resize(k_most_tries);
    co_return versions;
}

asio::awaitable<Result<void>> fetch_version(PrivateApt apt, Tree tree, std::string version,
                                            fs::path folder) {
    const bool source = tree.kind == "debian-source";
    auto arguments = source ? words("source", "--download-only") : words("download");
    arguments.push_back(named(tree, version));
    auto spec = apt.command("apt-get", std::move(arguments));
    spec.cwd = folder;
    auto done = co_await util::run_checked(spec);
    if (!done) co_return tl::unexpected(done.error());
    co_return Result<void>{};
}

}  // namespace

asio::awaitable<Result<Fetched>> apt_fetch(Tree tree, fs::path state, fs::path folder,
                                           Progress progress) {
    const PrivateApt apt(std::move(state), tree.kind);
    const auto configured = apt.configure();
    if (!configured) co_return tl::unexpected(configured.error());
    progress(fmt::format("asking the archive for {}", named(tree, tree.version)));
    const auto versions = co_await list_versions(apt, tree);
    if (!versions) co_return tl::unexpected(versions.error());
    util::Error last;
    for (const auto& version : *versions) {
        progress(fmt::format("downloading {}", named(tree, version)));
        empty_folder(folder);
        const auto fetched = co_await fetch_version(apt, tree, version, folder);
        if (fetched) co_return Fetched{version, files_in(folder)};
        last = fetched.error();
        progress(fmt::format("{} is listed and cannot be had", named(tree, version)));
    }
    co_return fail(ErrorKind::unavailable,
                   fmt::format("{} cannot be had from the archive", named(tree, tree.version)),
                   fmt::format("tree {}", tree.name), last.hint);
}

}  // namespace krepro::checkout
