// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <map>

#include "image/cpio.hpp"
#include "image/elf_needs.hpp"
#include "image/image.hpp"
#include "init/settings.hpp"
#include "util/files.hpp"

namespace krepro::image {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

struct Member {
    unsigned type = 0;
    unsigned mode = 0;
    std::string content;
    std::string link;
    dev_t device = 0;
    bool plain_owner = false;  // root's, and of time zero
};

std::string content_of(archive* reader) {
    std::string content;
    char buffer[8192];
    for (la_ssize_t got = 0; (got = archive_read_data(reader, buffer, sizeof(buffer))) > 0;)
        content.append(buffer, static_cast<std::size_t>(got));
    return content;
}

std::map<std::string, Member> unpack(const std::string& cpio) {
    std::map<std::string, Member> members;
    archive* const reader = archive_read_new();
    archive_read_support_format_cpio(reader);
    EXPECT_EQ(archive_read_open_memory(reader, cpio.data(), cpio.size()), ARCHIVE_OK);
    archive_entry* entry = nullptr;
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        const char* link = archive_entry_symlink(entry);
        Member member{archive_entry_filetype(entry), archive_entry_perm(entry), content_of(reader),
                      link != nullptr ? link : "",   archive_entry_rdev(entry), false};
        member.plain_owner = archive_entry_mtime(entry) == 0 && archive_entry_uid(entry) == 0 &&
                             archive_entry_gid(entry) == 0;
        EXPECT_TRUE(members.emplace(archive_entry_pathname(entry), member).second);
    }
    archive_read_free(reader);
    return members;
}

class Initramfs : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = util::TempDir::make(fs::temp_directory_path(), "krepro-image");
        ASSERT_TRUE(made.has_value());
        folder_.emplace(std::move(*made));
        parts_.init = write("krepro-init", "the first process");
        parts_.busybox = write("busybox", "many applets");
        workload_.name = "script";
        workload_.script = "#!/bin/sh\nsleep 1\n";
    }

    fs::path write(const std::string& name, const std::string& content) {
        const auto path = folder_->path() / name;
        std::ofstream(path, std::ios::binary) << content;
        fs::permissions(path, fs::perms::owner_all);
        return path;
    }

    std::string make(const InitSettings& settings = {}) {
        auto bytes = make_initramfs(parts_, workload_, settings);
        EXPECT_TRUE(bytes.has_value()) << bytes.error().to_string();
        return bytes.value_or("");
    }

    std::optional<util::TempDir> folder_;
    ImageParts parts_;
    model::Workload workload_;
};

TEST_F(Initramfs, holds_what_the_guest_starts_from) {
    const auto members = unpack(make());
    EXPECT_EQ(members.at("init").content, "the first process");
    EXPECT_EQ(members.at("init").mode, 0755U);
    EXPECT_EQ(members.at("bin/busybox").content, "many applets");
    EXPECT_EQ(members.at("bin/sh").link, "busybox");
    EXPECT_EQ(members.at("krepro/workload.sh").content, workload_.script);
    EXPECT_EQ(members.at("tmp").mode, 01777U);
    EXPECT_EQ(members.at("dev/console").type, unsigned{AE_IFCHR});
    EXPECT_EQ(members.at("dev/console").device, makedev(5, 1));
    EXPECT_EQ(members.at("dev/ttyS1").device, makedev(4, 65));
}

TEST_F(Initramfs, is_a_newc_archive_with_folders_before_their_files) {
    const auto bytes = make();
    EXPECT_EQ(bytes.substr(0, 6), "070701");
    for (const auto& [path, member] : unpack(bytes)) {
        const auto slash = path.rfind('/');
        if (slash == std::string::npos) continue;
        EXPECT_LT(bytes.find(path.substr(0, slash) + '\0'), bytes.find(path + '\0')) << path;
    }
}

TEST_F(Initramfs, is_the_same_bytes_for_the_same_inputs) {
    const auto first = make();
    fs::last_write_time(parts_.init, fs::file_time_type::clock::now() - std::chrono::hours(5));
    EXPECT_EQ(make(), first);
    for (const auto& [path, member] : unpack(first)) EXPECT_TRUE(member.plain_owner) << path;
    workload_.script += "true\n";
    EXPECT_NE(make(), first);
}

TEST_F(Initramfs, settings_arrive_as_the_init_reads_them) {
    const auto members = unpack(make({7, 4.25, 500}));
    const auto settings = guest::parse_settings(members.at("krepro/init.conf").content);
    EXPECT_EQ(settings.iterations, 7);
    EXPECT_EQ(settings.linger_ms, 4250);
    EXPECT_EQ(settings.heartbeat_ms, 500);
    EXPECT_THAT(settings.problem, IsEmpty());
    EXPECT_EQ("/" + std::string("krepro/init.conf"), guest::k_settings_path);
    EXPECT_TRUE(members.contains(std::string(guest::k_workload_path).substr(1)));
}

TEST_F(Initramfs, settings_that_would_lose_hits_are_refused) {
    for (const auto& settings : {InitSettings{-1, 3, 1000}, InitSettings{0, 2.9, 1000},
                                 InitSettings{0, 1e9, 1000}, InitSettings{0, 3, 10}}) {
        const auto bytes = make_initramfs(parts_, workload_, settings);
        ASSERT_FALSE(bytes.has_value());
        EXPECT_EQ(bytes.error().kind, util::ErrorKind::invalid_input);
    }
    workload_.script.clear();
    EXPECT_FALSE(make_initramfs(parts_, workload_, {}).has_value());
}

TEST_F(Initramfs, a_dynamic_program_brings_its_interpreter_and_libraries) {
    parts_.programs = {fs::read_symlink("/proc/self/exe")};
    const auto needs = read_elf_needs(parts_.programs[0]);
    ASSERT_TRUE(needs.has_value());
    EXPECT_TRUE(needs->is_elf);
    EXPECT_THAT(needs->needed, Contains("libstdc++.so.6"));
    const auto members = unpack(make());
    EXPECT_TRUE(members.contains("usr/bin/" + parts_.programs[0].filename().string()));
    EXPECT_TRUE(members.contains(needs->interpreter.substr(1)));
    const auto files = shared_files(parts_.programs);
    ASSERT_TRUE(files.has_value());
    // libm comes by way of libstdc++ at the latest, libc with everything.
    for (const char* name : {"libstdc++.so.6", "libm.so.6", "libc.so.6"}) {
        const auto found = std::count_if(files->begin(), files->end(), [&](const auto& file) {
            return fs::path(file.target).filename() == name;
        });
        EXPECT_EQ(found, 1) << name;
    }
    for (const auto& file : *files)
        EXPECT_EQ(members.at(file.target.substr(1)).content.size(), fs::file_size(file.source));
}

TEST_F(Initramfs, a_library_that_is_not_there_is_named) {
    auto program = util::read_file("/proc/self/exe");
    ASSERT_TRUE(program.has_value());
    const std::string library = "libstdc++.so.6";
    const auto at = program->find('\0' + library + '\0');
    ASSERT_NE(at, std::string::npos);
    program->replace(at + 1, library.size(), "libkrepro.so.6");
    const auto files = shared_files({write("lost", *program)});
    ASSERT_FALSE(files.has_value());
    EXPECT_EQ(files.error().kind, util::ErrorKind::unavailable);
    EXPECT_THAT(files.error().what, HasSubstr("libkrepro.so.6"));
    EXPECT_THAT(files.error().where, HasSubstr("lost"));
}

TEST_F(Initramfs, a_damaged_program_is_copied_and_never_crashes_the_reader) {
    auto program = util::read_file("/bin/busybox");
    ASSERT_TRUE(program.has_value());
    for (std::size_t kept = 0; kept < 4096; kept += 37) {
        const auto needs = read_elf_needs(write("cut", program->substr(0, kept)));
        ASSERT_TRUE(needs.has_value());
        EXPECT_THAT(needs->needed, IsEmpty());
    }
}

TEST_F(Initramfs, a_missing_part_is_an_error_with_its_mend) {
    const auto parts = find_parts(folder_->path() / "no-such-init");
    ASSERT_FALSE(parts.has_value());
    EXPECT_EQ(parts.error().kind, util::ErrorKind::unavailable);
    EXPECT_THAT(parts.error().where, HasSubstr("no-such-init"));
    EXPECT_THAT(parts.error().hint, Not(IsEmpty()));
    // A script is no static program.
    EXPECT_FALSE(find_parts(write("script", "#!/bin/sh\n")).has_value());
    parts_.init = folder_->path() / "gone";
    EXPECT_FALSE(make_initramfs(parts_, workload_, {}).has_value());
}

TEST(Cpio, the_first_node_of_a_path_stays) {
    Cpio cpio;
    cpio.add("/a/b", Cpio::File{"first"});
    cpio.add("/a/b", Cpio::File{"second"});
    cpio.add("/a", Cpio::Folder{0700});
    const auto members = unpack(*cpio.bytes());
    EXPECT_EQ(members.at("a/b").content, "first");
    EXPECT_EQ(members.at("a").mode, 0755U);
}

}  // namespace
}  // namespace krepro::image
