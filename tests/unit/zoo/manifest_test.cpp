// SPDX-License-Identifier: Apache-2.0
#include "zoo/manifest.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "build/profile.hpp"
#include "util/files.hpp"
#include "zoo/patch.hpp"

namespace krepro::zoo {
namespace {

namespace fs = std::filesystem;

const fs::path k_zoo = fs::path(KREPRO_SOURCE_DIR) / "kernels/zoo";

util::Result<std::vector<Bug>> read_text(std::string_view text) {
    const auto folder = util::value_or_throw(util::TempDir::make("/tmp", "krepro-zoo-test"));
    const auto file = folder.path() / "zoo.toml";
    util::value_or_throw(util::write_file_atomic(file, text));
    return read_manifest(file);
}

TEST(Manifest, keeps_its_order_and_every_key) {
    const auto bugs = read_text(R"(
[[bug]]
name = "z_last"
kind = "warning"
[[bug]]
name = "a_first"
kind = "circular_locking"
function = "f"
locks = ["a", "b"]
interrupt = "task"
says = "words"
syzbot = "title"
also = ["bug"]
boot = "shared"
setup = "echo"
wait_s = 2
command_line = "x=y"
needs = ["A=y", "B=n"]
)");
    ASSERT_TRUE(bugs) << bugs.error().to_string();
    ASSERT_EQ(bugs->size(), 2U);
    EXPECT_EQ(bugs->at(0).name, "z_last");
    EXPECT_EQ(bugs->at(0).boot, Boot::own);
    const Bug whole{
        "a_first", "circular_locking", "f",    {"a", "b"}, "task", "words",       "title",
        {"bug"},   Boot::shared,       "echo", 2,          "x=y",  {"A=y", "B=n"}};
    EXPECT_EQ(bugs->at(1), whole);
}

TEST(Manifest, what_is_wrong_is_named_with_its_entry) {
    struct Row {
        std::string_view text;
        std::string_view complaint;
    };
    const std::string_view head = "[[bug]]\nname = \"x\"\nkind = \"warning\"\n";
    const Row rows[] = {{"colour = \"red\"", "unknown key colour"},
                        {"locks = \"a\"", "not a list"},
                        {"locks = [1]", "not a list of texts"},
                        {"says = 1", "not a text"},
                        {"boot = \"twice\"", "own or shared"},
                        {"wait_s = 61", "0 to 60"},
                        {"needs = [\"SMP\"]", "no OPTION=y or =n: SMP"},
                        {"also = [\"nonsense\"]", "no kind \"nonsense\""},
                        {"[[bug]]\nname = \"x\"\nkind = \"warning\"", "twice"},
                        {"[[bug]]\nname = \"a b\"\nkind = \"warning\"", "small letters"},
                        {"[[bug]]\nkind = \"warning\"", "small letters"},
                        {"[other]\n", "nothing else"},
                        {"says = ", ""}};
    for (const auto& [text, complaint] : rows) {
        const auto bugs = read_text(std::string(head) + std::string(text));
        ASSERT_FALSE(bugs) << text;
        EXPECT_EQ(bugs.error().kind, util::ErrorKind::invalid_input) << text;
        EXPECT_NE(bugs.error().what.find(complaint), std::string::npos) << bugs.error().what;
    }
}

TEST(Manifest, the_shipped_one_has_a_bug_in_the_driver_for_each_entry) {
    const auto bugs = read_manifest(k_zoo / "zoo.toml");
    ASSERT_TRUE(bugs) << bugs.error().to_string();
    std::string driver;
    for (const auto& file : util::value_or_throw(read_driver(k_zoo / "driver")))
        driver += file.text;
    std::set<std::string> kinds;
    for (const Bug& bug : *bugs) {
        kinds.insert(bug.kind);
        if (bug.command_line.find("krepro_zoo=") != std::string::npos) continue;
        EXPECT_NE(driver.find("{ \"" + bug.name + "\", zoo_"), std::string::npos) << bug.name;
    }
    EXPECT_GE(kinds.size(), 30U);
}

TEST(Manifest, the_zoos_own_profile_promises_what_the_bugs_need) {
    const auto profile = util::value_or_throw(
        build::read_profile(k_zoo.parent_path() / "profiles", "rt-lockdep-zoo"));
    std::string config;
    for (const auto& guarantee : profile.guarantees) config += "CONFIG_" + guarantee + "\n";
    for (const Bug& bug : util::value_or_throw(read_manifest(k_zoo / "zoo.toml")))
        EXPECT_EQ(build::unmet(bug.needs, config), std::vector<std::string>()) << bug.name;
}

TEST(Manifest, bugs_are_chosen_by_name_and_by_kind) {
    const std::vector<Bug> bugs{
        {"a", "warning", "", {}, "", "", "", {}, Boot::own, "", 1, ""},
        {"b", "ubsan", "", {}, "", "", "", {}, Boot::own, "", 1, ""},
        {"c", "ubsan", "", {}, "", "", "", {}, Boot::own, "", 1, ""},
    };
    const auto names = [&](const std::vector<std::string>& wanted) {
        std::string found;
        for (const Bug& bug : util::value_or_throw(choose(bugs, wanted))) found += bug.name;
        return found;
    };
    EXPECT_EQ(names({}), "abc");
    EXPECT_EQ(names({"c"}), "c");
    EXPECT_EQ(names({"ubsan"}), "bc");
    EXPECT_EQ(names({"c", "warning"}), "ac");
    const auto unknown = choose(bugs, {"a", "tiger"});
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().what.find("tiger"), std::string::npos);
}

}  // namespace
}  // namespace krepro::zoo
