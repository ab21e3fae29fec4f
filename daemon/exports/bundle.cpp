// SPDX-License-Identifier: Apache-2.0
#include "exports/bundle.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <system_error>

#include "exports/text.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::exports {

namespace fs = std::filesystem;
using model::ArmName;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

std::time_t time_of(const std::string& iso8601) {
    std::tm parts{};
    return ::strptime(iso8601.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr ? 0
                                                                               : ::timegm(&parts);
}

enum class Mode { file = 0644, program = 0755 };

// A tar archive that is being written; notes the hash of everything it takes.
class Tar {
  public:
    Tar(std::string folder, std::time_t time)
        : folder_(std::move(folder)), time_(time), archive_(::archive_write_new()) {}
    ~Tar() { ::archive_write_free(archive_); }
    Tar(const Tar&) = delete;
    Tar& operator=(const Tar&) = delete;

    Result<void> open(const fs::path& file) {
        ::archive_write_set_format_pax_restricted(archive_);
        if (::archive_write_add_filter_zstd(archive_) != ARCHIVE_OK ||
            ::archive_write_open_filename(archive_, file.c_str()) != ARCHIVE_OK)
            return failed();
        return {};
    }

    Result<void> add(const std::string& name, std::string_view bytes, Mode mode = Mode::file) {
        if (auto begun = begin(name, bytes.size(), mode); !begun) return begun;
        sums_ += util::sha256_hex(bytes) + "  " + name + "\n";
        return write(bytes);
    }

    // An artifact: its hash is known.
    Result<void> add_file(const std::string& name, const fs::path& path, const std::string& hash) {
        const util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        std::error_code code;
        const auto size = fs::file_size(path, code);
        if (!file.valid() || code)
            return fail(ErrorKind::unavailable, "cannot read: " + code.message(), path.string());
        if (auto begun = begin(name, size, Mode::file); !begun) return begun;
        sums_ += hash + "  " + name + "\n";
        std::array<char, 1 << 17> piece{};
        while (true) {
            const auto n = ::read(file.get(), piece.data(), piece.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0)
                return fail(ErrorKind::unavailable, std::generic_category().message(errno),
                            path.string());
            if (n == 0) return {};
            auto written = write({piece.data(), static_cast<std::size_t>(n)});
            if (!written) return written;
        }
    }

    // The list of hashes, which names everything before it.
    Result<void> finish() {
        const auto sums = sums_;
        if (auto added = add("SHA256SUMS", sums); !added) return added;
        if (::archive_write_close(archive_) != ARCHIVE_OK) return failed();
        return {};
    }

  private:
    Result<void> begin(const std::string& name, std::uintmax_t size, Mode mode) {
        const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(),
                                                                             ::archive_entry_free);
        ::archive_entry_set_pathname(entry.get(), (folder_ + "/" + name).c_str());
        ::archive_entry_set_filetype(entry.get(), AE_IFREG);
        ::archive_entry_set_perm(entry.get(), static_cast<unsigned>(mode));
        ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
        ::archive_entry_set_mtime(entry.get(), time_, 0);
        if (::archive_write_header(archive_, entry.get()) != ARCHIVE_OK) return failed();
        return {};
    }

    Result<void> write(std::string_view bytes) {
        const auto n = ::archive_write_data(archive_, bytes.data(), bytes.size());
        if (n < 0 || static_cast<std::size_t>(n) != bytes.size()) return failed();
        return {};
    }

    [[nodiscard]] tl::unexpected<util::Error> failed() const {
        const char* text = ::archive_error_string(archive_);
        return fail(ErrorKind::unavailable,
                    std::string("cannot write the archive: ") + (text == nullptr ? "" : text),
                    folder_, "see that the disk has room");
    }

    std::string folder_;
    std::time_t time_;
    ::archive* archive_;
    std::string sums_;
};

// All that the store has, so that a program can read the bundle as it reads the API.
std::string verdict_json(const Evidence& evidence) {
    model::Json reports = model::Json::array(), trials = model::Json::array();
    for (const auto& report : evidence.reports) reports.push_back(model::to_json(report));
    for (const auto& trial : evidence.trials) trials.push_back(model::to_json(trial));
    return model::dump_pretty({{"verdict", model::to_json(*evidence.job.verdict)},
                               {"job", model::to_json(evidence.job)},
                               {"trials", std::move(trials)},
                               {"reports", std::move(reports)}}) +
           "\n";
}

std::string expected_text(const Evidence& evidence) {
    std::string text;
    for (const auto& sign : signs_of(evidence)) text += sign.title + "\t" + sign.lock + "\n";
    return text;
}

std::string readme(const BundleParts& parts) {
    const auto& job = parts.evidence.job;
    const auto& verdict = *job.verdict;
    std::string text = plain_line(job.title) + "\n\n";
    text +=
        wrap(fmt::format("Verdict: {}. {}", model::to_string(verdict.kind), verdict.sentence), 78);
    text += "\nunpatched: " + counts_words(verdict.unpatched, verdict.unit);
    text += "\npatched:   " + counts_words(verdict.patched, verdict.unit);
    text += R"(

To repeat it, with qemu-system-x86_64 and a POSIX shell:

    ./repro.sh --arm unpatched          boots the kernel without the patch
    ./repro.sh --arm patched            boots the one with it
    ./repro.sh --kernel MY/bzImage      boots yours (build it with unpatched/config)

unpatched/, patched/  bzImage, vmlinux (for addr2line, gdb) and config of each kernel
initramfs.cpio        the guest: krepro-init, busybox, the workload and its programs
workload.sh           one iteration of the reproducer, as it is in the initramfs
expected.txt          what the console shows when the bug is there: text, tab, a lock's name
mail.txt, patch.diff  what was tested
consoles/             of krepro's boots that showed the bug
verdict.json          everything krepro knows of the job
SHA256SUMS            of all of these
)";
    if (parts.iterations > 0)
        text +=
            fmt::format("\nA boot runs the workload {} times, as krepro's did, and powers off.\n",
                        parts.iterations);
    return text;
}

Result<void> add_artifact(Tar& tar, const BundleParts& parts, const std::string& name,
                          const std::string& hash) {
    const auto path = parts.artifact(hash);
    if (!path) return tl::unexpected(path.error());
    return tar.add_file(name, *path, hash);
}

Result<void> add_kernel(Tar& tar, const BundleParts& parts, ArmName arm) {
    const auto& job = parts.evidence.job;
    const auto& build = arm == ArmName::unpatched ? job.unpatched_build : job.patched_build;
    const std::string folder(model::to_string(arm));
    for (const auto& [name, hash] :
         {std::pair{"/bzImage", build->bzimage}, std::pair{"/vmlinux", build->vmlinux},
          std::pair{"/config", build->config}})
        if (auto added = add_artifact(tar, parts, folder + name, hash); !added) return added;
    return {};
}

Result<void> add_consoles(Tar& tar, const BundleParts& parts) {
    for (const auto& trial : parts.evidence.trials) {
        const bool hit = trial.outcome && trial.outcome->kind == model::OutcomeKind::hit;
        if (!hit || trial.console.empty()) continue;
        const auto name =
            fmt::format("consoles/{}-trial-{}.log", model::to_string(trial.arm), trial.number);
        if (auto added = add_artifact(tar, parts, name, trial.console); !added) return added;
    }
    return {};
}

Result<void> add_texts(Tar& tar, const BundleParts& parts) {
    const auto& job = parts.evidence.job;
    struct Text {
        const char* name;
        std::string bytes;
        Mode mode = Mode::file;
    };
    const std::array texts{
        Text{"README.txt", readme(parts)},
        Text{"repro.sh", repro_script(parts), Mode::program},
        Text{"expected.txt", expected_text(parts.evidence)},
        Text{"mail.txt", job.spec.mail},
        Text{"patch.diff", job.mail.patch},
        Text{"workload.sh", job.workload ? job.workload->script : ""},
        Text{"verdict.json", verdict_json(parts.evidence)},
    };
    for (const auto& text : texts)
        if (auto added = tar.add(text.name, text.bytes, text.mode); !added) return added;
    return {};
}

}  // namespace

std::string bundle_name(const model::Job& job) {
    return fmt::format("krepro-job-{}", job.id);
}

Result<void> write_bundle(const BundleParts& parts, const fs::path& file) {
    const auto& job = parts.evidence.job;
    const auto where = fmt::format("job {}", job.id);
    if (!job.verdict)
        return fail(ErrorKind::conflict, "the job has no verdict yet", where,
                    "wait until it is done");
    if (!job.unpatched_build || !job.patched_build)
        return fail(ErrorKind::conflict, "the job did not come to both kernels", where,
                    "its problem says why");
    Tar tar(bundle_name(job), time_of(job.updated_at));
    if (auto opened = tar.open(file); !opened) return opened;
    if (auto added = add_texts(tar, parts); !added) return added;
    if (auto added = add_consoles(tar, parts); !added) return added;
    for (const auto arm : {ArmName::unpatched, ArmName::patched})
        if (auto added = add_kernel(tar, parts, arm); !added) return added;
    if (auto added = tar.add("initramfs.cpio", parts.initramfs); !added) return added;
    return tar.finish();
}

}  // namespace krepro::exports
