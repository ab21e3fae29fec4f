// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "checkout/apt_sources.hpp"
#include "checkout/checkout.hpp"
#include "checkout/make_tree.hpp"
#include "util/files.hpp"

namespace krepro::checkout {
namespace {

using testing::ElementsAre;

util::Result<std::vector<Tree>> read_text(std::string_view text) {
    const auto dir = util::TempDir::make(std::filesystem::temp_directory_path(), "trees");
    EXPECT_TRUE(util::write_file_atomic(dir->path() / "trees.toml", text));
    return read_trees(dir->path() / "trees.toml");
}

TEST(ReadTrees, the_shipped_file_has_the_three_trees) {
    const auto trees = read_trees(KREPRO_SOURCE_DIR "/kernels/trees.toml");
    ASSERT_TRUE(trees) << trees.error().to_string();
    std::vector<std::string> names;
    for (const auto& tree : *trees) names.push_back(tree.name);
    EXPECT_THAT(names,
                testing::UnorderedElementsAre("debian-6.1.8-rt5", "debian-6.1-rt", "debian-6.12"));
    const auto rt5 = std::find_if(trees->begin(), trees->end(),
                                  [](const auto& tree) { return tree.version == "6.1.8-1"; });
    ASSERT_NE(rt5, trees->end());
    EXPECT_TRUE(rt5->rt_series);
    EXPECT_EQ(rt5->package, "linux");
}

TEST(ReadTrees, a_mistake_is_named_by_entry_and_key) {
    const std::pair<const char*, const char*> table[] = {
        {"[a]\nkind = \"svn\"", "key kind must be one of"},
        {"[a]\nkind = \"git\"", "key location is missing"},
        {"[a]\nkind = \"debian-source\"", "key package is missing"},
        {"[a]\nkind = \"git\"\nlocation = 3", "key location must be a text"},
        {"[a]\nkind = \"git\"\nlocation = \"x\"\nbranch = \"x\"", "unknown key branch"},
        {"[a]\nkind = \"git\"\nlocation = \"x\"\nrt_series = true", "debian-source only"},
        {"a = 1", "expected a table"},
    };
    for (const auto& [text, what] : table) {
        const auto trees = read_text(text);
        ASSERT_FALSE(trees) << text;
        EXPECT_THAT(trees.error().what, testing::HasSubstr(what));
        EXPECT_EQ(trees.error().where, "tree a");
    }
    EXPECT_THAT(read_text("[a\n").error().where, testing::EndsWith("trees.toml:1"));
}

TEST(AptSources, reads_deb822) {
    const auto sources = parse_deb822(
        "# comment\nTypes: deb deb-src\nURIs: http://mirror.example/debian\n"
        "Suites: bookworm bookworm-updates\nComponents: main contrib\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
        "Enabled: no\nTypes: deb\nURIs: http://off.example\nSuites: x\nComponents: main\n\n"
        "types: deb\nuris: http://two.example\nsuites: x\ncomponents: main\n"
        "signed-by:\n -----BEGIN-----\n .\n abc\n -----END-----\n");
    ASSERT_EQ(sources.size(), 2U);
    EXPECT_EQ(sources[0].suites, "bookworm bookworm-updates");
    EXPECT_EQ(sources[1].signed_by, "\n -----BEGIN-----\n .\n abc\n -----END-----");
}

TEST(AptSources, reads_one_line_entries_once) {
    const auto sources = parse_one_line(
        "deb [arch=amd64 signed-by=/k.gpg] http://m.example/debian bookworm main contrib # x\n"
        "deb-src [arch=amd64 signed-by=/k.gpg] http://m.example/debian bookworm main contrib\n"
        "# deb http://off.example x main\nnonsense\ndeb [broken http://x y z\n");
    EXPECT_THAT(sources, ElementsAre(AptSource{"http://m.example/debian", "bookworm",
                                               "main contrib", "/k.gpg"}));
}

TEST(AptSources, takes_the_distributions_own_archives_only) {
    const std::string key = "/usr/share/keyrings/debian-archive-keyring.gpg";
    const std::vector<AptSource> sources{
        {"http://m.example/debian", "bookworm bookworm-updates trixie", "main", key},
        {"http://m.example/security", "bookworm-security", "main contrib", ""},
        {"http://third.example", "bookworm", "main", "/usr/share/keyrings/third.gpg"},
        {"http://node.example", "nodistro", "main", ""},
        {"http://m.example/debian", "bookworm", "contrib", key},
    };
    const auto own = own_archives(sources, "bookworm");
    ASSERT_EQ(own.size(), 2U);
    EXPECT_EQ(own[0].suites, "bookworm bookworm-updates");
    EXPECT_EQ(write_deb822({own[1]}, "deb-src"),
              "Types: deb-src\nURIs: http://m.example/security\nSuites: bookworm-security\n"
              "Components: main\n\n");
    EXPECT_EQ(parse_deb822(write_deb822(own, "deb-src"))[0].signed_by, key);
}

TEST(OlderVersion, compares_numbers_by_value) {
    const char* const rising[] = {"6.1.4-1",  "6.1.8~rc1-1", "6.1.8-1",
                                  "6.1.10-1", "6.1.176-1",   "6.12-1"};
    for (std::size_t i = 0; i + 1 < std::size(rising); ++i) {
        EXPECT_TRUE(older_version(rising[i], rising[i + 1])) << rising[i];
        EXPECT_FALSE(older_version(rising[i + 1], rising[i])) << rising[i];
        EXPECT_FALSE(older_version(rising[i], rising[i]));
    }
}

TEST(ParseSeries, leaves_comments_and_options_out) {
    EXPECT_THAT(parse_series("# head\n\na.patch\n  b.patch -p1\nc.patch # why\n"),
                ElementsAre("a.patch", "b.patch", "c.patch"));
}

}  // namespace
}  // namespace krepro::checkout
