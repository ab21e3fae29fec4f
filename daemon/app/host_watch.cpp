// SPDX-License-Identifier: Apache-2.0
#include "app/host_watch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <thread>

#include "app/doctor.hpp"
#include "util/clock.hpp"
#include "util/files.hpp"
#include "util/offload.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::minutes k_remembered{5};

struct Part {
    const char* folder;
    const char* name;
    int depth = 0;  // below the folder, where one thing is one entry
};
constexpr const char* k_trees = "trees";
constexpr std::array k_cache_parts{Part{"builds", "kernels"},
                                   Part{k_trees, "trees"},
                                   Part{"mirrors", "git histories"},
                                   Part{"obj", "object folders"},
                                   Part{"images", "images"},
                                   Part{"debug", "debug units"},
                                   Part{"apt", "package lists and downloads"}};

std::uint64_t allocated(const fs::path& file) {
    struct stat info {};
    // st_blocks counts 512 bytes, whatever the file system's own block is.
    return ::lstat(file.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

// Beside each tree and object folder lie small files that belong to it.
bool is_entry(const fs::path& path) {
    constexpr std::array k_beside{".lock",       ".log",      ".objects", ".states",   ".ccache",
                                  ".quarantine", ".programs", ".making",  ".toolchain"};
    const auto ending = path.extension();
    return std::none_of(k_beside.begin(), k_beside.end(),
                        [&](const char* beside) { return ending == beside; });
}

// A part, and each folder in it that is an entry.
struct Walked {
    model::DiskUse whole;
    std::vector<model::TreeUse> folders;
};

// Files may come and go meanwhile: what cannot be looked at is not counted.
Walked walk(const fs::path& root, const Part& part) {
    const auto folder = root / part.folder;
    Walked walked{{part.name, 0, 0}, {}};
    std::uint64_t* inside = nullptr;  // of the folder whose files come now
    std::error_code code, ignored;
    for (fs::recursive_directory_iterator
             at(folder, fs::directory_options::skip_permission_denied, code),
         end;
         !code && at != end; at.increment(code)) {
        const auto bytes = allocated(at->path());
        walked.whole.bytes += bytes;
        if (at.depth() <= part.depth) inside = nullptr;
        if (at.depth() == part.depth && is_entry(at->path())) {
            ++walked.whole.entries;
            if (at->is_directory(ignored)) {
                walked.folders.push_back({at->path().filename().string(), 0});
                inside = &walked.folders.back().bytes;
            }
        }
        if (inside != nullptr) *inside += bytes;
    }
    return walked;
}

std::uint64_t memory_bytes() {
    const auto pages = ::sysconf(_SC_PHYS_PAGES);
    const auto size = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0
               ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size)
               : 0;
}

// The doctor says "tcg: why", or what is not known yet.
void take_accelerator(model::Host& host, const Finding& finding) {
    const auto colon = finding.found.find_first_of(":,");
    const auto name = finding.found.substr(0, colon);
    if (name == "kvm" || name == "tcg") {
        host.accelerator = name;
        host.accelerator_why = colon == std::string::npos ? "" : finding.found.substr(colon + 2);
    } else {
        host.accelerator_why = finding.found;
    }
}

}  // namespace

model::Host look_at_host(const Settings& settings) {
    model::Host host;
    host.looked_at = util::now_iso8601();
    host.cpus = static_cast<int>(std::thread::hardware_concurrency());
    host.memory_bytes = memory_bytes();
    for (const auto& finding : examine(settings)) {
        if (finding.name == "accelerator") take_accelerator(host, finding);
        host.findings.push_back({finding.name, std::string(model::to_string(finding.health)),
                                 finding.found, finding.mend});
    }
    for (const auto& part : k_cache_parts) {
        auto walked = walk(settings.cache, part);
        host.disk.push_back(std::move(walked.whole));
        if (part.folder == k_trees) host.trees = std::move(walked.folders);
    }
    host.disk.push_back(
        walk(settings.state, {"artifacts", "consoles and other artifacts", 1}).whole);
    host.free_bytes = util::free_bytes(settings.cache).value_or(0);
    return host;
}

asio::awaitable<model::Host> HostWatch::now() {
    const bool fresh = known_ && std::chrono::steady_clock::now() - at_ < k_remembered;
    if (fresh || (known_ && looking_)) co_return *known_;
    looking_ = true;
    const auto look = [settings = settings_] { return look_at_host(settings); };
    std::exception_ptr failure;
    try {
        known_ = co_await util::run_on(pool_, look);
        at_ = std::chrono::steady_clock::now();
    } catch (...) {
        failure = std::current_exception();
    }
    looking_ = false;
    if (failure) std::rethrow_exception(failure);
    co_return *known_;
}

}  // namespace krepro::app
