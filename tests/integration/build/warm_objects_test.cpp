// SPDX-License-Identifier: Apache-2.0
// Objects of earlier builds under a kernel: it must be the one that its source makes.
#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <thread>

#include "build/object_states.hpp"
#include "integration/build/tiny_kernel.hpp"
#include "util/hash.hpp"

namespace {
bool syncs_fail = false;
}  // namespace

// In place of the C library's.
extern "C" int syncfs(int fd) noexcept {
    if (!syncs_fail) return static_cast<int>(::syscall(SYS_syncfs, fd));
    errno = EIO;
    return -1;
}

namespace krepro::build {
namespace {

using testing::HasSubstr;
using util::ErrorKind;

class WarmObjects : public TinyKernel {
  protected:
    [[nodiscard]] bool is_kept(const BuiltKernel& kernel) const {
        return fs::exists(root() / "cache/builds" / kernel.build.key);
    }
    // Each file of the object tree with its bytes and time.
    [[nodiscard]] std::map<std::string, std::string> all_objects() const {
        std::map<std::string, std::string> files;
        for (const auto& entry : fs::recursive_directory_iterator(objects()))
            if (entry.is_regular_file() && entry.path().filename() != ".config" &&
                entry.path().filename() != ".krepro-fragment")
                files[entry.path().string()] =
                    util::value_or_throw(util::sha256_file(entry.path())) + " " +
                    std::to_string(entry.last_write_time().time_since_epoch().count());
        return files;
    }
    // Other code in an object that make takes for done.
    void tamper(const char* unit) const {
        const auto time = fs::last_write_time(objects() / unit);
        run(fmt::format("echo 'int wrong;' | gcc -xc -c -o {} -", (objects() / unit).string()));
        fs::last_write_time(objects() / unit, time);
    }
};

TEST_F(WarmObjects, only_what_a_patch_of_code_reaches_is_compiled) {
    EXPECT_EQ(build_right().build.objects, 2);
    write("source/kernel/a.c", "#include <box.h>\nint a(struct box *b) { return b->n + 1; }\n");
    EXPECT_EQ(build_right().build.objects, 1);
    write("source/include/box.h", "/* a box */\nstruct box { int n; };\n");
    const auto built = build_right();
    EXPECT_EQ(built.build.objects, 0);
    EXPECT_EQ(built.build.skipped, 1);
}

// make knows nothing of it: the old one is as it was.
TEST_F(WarmObjects, that_include_what_a_new_header_is_found_in_place_of_are_made_again) {
    using Planner = LocalKernelBuilder::Planner;
    for (const auto planner : {Planner::on, Planner::off}) {
        planner_ = planner;
        build_right();
        write("source/include/table.h", "#define TABLE 9\n");  // before ./lib on the path
        EXPECT_EQ(build_right().build.objects, 1);
        fs::remove(root() / "source/include/table.h");
        EXPECT_EQ(build_right().build.objects, 1);
    }
}

TEST_F(WarmObjects, of_a_tree_that_was_put_there_anew_with_its_old_times_are_not_believed) {
    build_right();
    write("source/kernel/a.c", "int a(void) { return 5; }\n");
    run(fmt::format("cd {0}/source && rm -rf .git && git init -q && touch -d 2001-01-01 kernel/*.c",
                    root().string()));
    commit();
    EXPECT_EQ(build_right().build.objects, 2);
}

TEST_F(WarmObjects, that_are_of_no_known_state_are_made_anew) {
    build_right();
    fs::remove(beside_objects(".states"));
    tamper("kernel/a.o");
    EXPECT_EQ(build_right().build.plain, "there are no objects yet");
}

TEST_F(WarmObjects, that_took_no_part_in_the_last_build_are_not_linked_later) {
    using Planner = LocalKernelBuilder::Planner;
    for (const auto planner : {Planner::on, Planner::off}) {
        build_right();
        planner_ = planner;
        write("source/Units", "units := kernel/b.o\n");
        write("source/include/box.h", fmt::format("struct box {{ int before[{}]; int n; }};\n",
                                                  planner == Planner::on ? 1 : 2));
        commit();
        build_right();
        EXPECT_FALSE(fs::exists(objects() / "kernel/a.o"));
        planner_ = Planner::on;
        write("source/Units", "units := kernel/a.o kernel/b.o\n");
        commit();
        build_right();
    }
}

TEST_F(WarmObjects, are_all_made_anew_when_the_audit_finds_one_wrong) {
    const auto first = build_right();
    write("source/include/box.h", "/* a box */\nstruct box { int n; };\n");
    const auto skipping = build_right();
    ASSERT_EQ(skipping.build.skipped, 1);
    tamper("kernel/a.o");
    tamper("kernel/b.o");  // no audit looks at this one
    write("source/include/box.h", "/* the box */\nstruct box { int n; };\n");
    audit_share_ = 1;
    const auto built = build_right();
    EXPECT_EQ(built.build.audit, "mismatch");
    EXPECT_THAT(built.build.plain, HasSubstr("kernel/a.o"));
    EXPECT_TRUE(is_kept(built));
    EXPECT_TRUE(is_kept(first)) << "it was made from nothing";
    EXPECT_FALSE(is_kept(skipping)) << "it may be wrong too";
}

// Killed in the midst of that: the kernels are still there, and nobody gets them.
TEST_F(WarmObjects, that_an_audit_found_wrong_are_cleared_away_by_who_comes_after_a_kill) {
    build_right();
    write("source/include/box.h", "/* a box */\nstruct box { int n; };\n");
    const auto skipping = build_right();
    ASSERT_EQ(skipping.build.skipped, 1);
    ASSERT_TRUE(begin_quarantine(objects(), "kernel/a.o: .text differs\n"));
    tamper("kernel/b.o");
    LocalKernelBuilder builder(root() / "profiles", root() / "cache");
    EXPECT_FALSE(await(builder.find(request())));
    EXPECT_FALSE(is_kept(skipping));
    EXPECT_EQ(build_right().build.plain, "there are no objects yet");
    EXPECT_FALSE(is_quarantine_open(objects()));
    EXPECT_TRUE(is_quarantined(objects()));
    EXPECT_TRUE(await(builder.find(request())));
}

TEST_F(WarmObjects, of_another_assembler_are_made_anew) {
    const auto first = build_right();
    EXPECT_THAT(first.build.compiler, HasSubstr("GNU assembler"));
    EXPECT_EQ(read_toolchain(objects()), first.build.compiler);
    ASSERT_TRUE(set_toolchain(objects(), "gcc as it is, GNU assembler of last year, GNU ld"));
    tamper("kernel/a.o");
    write("source/kernel/b.c", "int b(void) { return 8; }\n");
    EXPECT_EQ(build_right().build.objects, 2);
    EXPECT_EQ(read_toolchain(objects()), first.build.compiler);
}

// As a disk that fails would have it.
TEST_F(WarmObjects, that_could_not_be_put_on_the_disk_are_not_said_to_be_good) {
    build_right();
    write("source/kernel/a.c", "int a(void) { return 5; }\n");
    syncs_fail = true;
    const auto built = build();
    syncs_fail = false;
    ASSERT_FALSE(built);
    EXPECT_THAT(built.error().to_string(), HasSubstr("cannot sync"));
    EXPECT_EQ(read_states(objects()).size(), 2U) << "they may be of either";
    EXPECT_TRUE(fs::exists(beside_objects(".making")));
    build_right();
    EXPECT_EQ(read_states(objects()).size(), 1U);
}

TEST_F(WarmObjects, are_not_what_a_patch_of_the_makefile_writes_to) {
    build_right();
    const auto before = all_objects();
    const std::string makefile = k_makefile;
    const std::string harm =
        "\t@echo 'int wrong;' | gcc -xc -c -o kernel/a.o -\n\t@touch -d 2037-01-01 kernel/a.o\n"
        "\t@rm -f lib/gen; cp /bin/true lib/gen; echo x >kernel/.b.o.cmd\n"
        "\t@test -z \"$$CCACHE_DIR\" || echo x >$$CCACHE_DIR/planted\n";
    const auto end = makefile.find("$(units): %.o");
    write("source/Makefile", makefile.substr(0, end) + harm + makefile.substr(end));
    const auto patched = build();
    ASSERT_TRUE(patched) << patched.error().to_string();
    EXPECT_EQ(all_objects(), before);
    EXPECT_FALSE(fs::exists(beside_objects(".ccache") / "planted"));
    EXPECT_EQ(patched->objects, objects());
    for (const auto& entry : fs::directory_iterator(root() / "cache/obj"))
        EXPECT_FALSE(entry.path().filename().string().starts_with(".once")) << entry.path();
    write("source/Makefile", makefile);
    write("source/kernel/a.c", "#include <box.h>\nint a(struct box *b) { return b->n + 1; }\n");
    EXPECT_EQ(build_right().build.objects, 1);
}

TEST_F(WarmObjects, are_not_what_a_patch_of_a_program_of_the_build_writes_to) {
    build_right();
    const auto before = all_objects();
    write("source/lib/gen.c",
          "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { system(\"touch -d 2037-01-01 "
          "kernel/*.o\"); puts(\"#define TABLE 7\"); return 0; }\n");
    ASSERT_TRUE(build());
    EXPECT_EQ(all_objects(), before);
}

TEST_F(WarmObjects, a_patch_is_judged_by_the_programs_of_its_own_tree) {
    build_right();
    write("source/lib/gen.c",
          "#include <stdio.h>\n#include \"gen.h\"\nint main(void) { puts(TABLE); return 0; }\n");
    write("source/lib/gen.h", "#define TABLE \"#define TABLE 7\"\n");
    commit();  // nobody has built this one: what was built last had another program
    const auto before = all_objects();
    write("source/lib/gen.h", "#define TABLE \"#define TABLE 6\"\n");
    ASSERT_TRUE(build());
    EXPECT_EQ(all_objects(), before);
}

TEST_F(WarmObjects, of_a_patch_of_code_are_kept_also_where_there_were_none) {
    build_right();
    write("source/kernel/a.c", "int a(void) { return 5; }\n");
    ASSERT_TRUE(build());  // its programs are known from here on
    fs::remove(beside_objects(".states"));
    write("source/kernel/a.c", "int a(void) { return 6; }\n");
    EXPECT_EQ(build_right().build.objects, 2);
    write("source/kernel/a.c", "int a(void) { return 7; }\n");
    EXPECT_EQ(build_right().build.objects, 1);
}

TEST_F(WarmObjects, that_a_killed_build_left_half_written_are_made_again) {
    build_right();
    write("source/lib/gen.c",
          "#include <stdio.h>\nint main(void) { puts(\"#define TABLE 8\"); return 0; }\n");
    commit();
    // As far as a killed build came: the program is new, and what it makes is not whole.
    const auto mark = beside_objects(".making");
    std::ofstream(mark) << "";
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    run(fmt::format("cd {} && cp /bin/true lib/gen && echo '#define TABLE 9' >lib/table.h",
                    objects().string()));
    build_right();
    EXPECT_FALSE(fs::exists(mark));
}

TEST_F(WarmObjects, a_make_that_is_killed_says_nothing_of_the_kernel) {
    const std::string makefile = k_makefile;
    for (const auto* harm :
         {"\t@kill -9 $$PPID; sleep 9\n",
          "\t@echo 'ld: final link failed: No space left on device'; exit 1\n"}) {
        const auto end = makefile.find("\t@cat $(units)");
        write("source/Makefile", makefile.substr(0, end) + harm + makefile.substr(end));
        commit();
        const auto built = build();
        ASSERT_FALSE(built) << harm;
        EXPECT_EQ(built.error().kind, ErrorKind::unavailable) << built.error().to_string();
        EXPECT_TRUE(fs::exists(beside_objects(".making"))) << "who knows what is whole";
    }
}

TEST_F(WarmObjects, a_patch_that_breaks_the_configuration_is_at_fault) {
    write("source/Makefile", "allnoconfig:\n\t@echo 'net/Kconfig:12: syntax error'; exit 1\n");
    auto built = build();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().kind, ErrorKind::invalid_input);
    EXPECT_EQ(built.error().where, "net/Kconfig:12");
    EXPECT_THAT(built.error().what, HasSubstr("unpatched"));
}

TEST_F(WarmObjects, the_compiler_that_is_named_is_the_one_that_compiles) {
    write("bin/gcc", "#!/bin/sh\necho gcc of another place 99\n");
    fs::permissions(root() / "bin/gcc", fs::perms(0755));
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", ((root() / "bin").string() + ":" + path).c_str(), 1);
    const auto built = build();
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_TRUE(built) << built.error().to_string();
    EXPECT_THAT(built->build.compiler, HasSubstr("GNU ld"));
    EXPECT_THAT(built->build.compiler, testing::Not(HasSubstr("another place")));
}

}  // namespace
}  // namespace krepro::build
