// SPDX-License-Identifier: Apache-2.0
#include "build/rebuild_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
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
    MadeTree()
        : folder_(util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "plan"))) {
        add_unit("puts", "int f(void) { return put_it(TWICE(1)); }\n");
        add_unit("puts_both", "int g(void) { return put_both(1); }\n");
        add_unit("keeps", "int h(void) { return keep(1); } /* not put_it */\n");
        add_unit("colors", "int c(enum color color) { return color < 0; }\n");
    }

    // The plan for a header that was k_header when the objects were made.
    RebuildPlan plan(const std::string& after) const {
        write(source() / "include/a.h", after);
        return plan_rebuild({source(), objects(), {{"include/a.h", k_header, true, true}}});
    }

  private:
    [[nodiscard]] fs::path source() const { return folder_.path() / "source"; }
    [[nodiscard]] fs::path objects() const { return folder_.path() / "objects"; }

    static void write(const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        util::value_or_throw(util::write_file_atomic(path, text));
    }

    void add_unit(const std::string& name, const std::string& code) {
        const auto file = source() / "kernel" / (name + ".c");
        const auto unit = "kernel/" + name + ".o";
        write(file, "#include <a.h>\n" + code);
        write(objects() / unit, "object");
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
    }
}

}  // namespace
}  // namespace krepro::build
