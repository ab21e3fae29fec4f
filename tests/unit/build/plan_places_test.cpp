// SPDX-License-Identifier: Apache-2.0
// What the planner makes of where in a file its pieces stand, and of what stands before them.
#include "build/plan_places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/build/made_tree.hpp"

namespace krepro::build {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* k_lines = R"(#define WARN_HERE() warn(__FILE__, __LINE__)
#define DEFINE_EVENT(name) static inline void trace_##name(void) { WARN_HERE(); }
#define DECLARE_STATIC_KEY_TRUE(name) extern struct static_key_true name
#define LABEL(name) label_##name
/* above */
static inline int put_it(int n)
{
	n += 1;
	WARN_HERE();
	return n;
}
static inline int keep(int n)
{
	return n;
}
/* below */
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::string plus(const std::string& end) {
    return k_lines + end;
}

TEST(PlanPlaces, a_line_that_moves_within_a_function_reaches_those_who_name_it) {
    const auto after = with(k_lines, "\tWARN_HERE", "\t/* for once */\n\tWARN_HERE");
    const auto plan = MadeTree().plan(after, k_lines);
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, ElementsAre("kernel/puts.o"));
    EXPECT_THAT(plan.changed, ElementsAre("put_it"));
}

TEST(PlanPlaces, lines_that_nothing_holds_may_move) {
    for (const auto& [before, after] :
         {std::pair{std::string(k_lines), with(k_lines, "/* below */", "\n\n/* below */")},
          std::pair{std::string(k_lines),
                    with(k_lines, "\treturn n;\n}\n/*", "\n\treturn n;\n}\n/*")},
          std::pair{plus("DECLARE_STATIC_KEY_TRUE(key);\nLABEL(here);\n"),
                    plus("\n\nDECLARE_STATIC_KEY_TRUE(key);\n\nLABEL(here);\n")}}) {
        const auto plan = MadeTree().plan(after, before);
        EXPECT_THAT(plan.hard, IsEmpty());
        EXPECT_THAT(plan.selected, IsEmpty()) << after;
    }
}

TEST(PlanPlaces, an_invocation_that_holds_its_line_and_moves_is_hard) {
    for (const auto* invocation : {"DEFINE_EVENT(fork)\n", "DEFINE_EVENT(fork);\n"}) {
        const auto plan = MadeTree().plan(plus("\n" + std::string(invocation)), plus(invocation));
        EXPECT_THAT(plan.hard, HasSubstr("invocation")) << invocation;
        EXPECT_EQ(plan.selected.size(), 4U);
    }
}

TEST(PlanPlaces, a_size_that_is_made_of_a_line_and_moves_is_hard) {
    const std::string record = "struct odd { char room[__LINE__]; };\n";
    EXPECT_THAT(MadeTree().plan(plus("\n" + record), plus(record)).hard, HasSubstr("struct"));
}

TEST(PlanPlaces, where_a_sanitizer_notes_every_place_whatever_moves_has_changed) {
    const MadeTree tree;
    const auto lower = with(k_lines, "/* above */", "/* above,\n * or not */");
    EXPECT_THAT(tree.plan(lower, k_lines).selected, ElementsAre("kernel/puts.o"));
    for (const auto* option : {"CONFIG_KASAN=y\n", "CONFIG_UBSAN=y\n", "CONFIG_GCOV_KERNEL=y\n"}) {
        tree.configure(std::string("CONFIG_SMP=y\n") + option);
        EXPECT_THAT(tree.plan(lower, k_lines).selected,
                    UnorderedElementsAre("kernel/puts.o", "kernel/keeps.o"))
            << option;
    }
    const auto indented = with(k_lines, "\treturn n;\n}\n/*", "\t\treturn n;\n}\n/*");
    EXPECT_THAT(tree.plan(indented, k_lines).selected, ElementsAre("kernel/keeps.o"));
    tree.configure("# CONFIG_KASAN is not set\n");
    EXPECT_THAT(tree.plan(indented, k_lines).selected, IsEmpty());
}

TEST(PlanPlaces, space_between_tokens_counts_where_it_may_mean_something) {
    const auto function = [](const std::string& body) {
        return "static inline int put_it(int a, int b) { return " + body + "; }\n";
    };
    const std::string macro = "#define put_it";
    for (const auto& [before, after] :
         {std::pair{function("a++ + b"), function("a + ++b")},
          std::pair{function("a - -b"), function("a-- b")},
          std::pair{function("a & &b"), function("a && b")},
          std::pair{function("TEXT(a+b)"), function("TEXT(a + b)")},
          std::pair{macro + "(n) (n)\n", macro + " (n) (n)\n"},
          std::pair{function("\n#define x a\n b"), function("\n#define x a b\n")}}) {
        const auto plan = MadeTree().plan(after, before);
        EXPECT_THAT(plan.hard, IsEmpty());
        EXPECT_THAT(plan.selected, testing::Contains("kernel/puts.o")) << before << after;
    }
}

TEST(PlanPlaces, how_much_space_there_is_and_where_a_line_ends_means_nothing) {
    const auto plan = MadeTree().plan("static  inline int put_it(int a)\n{\n\treturn a + 1; }\n",
                                      "static inline int\nput_it(int a) { return a +/**/1; }\n");
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, IsEmpty());
}

constexpr const char* k_counts = R"(#define __PASTE(a, b) a##b
#define __UNIQUE_ID(prefix) __PASTE(__PASTE(__UNIQUE_ID_, prefix), __COUNTER__)
#define min(a, b) cmp(a, b, __UNIQUE_ID(x), __UNIQUE_ID(y))
#define NEXT_SLOT() slot(__COUNTER__)
static inline int put_it(int n)
{
	return min(n, 1);
}
static inline int put_both(int n)
{
	return NEXT_SLOT();
}
)";

TEST(PlanPlaces, a_change_before_a_use_of_the_counters_value_reaches_who_uses_it) {
    const MadeTree tree;
    tree.add_unit("slots", "int s(void) { return NEXT_SLOT(); }\n");
    tree.add_unit("counts", "int t(void) { return __COUNTER__; }\n");
    tree.add_unit("names", "int __UNIQUE_ID(n);\n");
    const auto plan = tree.plan(with(k_counts, "min(n, 1)", "min(n, min(n, 2))"), k_counts);
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, UnorderedElementsAre("kernel/puts.o", "kernel/puts_both.o",
                                                    "kernel/slots.o", "kernel/counts.o"));
    EXPECT_THAT(plan.skipped, testing::Contains("kernel/names.o"));
}

TEST(PlanPlaces, a_comment_shifts_no_counter) {
    const MadeTree tree;
    tree.add_unit("slots", "int s(void) { return NEXT_SLOT(); }\n");
    const auto plan =
        tree.plan(with(k_counts, "\treturn min", "\t/* less */\n\treturn min"), k_counts);
    EXPECT_THAT(plan.selected, IsEmpty());
}

TEST(PlanPlaces, a_condition_or_a_size_that_is_made_of_the_counter_is_hard) {
    for (const auto* use : {"struct odd { char room[__COUNTER__]; };\n",
                            "#if __COUNTER__ > 2\n#define HIGH\n#endif\n"}) {
        const auto before = std::string(k_counts) + use;
        const auto plan = MadeTree().plan(with(before, "min(n, 1)", "min(n, 3)"), before);
        EXPECT_THAT(plan.hard, testing::Not(IsEmpty())) << use;
    }
}

}  // namespace
}  // namespace krepro::build
