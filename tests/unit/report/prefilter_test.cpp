// SPDX-License-Identifier: Apache-2.0
#include "report/prefilter.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "report/families.hpp"

namespace krepro::report {
namespace {

TEST(Prefilter, every_headline_of_the_table_holds_an_anchor) {
    for (const Family& family : families()) {
        std::string headline(family.needle.substr(family.needle.starts_with("^") ? 1 : 0));
        headline += " x " + std::string(family.also);
        EXPECT_NE(find_anchor(headline), std::string::npos) << family.kind << ": " << headline;
    }
}

TEST(Prefilter, vectors_and_the_portable_form_find_the_same_places) {
    std::mt19937 random(1);
    const auto all = anchors();
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (int piece = 0; piece < 8; ++piece) {
            const auto anchor = all[random() % all.size()];
            text += random() % 4 == 0 ? std::string(anchor)
                                      : std::string(anchor.substr(0, random() % anchor.size()));
            text.append(random() % 40, static_cast<char>(32 + random() % 95));
        }
        for (std::size_t from : {std::size_t{0}, text.size() / 2, text.size()})
            ASSERT_EQ(find_anchor(text, from), find_anchor_portably(text, from)) << text;
    }
}

TEST(Prefilter, finds_an_anchor_at_every_place_of_a_block) {
    for (std::size_t before = 0; before < 100; ++before)
        for (std::size_t behind = 0; behind < 70; behind += 23) {
            const std::string text = std::string(before, '.') + "BUG" + std::string(behind, '.');
            ASSERT_EQ(find_anchor(text), before);
        }
}

}  // namespace
}  // namespace krepro::report
