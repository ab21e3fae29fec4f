// SPDX-License-Identifier: Apache-2.0
#include "exports/bundle.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <map>

#include "unit/exports/evidence.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::exports {
namespace {

namespace fs = std::filesystem;

struct Member {
    std::string bytes;
    unsigned mode = 0;
};

std::map<std::string, Member> read_archive(const fs::path& file) {
    std::map<std::string, Member> members;
    auto* archive = ::archive_read_new();
    ::archive_read_support_format_tar(archive);
    ::archive_read_support_filter_zstd(archive);
    EXPECT_EQ(::archive_read_open_filename(archive, file.c_str(), 1 << 16), ARCHIVE_OK);
    archive_entry* entry = nullptr;
    while (::archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        std::string bytes(static_cast<std::size_t>(::archive_entry_size(entry)), '\0');
        EXPECT_EQ(::archive_read_data(archive, bytes.data(), bytes.size()),
                  static_cast<la_ssize_t>(bytes.size()));
        members[::archive_entry_pathname(entry)] = {bytes, ::archive_entry_perm(entry)};
    }
    ::archive_read_free(archive);
    return members;
}

class BundleTest : public testing::Test {
  protected:
    BundleTest() {
        parts_.evidence = make_evidence();
        parts_.initramfs = "guest";
        parts_.command_line = "console=ttyS0 name='x'";
        parts_.iterations = 2;
        // A file for each hash, whose bytes are its name.
        parts_.artifact = [this](const std::string& hash) -> util::Result<fs::path> {
            const auto file = folder_.path() / ("artifact-" + hash);
            EXPECT_TRUE(util::write_file_atomic(file, hash));
            return file;
        };
    }
    std::map<std::string, Member> bundle() {
        const auto written = write_bundle(parts_, folder_.path() / "bundle");
        EXPECT_TRUE(written) << written.error().to_string();
        return read_archive(folder_.path() / "bundle");
    }
    // Unpacks the bundle and puts a qemu of its own into the PATH: a script that finds its console
    // and harness files in $console and $harness.
    void unpack(const std::string& qemu) {
        for (const auto& [name, member] : bundle()) {
            const auto file = folder_.path() / name;
            fs::create_directories(file.parent_path());
            ASSERT_TRUE(util::write_file_atomic(file, member.bytes));
            fs::permissions(file, static_cast<fs::perms>(member.mode));
        }
        fs::create_directories(folder_.path() / "bin");
        const auto program = folder_.path() / "bin" / "qemu-system-x86_64";
        ASSERT_TRUE(util::write_file_atomic(
            program, "#!/bin/sh\necho \"$@\" >'" + (folder_.path() / "arguments").string() +
                         "'\nfor a; do case $a in file:*console.log) console=${a#file:} ;; "
                         "file:*) harness=${a#file:} ;; esac; done\n" +
                         qemu));
        fs::permissions(program, fs::perms(0755));
    }
    struct Ran {
        int status = 0;
        std::string out;
    };
    Ran run(const std::string& options) {
        const auto out = folder_.path() / "out";
        const int status = std::system(
            fmt::format("PATH='{0}/bin:'$PATH '{0}/krepro-job-7/repro.sh' --out '{0}/logs' {1} "
                        ">'{2}' 2>&1",
                        folder_.path().string(), options, out.string())
                .c_str());
        return {WEXITSTATUS(status), *util::read_file(out)};
    }

    util::TempDir folder_ = std::move(*util::TempDir::make(testing::TempDir(), "bundle"));
    BundleParts parts_;
};

TEST_F(BundleTest, holds_all_that_repeats_the_result) {
    const auto members = bundle();
    const auto bytes = [&](const std::string& name) {
        const auto found = members.find("krepro-job-7/" + name);
        return found == members.end() ? "(absent)" : found->second.bytes;
    };
    EXPECT_EQ(bytes("unpatched/bzImage"), "b0");
    EXPECT_EQ(bytes("unpatched/vmlinux"), "v0");
    EXPECT_EQ(bytes("patched/bzImage"), "b1");
    EXPECT_EQ(bytes("patched/config"), "c");
    EXPECT_EQ(bytes("initramfs.cpio"), "guest");
    EXPECT_EQ(bytes("workload.sh"), "true\n");
    EXPECT_EQ(bytes("mail.txt"), "Subject: x\n");
    EXPECT_EQ(bytes("patch.diff"), "diff\n");
    EXPECT_EQ(bytes("expected.txt"), "[ BUG: Invalid wait context ]\tstock_lock\n");
    EXPECT_EQ(bytes("consoles/unpatched-trial-1.log"), "console1");
    EXPECT_EQ(bytes("consoles/patched-trial-1.log"), "(absent)");
    EXPECT_EQ(model::parse_json(bytes("verdict.json"))->at("verdict").at("kind"), "fixed");
    EXPECT_EQ(members.at("krepro-job-7/repro.sh").mode, 0755U);
    EXPECT_NE(bytes("SHA256SUMS").find(util::sha256_hex("guest") + "  initramfs.cpio\n"),
              std::string::npos);
}

TEST_F(BundleTest, is_the_same_bytes_for_the_same_job) {
    bundle();
    const auto first = *util::read_file(folder_.path() / "bundle");
    bundle();
    EXPECT_EQ(*util::read_file(folder_.path() / "bundle"), first);
}

TEST_F(BundleTest, refuses_a_job_that_has_no_kernels) {
    parts_.evidence.job.patched_build.reset();
    const auto written = write_bundle(parts_, folder_.path() / "bundle");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, util::ErrorKind::conflict);
}

TEST(Signs, leave_out_what_differs_from_boot_to_boot) {
    const std::pair<const char*, Sign> rows[] = {
        {"BUG: sleeping function called from invalid context at kernel/x.c:46",
         {"BUG: sleeping function called from invalid context at", ""}},
        {"BUG: scheduling while atomic: swapper/0/0x2", {"BUG: scheduling while atomic:", ""}},
        {"WARNING: CPU: 2 PID: 67 at kernel/x.c:12 f+0x1/0x2", {"WARNING: CPU:", "culprit"}},
    };
    for (const auto& [headline, sign] : rows) {
        auto evidence = make_evidence();
        auto& report = evidence.reports[0].report;
        report.headline = headline;
        report.culprit = "culprit";
        report.locks.clear();
        EXPECT_EQ(signs_of(evidence), std::vector{sign});
    }
}

TEST(Signs, of_a_job_without_a_target_are_those_of_any_splat) {
    auto evidence = make_evidence();
    evidence.reports.clear();
    EXPECT_EQ(signs_of(evidence).size(), 3U);
}

constexpr auto k_ready = "echo '{\"type\":\"ready\"}' >>\"$harness\"\n";
constexpr auto k_hit =
    "printf 'x\\n[ BUG: Invalid wait context ]\\r\\n(stock_lock)\\n' >>\"$console\"\nexec sleep "
    "60\n";

TEST_F(BundleTest, its_script_says_when_the_bug_appears) {
    unpack(std::string(k_ready) + k_hit);
    const auto ran = run("");
    EXPECT_EQ(ran.status, 0) << ran.out;
    EXPECT_NE(ran.out.find("    [ BUG: Invalid wait context ]\nresult: the bug APPEARED on the "
                           "unpatched kernel\n"),
              std::string::npos)
        << ran.out;
    const auto arguments = *util::read_file(folder_.path() / "arguments");
    for (const auto* wanted : {"-m 1024", "-smp 2", "console=ttyS0 name='x'", "unpatched/bzImage",
                               "accel=tcg", "initramfs.cpio"})
        EXPECT_NE(arguments.find(wanted), std::string::npos) << wanted << " in " << arguments;
}

TEST_F(BundleTest, its_script_says_when_the_bug_does_not_appear) {
    unpack(std::string(k_ready) + "echo '(stock_lock)' >>\"$console\"\n");
    const auto ran = run("--arm patched --boots 2");
    EXPECT_EQ(ran.status, 1) << ran.out;
    EXPECT_NE(ran.out.find("did NOT appear on the patched kernel in 2 boots"), std::string::npos)
        << ran.out;
}

TEST_F(BundleTest, its_script_does_not_take_a_dead_vm_for_a_clean_kernel) {
    unpack("exit 1\n");
    EXPECT_EQ(run("--boots 1").status, 2);
    unpack(std::string(k_ready) + "echo '{\"type\":\"done\",\"debug_locks\":0}' >>\"$harness\"\n");
    EXPECT_EQ(run("--boots 1").status, 2) << "lockdep was blind";
}

TEST_F(BundleTest, its_script_boots_a_kernel_of_ones_own) {
    unpack(std::string(k_ready) + k_hit);
    const auto own = folder_.path() / "my bzImage";
    ASSERT_TRUE(util::write_file_atomic(own, "mine"));
    const auto ran = run("--kernel '" + own.string() + "'");
    EXPECT_EQ(ran.status, 0) << ran.out;
    EXPECT_NE(util::read_file(folder_.path() / "arguments")->find(own.string()), std::string::npos);
    for (const auto* wrong : {"--arm other", "--boots 0", "--kernel /none", "--fast", "--arm"})
        EXPECT_EQ(run(wrong).status, 64) << wrong;
}

}  // namespace
}  // namespace krepro::exports
