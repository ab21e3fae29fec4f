// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "build/build_cache.hpp"
#include "build/make_output.hpp"
#include "build/profile.hpp"
#include "util/files.hpp"

namespace krepro::build {
namespace {

namespace fs = std::filesystem;

fs::path shipped_profiles() {
    return fs::path(KREPRO_SOURCE_DIR) / "kernels" / "profiles";
}

TEST(Profile, the_shipped_one_sets_every_option_it_guarantees_or_leaves_it_to_kconfig) {
    const auto profile = read_profile(shipped_profiles(), "rt-lockdep");
    ASSERT_TRUE(profile) << profile.error().to_string();
    EXPECT_NE(profile->fragments.find("CONFIG_PREEMPT_RT=y"), std::string::npos);
    EXPECT_NE(profile->fragments.find("CONFIG_PROVE_RAW_LOCK_NESTING=y"), std::string::npos);
    EXPECT_FALSE(profile->guarantees.empty());
}

TEST(Profile, an_unknown_name_is_refused_and_the_known_ones_are_offered) {
    for (const auto* name : {"no-such", "../rt-lockdep", "", "rt-lockdep.toml"}) {
        const auto profile = read_profile(shipped_profiles(), name);
        ASSERT_FALSE(profile) << name;
        EXPECT_EQ(profile.error().kind, util::ErrorKind::not_found);
        EXPECT_NE(profile.error().hint.find("rt-lockdep"), std::string::npos);
    }
}

TEST(Profile, an_option_that_kconfig_dropped_is_named) {
    const Profile profile{"p", "", "", {"PREEMPT_RT=y", "PROVE_LOCKING=y", "NR_CPUS=8"}};
    EXPECT_TRUE(check_guarantees(
        profile, "CONFIG_PREEMPT_RT=y\nCONFIG_PROVE_LOCKING=y\nCONFIG_NR_CPUS=8\n"));
    const auto broken = check_guarantees(
        profile, "CONFIG_PREEMPT_RT=y\n# CONFIG_PROVE_LOCKING is not set\nCONFIG_NR_CPUS=4\n");
    ASSERT_FALSE(broken);
    EXPECT_NE(broken.error().what.find("CONFIG_PROVE_LOCKING=y (is not set)"), std::string::npos);
    EXPECT_NE(broken.error().what.find("CONFIG_NR_CPUS=8 (is 4)"), std::string::npos);
    EXPECT_EQ(broken.error().what.find("PREEMPT_RT"), std::string::npos);
}

TEST(Profile, what_a_configuration_has_otherwise_comes_back_with_its_value) {
    const std::string config = "CONFIG_SMP=y\nCONFIG_KASAN=y\n# CONFIG_KFENCE is not set\n";
    EXPECT_TRUE(unmet({"SMP=y", "KFENCE=n", "UBSAN=n"}, config).empty());
    EXPECT_EQ(unmet({"KFENCE=y", "SMP=y", "KASAN=n"}, config),
              (std::vector<std::string>{"CONFIG_KFENCE=y (is not set)", "CONFIG_KASAN=n (is y)"}));
}

TEST(MakeOutput, objects_are_counted_and_nothing_else) {
    EXPECT_TRUE(is_object_line("  CC      kernel/fork.o"));
    EXPECT_TRUE(is_object_line("  AS      arch/x86/entry/entry_64.o"));
    EXPECT_FALSE(is_object_line("  HOSTCC  scripts/basic/fixdep"));
    EXPECT_FALSE(is_object_line("  AR      kernel/built-in.a"));
    EXPECT_FALSE(is_object_line("make[1]: Entering directory"));
}

TEST(MakeOutput, the_compilers_first_error_is_told_with_its_place) {
    const auto error = compile_error(
        "  CC      kernel/fork.o\n"
        "kernel/fork.c: In function 'f':\n"
        "kernel/fork.c:12:5: warning: unused\n"
        "kernel/fork.c:13:7: error: 'x' undeclared (first use in this function)\n"
        "kernel/fork.c:14:7: error: another\n"
        "make[3]: *** [scripts/Makefile.build:250: kernel/fork.o] Error 1\n");
    EXPECT_EQ(error.where, "kernel/fork.c:13:7");
    EXPECT_EQ(error.what, "'x' undeclared (first use in this function)");
    EXPECT_EQ(compile_error("a.c:1:10: fatal error: b.h: No such file\n").what,
              "b.h: No such file");
    EXPECT_EQ(compile_error("make: *** No rule to make target 'x'.  Stop.\n").where,
              "make: *** No rule to make target 'x'.  Stop.");
    EXPECT_FALSE(compile_error("").where.empty());
}

TEST(MakeOutput, twenty_lines_around_the_first_error_come_behind_the_hints_first_line) {
    std::string output;
    for (int i = 0; i < 30; ++i) output += "  CC      before" + std::to_string(i) + ".o\n";
    output += "a.c:1:2: error: wrong\n";
    for (int i = 0; i < 30; ++i) output += "  CC      after" + std::to_string(i) + ".o\n";
    const auto hint = compile_error(output).hint;
    EXPECT_EQ(std::count(hint.begin(), hint.end(), '\n'), 20);
    EXPECT_TRUE(hint.starts_with("\n  CC      before20.o\n"));
    EXPECT_NE(hint.find("\na.c:1:2: error: wrong\n  CC      after0.o\n"), std::string::npos);
}

TEST(MakeOutput, the_linkers_first_error_is_one_too) {
    const auto error = compile_error(
        "  LD      vmlinux.o\n"
        "ld: kernel/fork.o: in function `f':\n"
        "/s/kernel/fork.c:20: undefined reference to `missing'\n");
    EXPECT_EQ(error.where, "/s/kernel/fork.c:20");
    EXPECT_EQ(error.what, "undefined reference to `missing'");
}

TEST(MakeOutput, what_the_machine_failed_is_told_from_what_the_source_says) {
    for (const auto* line :
         {"cc1: fatal error: error writing to kernel/fork.s: No space left on device",
          "ld: final link failed: No space left on device",
          "gcc: fatal error: Killed signal terminated program cc1",
          "make[3]: *** [/s/scripts/Makefile.build:250: kernel/fork.o] Killed"})
        EXPECT_TRUE(is_hosts_failure(std::string("  CC      a.o\n") + line + "\n")) << line;
    for (const auto* line :
         {"mm/oom_kill.c:9:1: error: expected ';' before 'Killed'",
          "  919 |         pr_err(\"%s: Killed\\n\", x): No space left on device",
          "make[3]: *** [/s/scripts/Makefile.build:250: kernel/fork.o] Error 1"})
        EXPECT_FALSE(is_hosts_failure(line)) << line;
}

TEST(MakeOutput, the_line_of_a_kconfig_file_is_found) {
    EXPECT_EQ(config_error("init/Kconfig:3:warning: prompt redefined\n"
                           "net/Kconfig:12: syntax error\n"
                           "net/Kconfig:12: unknown statement \"confi\"\n"
                           "make[2]: *** [/s/scripts/kconfig/Makefile:77: allnoconfig] Error 1\n")
                  .where,
              "net/Kconfig:12");
    EXPECT_EQ(config_error("make: *** [x] Error 1\n").where, "make: *** [x] Error 1");
}

TEST(MakeOutput, the_object_that_failed_and_its_command_are_found) {
    const std::string output =
        "make[4]: *** [/s/scripts/Makefile.build:250: kernel/sched/core.o] Error 1\n"
        "make[3]: *** [/s/scripts/Makefile.build:500: kernel/sched] Error 2\n";
    EXPECT_EQ(failed_object(output), "kernel/sched/core.o");
    EXPECT_EQ(failed_object("make[3]: *** [/s/Makefile:500: kernel] Error 2\n"), "");
    EXPECT_EQ(command_of("  gcc -c -o kernel/x.o x.c\n"
                         "  gcc -Wall -c -o kernel/sched/core.o /s/kernel/sched/core.c \n",
                         "kernel/sched/core.o"),
              "gcc -Wall -c -o kernel/sched/core.o /s/kernel/sched/core.c ");
}

TEST(ProfileFragment, comes_on_top_and_makes_another_variant) {
    const auto plain = read_profile(shipped_profiles(), "rt-lockdep");
    ASSERT_TRUE(plain);
    const auto with = adapt(*plain, "# mine\nCONFIG_XFS_FS=y\n# CONFIG_NET is not set", "clang");
    ASSERT_TRUE(with) << with.error().to_string();
    EXPECT_TRUE(with->fragments.ends_with("CONFIG_XFS_FS=y\n# CONFIG_NET is not set\n"));
    EXPECT_EQ(with->tools().front(), "clang");
    EXPECT_NE(with->variant(), plain->variant());
    EXPECT_EQ(plain->variant(), "rt-lockdep");
    EXPECT_EQ(adapt(*plain, "", "")->fragments, plain->fragments);
}

TEST(ProfileFragment, that_takes_a_guarantee_away_is_refused_by_the_options_name) {
    const auto profile = read_profile(shipped_profiles(), "rt-lockdep");
    for (const auto* fragment : {"# CONFIG_PROVE_LOCKING is not set\n", "CONFIG_PROVE_LOCKING=n\n",
                                 "CONFIG_PROVE_LOCKING=y\nCONFIG_PROVE_LOCKING=n\n"}) {
        const auto refused = adapt(*profile, fragment, "");
        ASSERT_FALSE(refused) << fragment;
        EXPECT_NE(refused.error().what.find("CONFIG_PROVE_LOCKING"), std::string::npos);
        EXPECT_EQ(refused.error().where, "field config");
    }
    const auto timing = read_profile(shipped_profiles(), "rt-plain");
    EXPECT_FALSE(adapt(*timing, "CONFIG_PROVE_LOCKING=y\n", ""));
}

TEST(ProfileFragment, with_a_line_that_is_no_option_is_refused) {
    const auto profile = read_profile(shipped_profiles(), "rt-lockdep");
    for (const auto* fragment : {"source \"/etc/passwd\"\n", "CONFIG_=y\n", "CONFIG_X\n",
                                 "CONFIG_X=\n", "CONFIG_X;id=y\n"})
        EXPECT_FALSE(adapt(*profile, fragment, "")) << fragment;
}

TEST(ShippedProfiles, can_all_be_read) {
    for (const auto* name : {"rt-lockdep", "rt-lockdep-kasan", "lockdep", "rt-plain"})
        EXPECT_TRUE(read_profile(shipped_profiles(), name)) << name;
}

class BuildOnDisk : public testing::Test {
  protected:
    static void write(const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    [[nodiscard]] BuiltKernel kernel() const {
        BuiltKernel built;
        built.bzimage = folder_.path() / "bzImage";
        built.vmlinux = folder_.path() / "vmlinux";
        built.config = folder_.path() / ".config";
        write(built.bzimage, "image");
        write(built.vmlinux, "elf");
        write(built.config, "CONFIG_X=y\n");
        built.build.key = "abc";
        built.build.release = "6.1.8-rt5";
        return built;
    }
    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "krepro-build"));
};

TEST_F(BuildOnDisk, dependents_are_the_objects_whose_cmd_files_name_the_file) {
    write(folder_.path() / "kernel/.fork.o.cmd", "deps := /s/include/linux/sched/task.h \\\n");
    write(folder_.path() / "kernel/.exit.o.cmd", "deps := /s/include/linux/task.h \\\n");
    write(folder_.path() / "lib/.x.o.cmd",
          "deps := /s/kernel/fork.c /s/include/linux/sched/task.h");
    EXPECT_EQ(count_dependents(folder_.path(), {"include/linux/sched/task.h"}), 2);
    EXPECT_EQ(count_dependents(folder_.path(), {"kernel/fork.c"}), 1);
    EXPECT_EQ(count_dependents(folder_.path() / "none", {"kernel/fork.c"}), 0);
}

TEST_F(BuildOnDisk, files_that_a_killed_make_may_have_left_half_written_go_away) {
    const auto stamp = folder_.path() / "making";
    write(stamp, "");
    const auto began = fs::last_write_time(stamp);
    const auto put = [&](const char* name, std::chrono::seconds after) {
        write(folder_.path() / "obj" / name, "x");
        fs::last_write_time(folder_.path() / "obj" / name, began + after);
    };
    put("kernel/old.o", std::chrono::seconds(-5));
    const std::vector<const char*> half{
        "kernel/new.o",         "kernel/built-in.a",          "kernel/.new.o.cmd",
        "kernel/asm-offsets.s", "include/generated/bounds.h", "scripts/kallsyms"};
    for (const auto* name : half) put(name, std::chrono::seconds(5));
    put("include/config/auto.conf", std::chrono::seconds(5));
    put(".config", std::chrono::seconds(5));
    EXPECT_EQ(remove_newer_files(folder_.path() / "obj", stamp), 6);
    for (const auto* name : half) EXPECT_FALSE(fs::exists(folder_.path() / "obj" / name)) << name;
    for (const auto* name : {"kernel/old.o", "include/config/auto.conf", ".config"})
        EXPECT_TRUE(fs::exists(folder_.path() / "obj" / name)) << name;
    EXPECT_EQ(remove_newer_files(folder_.path() / "obj", folder_.path() / "none"), 0);
}

TEST_F(BuildOnDisk, a_kernel_that_was_kept_is_found_with_its_hashes) {
    const BuildCache cache(folder_.path() / "builds");
    EXPECT_FALSE(cache.find("abc"));
    const auto kept = cache.keep(kernel());
    ASSERT_TRUE(kept) << kept.error().to_string();
    const auto found = cache.find("abc");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->build, kept->build);
    EXPECT_EQ(found->build.bzimage.size(), 64U);
    EXPECT_EQ(*util::read_file(found->vmlinux), "elf");
}

TEST_F(BuildOnDisk, generated_headers_are_kept_and_what_a_link_leads_to_is_not) {
    const BuildCache cache(folder_.path() / "builds");
    auto built = kernel();
    built.objects = folder_.path() / "obj";
    write(built.objects / "include/generated/made.h", "made");
    write(built.objects / "arch/x86/include/generated/asm/made.h", "made");
    ASSERT_TRUE(cache.keep(built));
    EXPECT_EQ(generated_folders(folder_.path() / "builds/abc/generated").size(), 2U);
    write(folder_.path() / "outside/secret.h", "secret");
    write(folder_.path() / "outside/generated/secret.h", "secret");
    const auto outside = folder_.path() / "outside";
    for (const auto* place : {"include/generated", "include/generated/uapi",
                              "arch/x86/include/generated", "arch/x86/include"}) {
        fs::remove_all(built.objects / place);
        fs::create_directory_symlink(outside, built.objects / place);
        EXPECT_FALSE(cache.keep(built)) << place;
        for (const auto& folder : generated_folders(built.objects))
            EXPECT_NE(folder, place) << "a link is listed";
        fs::remove(built.objects / place);
        fs::create_directories(built.objects / place);
    }
}

TEST_F(BuildOnDisk, kernels_that_are_in_doubt_are_dropped_and_the_others_stay) {
    const BuildCache cache(folder_.path() / "builds");
    auto built = kernel();
    ASSERT_TRUE(cache.keep(built));
    built.build.key = "def";
    built.build.skipped = 7;
    ASSERT_TRUE(cache.keep(built));
    EXPECT_EQ(cache.drop([](const model::Build& build) { return build.skipped > 0; }), 1);
    EXPECT_TRUE(cache.find("abc"));
    EXPECT_FALSE(cache.find("def"));
}

TEST_F(BuildOnDisk, a_byte_that_changed_on_disk_makes_the_entry_go_away) {
    const BuildCache cache(folder_.path() / "builds");
    const auto kept = cache.keep(kernel());
    ASSERT_TRUE(kept);
    write(kept->bzimage, "imagE");
    EXPECT_FALSE(cache.find("abc"));
    EXPECT_FALSE(fs::exists(kept->bzimage));
}

}  // namespace
}  // namespace krepro::build
