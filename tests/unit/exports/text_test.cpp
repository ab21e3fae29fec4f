// SPDX-License-Identifier: Apache-2.0
#include "exports/text.hpp"

#include <gtest/gtest.h>

namespace krepro::exports {
namespace {

TEST(PlainText, keeps_what_any_document_can_carry_and_nothing_else) {
    const std::string bad = "\xEF\xBF\xBD";
    const std::pair<std::string, std::string> cases[] = {
        {"plain\ttext\n", "plain\ttext\n"},
        {"Gr\xC3\xB6\xC3\x9F"
         "e \xF0\x9F\x98\x80",
         "Gr\xC3\xB6\xC3\x9F"
         "e \xF0\x9F\x98\x80"},
        {"line\r\n", "line\n"},
        {"\x1B[31mred\x7F", "?[31mred?"},
        {std::string("a\0b", 3), "a?b"},
        {"latin \xFC.", "latin " + bad + "."},
        {"cut \xC3", "cut " + bad},
        {"overlong \xC0\xAF", "overlong " + bad + bad},
        {"surrogate \xED\xA0\x80", "surrogate " + bad + bad + bad},
        {"not a character \xEF\xBF\xBE", "not a character " + bad + bad + bad},
        {"c1 \xC2\x9B", "c1 " + bad + bad},
    };
    for (const auto& [given, wanted] : cases) EXPECT_EQ(plain_text(given), wanted);
}

TEST(PlainLine, is_one_line) {
    EXPECT_EQ(plain_line("  a\n\tb  c\r\n"), "a b c");
    EXPECT_EQ(plain_line("\n"), "");
}

TEST(Wrap, breaks_at_spaces_and_leaves_long_words_whole) {
    EXPECT_EQ(wrap("aa bb cc", 5), "aa bb\ncc\n");
    EXPECT_EQ(wrap("aa bbbbbbbbb c", 5, "- ", "  "), "- aa\n  bbbbbbbbb\n  c\n");
    EXPECT_EQ(wrap("", 5), "\n");
}

TEST(Prefixed, marks_every_line_and_leaves_no_space_at_its_end) {
    EXPECT_EQ(prefixed("a\n\nb", "# "), "# a\n#\n# b\n");
    EXPECT_EQ(prefixed("", "# "), "");
}

TEST(Beginning, ends_with_a_line_or_at_least_with_a_character) {
    EXPECT_EQ(beginning("abc\ndef\n", 6), "abc\n");
    EXPECT_EQ(beginning("abc", 3), "abc");
    EXPECT_EQ(beginning("ab\xC3\xB6", 3), "ab");
}

}  // namespace
}  // namespace krepro::exports
