// SPDX-License-Identifier: Apache-2.0
#include "cli/outline.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace krepro::cli {
namespace {

struct Example {
    CLI::App app{"Does things."};
    std::string format = "text", server;
    std::string file;
    bool follow = false;

    Example() {
        app.name("krepro");
        auto* show = app.add_subcommand("show", "Shows it's \"thing\" [now]: yes");
        show->footer("Examples:\n  krepro show 3\n.hidden request");
        show->add_option("job", file, "Id of the job")->required();
        show->add_option("--format", format, "Of the page")
            ->check(CLI::IsMember({"text", "json"}))
            ->capture_default_str();
        show->add_option("--server", server, "Where")->envname("KREPRO_SERVER");
        show->add_flag("-f,--follow", follow, "Go on");
        app.add_subcommand("inner", "not for people")->group("");
    }
};

const OptionOutline& named(const CommandOutline& command, const std::string& name) {
    for (const auto& option : command.options)
        if (option.names.back() == name) return option;
    throw std::runtime_error("no option " + name);
}

TEST(Outline, holds_what_the_help_text_shows) {
    const Example example;
    const auto outline = outline_of(example.app);
    ASSERT_EQ(outline.commands.size(), 1U) << "without the hidden one";
    const auto& show = outline.commands[0];
    EXPECT_TRUE(named(show, "job").positional);
    EXPECT_TRUE(named(show, "job").required);
    EXPECT_EQ(named(show, "--format").choices, (std::vector<std::string>{"text", "json"}));
    EXPECT_EQ(named(show, "--format").default_value, "text");
    EXPECT_EQ(named(show, "--server").environment, "KREPRO_SERVER");
    EXPECT_FALSE(named(show, "--follow").takes_value);
    EXPECT_EQ(named(show, "--follow").names, (std::vector<std::string>{"-f", "--follow"}));
}

TEST(Outline, the_shells_scripts_name_commands_options_and_choices) {
    const Example example;
    const auto outline = outline_of(example.app);
    for (const auto& script :
         {bash_completion(outline), zsh_completion(outline), fish_completion(outline)}) {
        EXPECT_NE(script.find("show"), std::string::npos);
        EXPECT_NE(script.find("follow"), std::string::npos);
        EXPECT_NE(script.find("text json"), std::string::npos);
        EXPECT_EQ(script.find("inner"), std::string::npos);
    }
}

TEST(Outline, no_line_of_a_manual_page_is_a_request_that_the_text_made) {
    const Example example;
    const auto outline = outline_of(example.app);
    const auto page = manual_page(outline.commands[0], &outline, "krepro 1");
    EXPECT_NE(page.find(".SH NAME\nkrepro\\-show \\- "), std::string::npos) << page;
    EXPECT_NE(page.find("\n\\&.hidden request"), std::string::npos) << page;
    EXPECT_NE(page.find(".SH EXAMPLES"), std::string::npos);
    EXPECT_NE(page.find("(default: text)"), std::string::npos);
    EXPECT_NE(page.find("(or by $KREPRO_SERVER)"), std::string::npos);
}

}  // namespace
}  // namespace krepro::cli
