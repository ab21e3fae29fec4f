// SPDX-License-Identifier: Apache-2.0
#include "build/object_compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "util/files.hpp"

namespace krepro::build {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Optional;

class ObjectCompare : public testing::TestWithParam<const char*> {
  protected:
    [[nodiscard]] std::string assembled(const std::string& code) const {
        const auto source = folder_.path() / "a.s";
        const auto object = folder_.path() / "a.o";
        util::value_or_throw(util::write_file_atomic(source, code + "\n"));
        const auto command =
            std::string("as ") + GetParam() + " -o " + object.string() + " " + source.string();
        EXPECT_EQ(std::system(command.c_str()), 0) << code;
        return util::value_or_throw(util::read_file(object));
    }

  private:
    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "compare"));
};

TEST_P(ObjectCompare, the_same_code_is_equal_whatever_its_local_symbols_are_called) {
    const auto one = assembled("call put\nx1: .long x1\n.data\n.long put");
    const auto other = assembled("call put\nx2: .long x2\n.data\n.long put");
    EXPECT_EQ(object_difference(one, other), std::nullopt);
}

TEST_P(ObjectCompare, other_code_other_data_and_other_symbols_differ) {
    const auto one = assembled("call put\n.data\n.long put, 1");
    EXPECT_THAT(object_difference(one, assembled("call put\nnop\n.data\n.long put, 1")),
                Optional(HasSubstr(".text")));
    EXPECT_THAT(object_difference(one, assembled("call put\n.data\n.long put, 2")),
                Optional(HasSubstr(".data differs")));
    EXPECT_THAT(object_difference(one, assembled("call get\n.data\n.long put, 1")),
                Optional(HasSubstr("other symbols")));
    EXPECT_THAT(object_difference(one, one.substr(0, one.size() / 2)),
                Optional(HasSubstr("can be read")));
}

TEST_P(ObjectCompare, what_is_offered_to_others_is_compared) {
    const auto one = assembled(".globl put\nput: nop\nnop");
    EXPECT_EQ(object_difference(one, assembled(".globl put\nput: nop\nx: nop")), std::nullopt);
    for (const auto* other :
         {".globl put\nnop\nput: nop", ".weak put\nput: nop\nnop", "put: nop\nnop",
          ".globl get\nget: nop\nnop", ".globl put\n.hidden put\nput: nop\nnop",
          ".globl put, get\nput: nop\nget: nop", ".globl put\nput: nop\nnop\n.size put, 2"})
        EXPECT_THAT(object_difference(one, assembled(other)), Optional(HasSubstr("the symbol ")))
            << other;
}

TEST_P(ObjectCompare, symbols_are_read) {
    const auto one = assembled("here: call put");
    EXPECT_THAT(
        symbols_of(one),
        Optional(testing::IsSupersetOf({std::string_view("here"), std::string_view("put")})));
}

// As code of the kernel's start has it, and the kernel itself.
INSTANTIATE_TEST_SUITE_P(Classes, ObjectCompare, testing::Values("--32", "--64"),
                         [](const auto& of) { return std::string(of.param).substr(2); });

TEST(ObjectClasses, are_not_mixed_up) {
    EXPECT_TRUE(object_difference("", ""));
    EXPECT_TRUE(
        object_difference("\x7f"
                          "ELF",
                          "\x7f"
                          "ELF"));
    EXPECT_FALSE(symbols_of(std::string("\x7f"
                                        "ELF\x03",
                                        5) +
                            std::string(100, '\0')));
}

}  // namespace
}  // namespace krepro::build
