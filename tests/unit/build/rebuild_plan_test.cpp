// SPDX-License-Identifier: Apache-2.0
#include "build/rebuild_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/build/made_tree.hpp"

namespace krepro::build {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

// `before`, where put_it does something else.
std::string with_another_put_it(std::string before) {
    return before.replace(before.find("n + 1;"), 6, "n + 2;");
}

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

TEST(RebuildPlan, a_function_is_known_behind_an_attribute_that_no_list_has) {
    for (const auto* head :
         {"static inline int __odd(2) put_it(int n)", "static inline int put_it(int n) __odd(2)"}) {
        const auto before = changed("static inline int put_it(int n)", head);
        const auto plan = MadeTree().plan(with_another_put_it(before), before);
        EXPECT_THAT(plan.hard, IsEmpty());
        EXPECT_THAT(plan.selected, UnorderedElementsAre("kernel/puts.o", "kernel/puts_both.o"))
            << head;
    }
}

TEST(RebuildPlan, a_variable_is_known_before_an_attribute_that_no_list_has) {
    const std::string before = "struct box { int n; };\nextern struct box boxes __odd(4);\n";
    const MadeTree tree;
    tree.add_unit("counts", "int a(void) { return boxes.n; }\n");
    const auto plan =
        tree.plan("struct box { int n; };\nextern const struct box boxes __odd(4);\n", before);
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, ElementsAre("kernel/counts.o"));
}

// put_it, as other macros may make its name.
constexpr const char* k_pastes = R"(#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define VERB put
#define A_VERB VERB
#define OTHER_VERB keep
static inline int put_it(int n)
{
	return n + 1;
}
)";

RebuildPlan plan_of_pastes(const MadeTree& tree, const std::string& more = {}) {
    const auto before = k_pastes + more;
    return tree.plan(with_another_put_it(before), before);
}

// An operand of ## is taken as it is written; what another macro hands on is expanded first.
TEST(RebuildPlan, a_name_may_be_made_of_what_a_macro_stands_for) {
    const MadeTree tree;
    tree.add_unit("expands", "int a(void) { return CAT(VERB, _it)(1); }\n");
    tree.add_unit("expands_twice", "int a(void) { return CAT(A_VERB, _it)(1); }\n");
    tree.add_unit("joins", "int a(void) { return CAT_(VERB, _it)(1); }\n");
    tree.add_unit("others", "int a(void) { return CAT(OTHER_VERB, _it)(1); }\n");
    const auto plan = plan_of_pastes(tree);
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, UnorderedElementsAre("kernel/puts.o", "kernel/expands.o",
                                                    "kernel/expands_twice.o"));
}

TEST(RebuildPlan, a_list_hands_its_words_to_the_macro_that_it_is_given) {
    const MadeTree tree;
    tree.add_unit("lists", "#define DO(v) v##_it(1);\nvoid a(void) { VERBS(DO) }\n");
    tree.add_unit("lists_more", "#define DO(v) v##_it(1);\nvoid a(void) { MORE_VERBS(DO) }\n");
    tree.add_unit("picks", "int a(void) { return PICK(CAT_, VERB)(1); }\n");
    tree.add_unit("others", "#define DO(v) v##_it(1);\nvoid a(void) { OTHERS(DO) }\n");
    const auto plan = plan_of_pastes(tree,
                                     "#define VERBS(X) X(put) X(keep)\n"
                                     "#define MORE_VERBS(X) VERBS(X)\n"
                                     "#define OTHERS(X) X(get)\n"
                                     "#define PICK(m, v) m(v, _it)\n");
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, UnorderedElementsAre("kernel/puts.o", "kernel/lists.o",
                                                    "kernel/lists_more.o", "kernel/picks.o"));
}

TEST(RebuildPlan, a_macro_may_bring_along_what_another_stands_for) {
    const MadeTree tree;
    tree.add_unit("calls", "int a(void) { return CALL(_it)(1); }\n");
    const auto plan = plan_of_pastes(tree, "#define CALL(what) CAT(A_VERB, what)\n");
    EXPECT_THAT(plan.hard, IsEmpty());
    EXPECT_THAT(plan.selected, UnorderedElementsAre("kernel/puts.o", "kernel/calls.o"));
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
