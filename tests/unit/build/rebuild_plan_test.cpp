// SPDX-License-Identifier: Apache-2.0
#include "build/rebuild_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "util/files.hpp"

namespace krepro::build {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr const char* k_header = R"(#ifndef A_H
#define A_H
struct box { int n; };
typedef int count_t;
enum color { RED, GREEN, BLUE = GREEN + 1 };
enum { NAMELESS };
enum small { TINY } __attribute__((packed));
#define TWICE(x) ((x) * 2)
static inline int put_it(int n)
{
	return n + 1;
}
static inline int keep(int n)
{
	return n;
}
static inline int put_both(int n)
{
	return put_it(n) + put_it(n + 1);
}
#endif
)";

std::string changed(const std::string& from, const std::string& to) {
    std::string text = k_header;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

// A source with one header, and the objects of three files that include it: `puts` names put_it
// and TWICE, `puts_both` names put_both, `keeps` names keep.
class MadeTree {
  public:
    // `assembly`: what the objects are made of.
    explicit MadeTree(const std::string& assembly = "nop", const std::string& options = "")
        : folder_(util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "plan"))) {
        write(folder_.path() / "object.s", assembly + "\n");
        const auto assemble =
            "as " + options + "-o " + object() + " " + (folder_.path() / "object.s").string();
        EXPECT_EQ(std::system(assemble.c_str()), 0);
        write(source() / "include/a.h", k_header);
        fs::last_write_time(source() / "include/a.h",
                            fs::file_time_type::clock::now() - std::chrono::hours(2));
        add_unit("puts", "int f(void) { return put_it(TWICE(1)); }\n");
        add_unit("puts_both", "int g(void) { return put_both(1); }\n");
        add_unit("keeps", "int h(void) { return keep(1); } /* not put_it */\n");
        add_unit("colors", "int c(enum color color) { return color < 0; }\n");
    }

    // From here on the object names the header by a way round, as the vDSO does its C files.
    void name_header_roundabout(const std::string& unit) {
        const auto file = objects() / "kernel" / ("." + unit + ".o.cmd");
        auto text = util::value_or_throw(util::read_file(file));
        const auto plain = (source() / "include/a.h").string();
        const auto at = text.find(plain);
        ASSERT_NE(at, std::string::npos);
        write(file,
              text.replace(at, plain.size(), (source() / "arch/x86/../../include/./a.h").string()));
    }

    // The plan for a header that was k_header when the objects were made.
    RebuildPlan plan(const std::string& after) const {
        write(source() / "include/a.h", after);
        return plan_rebuild({source(), objects(), {{"include/a.h", k_header, true, true}}});
    }
    // The same when the last build ended after the header was written.
    RebuildPlan plan_later(const std::string& after) const {
        write(source() / "include/a.h", after);
        return plan_rebuild({source(),
                             objects(),
                             {{"include/a.h", k_header, true, true}},
                             fs::last_write_time(source() / "include/a.h")});
    }
    [[nodiscard]] fs::path source() const { return folder_.path() / "source"; }
    [[nodiscard]] fs::path objects() const { return folder_.path() / "objects"; }
    [[nodiscard]] bool has(const std::string& unit) const { return fs::exists(objects() / unit); }

  private:
    static void write(const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        util::value_or_throw(util::write_file_atomic(path, text));
    }

    [[nodiscard]] std::string object() const { return (folder_.path() / "object.o").string(); }

    void add_unit(const std::string& name, const std::string& code) {
        const auto file = source() / "kernel" / (name + ".c");
        const auto unit = "kernel/" + name + ".o";
        write(file, "#include <a.h>\n" + code);
        fs::create_directories((objects() / unit).parent_path());
        fs::copy_file(object(), objects() / unit);
        write(objects() / "kernel" / ("." + name + ".o.cmd"),
              "source_" + unit + " := " + file.string() + "\n\ndeps_" + unit + " := \\\n  " +
                  (source() / "include/a.h").string() + " \\\n\n");
        const auto past = fs::file_time_type::clock::now() - std::chrono::hours(1);
        fs::last_write_time(file, past - std::chrono::hours(1));
        fs::last_write_time(objects() / unit, past);
    }

    util::TempDir folder_;
};

TEST(RebuildPlan, a_changed_inline_reaches_those_who_name_it_and_those_who_name_its_callers) {
    const auto plan = MadeTree().plan(changed("return n + 1;", "return n + 2;"));
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, UnorderedElementsAre("kernel/puts.o", "kernel/puts_both.o"));
    EXPECT_THAT(plan.skipped, UnorderedElementsAre("kernel/keeps.o", "kernel/colors.o"));
    EXPECT_EQ(plan.dependents, 4);
}

TEST(RebuildPlan, a_header_that_is_named_by_a_way_round_is_the_same_header) {
    MadeTree tree;
    for (const auto* unit : {"puts", "puts_both", "keeps", "colors"})
        tree.name_header_roundabout(unit);
    const auto plan = tree.plan(changed("return n + 1;", "return n + 2;"));
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, UnorderedElementsAre("kernel/puts.o", "kernel/puts_both.o"));
    EXPECT_EQ(plan.dependents, 4);
}

// It was left out of that build, and may be of a state that nobody knows any more.
TEST(RebuildPlan, what_was_stale_before_the_last_build_ended_is_made_whatever_changed) {
    const auto plan = MadeTree().plan_later(changed("struct box", "/* a box */ struct box"));
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.skipped, IsEmpty());
    EXPECT_EQ(plan.selected.size(), 4U);
}

TEST(RebuildPlan, what_is_selected_is_removed_and_what_is_skipped_gets_the_present_time) {
    const MadeTree tree;
    const auto plan = tree.plan(changed("return n + 1;", "return n + 2;"));
    ASSERT_TRUE(follow_plan(tree.objects(), plan));
    EXPECT_FALSE(tree.has("kernel/puts.o"));
    EXPECT_FALSE(tree.has("kernel/puts_both.o"));
    EXPECT_TRUE(tree.has("kernel/keeps.o"));
    EXPECT_EQ(remove_stale_objects(tree.objects(), tree.source()), 0);
}

TEST(RebuildPlan, what_took_no_part_in_a_build_is_removed) {
    const MadeTree tree;
    EXPECT_EQ(remove_stale_objects(tree.objects(), tree.source()), 0);
    tree.plan(k_header);  // the header is written, and nothing is made
    EXPECT_EQ(remove_stale_objects(tree.objects(), tree.source()), 4);
    EXPECT_FALSE(tree.has("kernel/keeps.o"));
}

TEST(RebuildPlan, a_changed_macro_reaches_those_who_name_it) {
    const auto plan = MadeTree().plan(changed("((x) * 2)", "((x) + (x))"));
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, ElementsAre("kernel/puts.o"));
}

TEST(RebuildPlan, comments_and_what_nobody_names_reach_nothing) {
    for (const auto& after : {changed("struct box", "/* a box */ struct box"),
                              changed("static inline int keep",
                                      "static inline int fresh(int n)\n{\n\treturn n;\n}\n"
                                      "static inline int keep")}) {
        const auto plan = MadeTree().plan(after);
        EXPECT_THAT(plan.hard, IsEmpty());
        EXPECT_THAT(plan.selected, IsEmpty()) << after;
        EXPECT_EQ(plan.skipped.size(), 4U);
    }
}

TEST(RebuildPlan, an_enumerator_that_may_change_the_type_reaches_those_who_name_the_type) {
    for (const auto* values :
         {"RED = -1, GREEN, BLUE }", "RED, GREEN, BLUE = GREEN - 2 }", "RED, GREEN, BLUE = BIG }",
          "RED, GREEN, BLUE = 0x100000000 }", "RED, GREEN, BLUE __attribute__((x)) }"}) {
        const auto plan = MadeTree().plan(changed("RED, GREEN, BLUE = GREEN + 1 }", values));
        EXPECT_THAT(plan.hard, IsEmpty());
        EXPECT_THAT(plan.selected, ElementsAre("kernel/colors.o")) << values;
    }
}

TEST(RebuildPlan, an_enumerator_that_leaves_the_type_as_it_is_reaches_those_who_name_it) {
    for (const auto* values :
         {"RED, GREEN, BLUE = GREEN + 1, DARK }", "RED, GREEN, BLUE = 0x2, DARK = BLUE - 1 }"}) {
        const auto plan = MadeTree().plan(changed("RED, GREEN, BLUE = GREEN + 1 }", values));
        EXPECT_THAT(plan.hard, IsEmpty());
        EXPECT_THAT(plan.selected, IsEmpty()) << values;
    }
}

// The assembler keeps put_it as the tail of input_it.
TEST(RebuildPlan, an_object_that_has_a_changed_name_as_a_symbol_and_does_not_say_so_is_hard) {
    for (const auto* options : {"", "--32 "}) {
        const MadeTree tree("input_it: call put_it", options);
        const auto plan = tree.plan(changed("return n + 1;", "return n + 2;"));
        EXPECT_THAT(plan.hard, testing::HasSubstr("has the symbol put_it")) << options;
        EXPECT_THAT(plan.skipped, IsEmpty());
    }
}

TEST(RebuildPlan, what_cannot_be_bounded_is_hard_and_nothing_is_skipped) {
    for (const auto& after :
         {changed("int n; }", "int n; int m; }"), changed("typedef int", "typedef long"),
          changed("NAMELESS }", "NAMELESS, NEW }"), changed("TINY }", "TINY, NEW }"),
          changed("#define A_H\n", "#define A_H\n#include <b.h>\n"),
          changed("#ifndef A_H", "#if !defined(A_H) && defined(B)"),
          changed("return n;\n}", "return n;\n")}) {
        const auto plan = MadeTree().plan(after);
        EXPECT_THAT(plan.hard, Not(IsEmpty())) << after;
        EXPECT_THAT(plan.skipped, IsEmpty()) << after;
        EXPECT_EQ(plan.selected.size(), 4U) << after;
    }
}

}  // namespace
}  // namespace krepro::build
