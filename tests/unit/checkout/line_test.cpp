// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <optional>

#include "checkout/git.hpp"
#include "checkout/local_source.hpp"
#include "util/files.hpp"

namespace krepro::checkout {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
T await(asio::awaitable<T> work) {
    asio::io_context context;
    std::optional<T> result;
    std::exception_ptr thrown;
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, T value) {
        thrown = error;
        result = std::move(value);
    });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*result);
}

// A repository of commits that each change a file; HEAD is on the branch that it began with.
class FindLine : public testing::Test {
  protected:
    void SetUp() override {
        auto made = util::TempDir::make(fs::temp_directory_path(), "line");
        ASSERT_TRUE(made);
        dir_.emplace(std::move(*made));
        origin = dir_->path() / "linux";
        fs::create_directories(origin);
        std::ofstream(origin / "Makefile") << "VERSION = 6\n";
        ASSERT_TRUE(await(commit_all(origin, "root")));
        main = run(words("rev-parse", "--abbrev-ref", "HEAD"));
        source.emplace(std::vector<Tree>{}, dir_->path() / "cache");
    }

    std::string run(std::vector<std::string> arguments) {
        const auto out = await(git(origin, std::move(arguments)));
        EXPECT_TRUE(out) << out.error().to_string();
        return out.value_or("");
    }

    std::string commit(const std::string& title) {
        std::ofstream(origin / (title + ".c")) << title;
        run(words("add", "-A"));
        run(words("commit", "-q", "-m", title));
        return run(words("rev-parse", "HEAD"));
    }

    util::Result<Line> find(const std::string& good, const std::string& bad) {
        return await(source->find_line(origin.string(), good, bad, {}));
    }

    static std::vector<std::string> titles(const Line& line) {
        std::vector<std::string> list;
        for (const auto& commit : line.commits) list.push_back(commit.title);
        return list;
    }

    std::optional<util::TempDir> dir_;
    fs::path origin;
    std::string main;
    std::optional<LocalKernelSource> source;
};

TEST_F(FindLine, the_good_commit_is_first_and_the_bad_one_last) {
    const auto one = commit("one");
    commit("two");
    const auto three = commit("three");
    commit("four");
    const auto line = find(one, "HEAD~1");
    ASSERT_TRUE(line) << line.error().to_string();
    EXPECT_THAT(titles(*line), ElementsAre("one", "two", "three"));
    EXPECT_EQ(line->commits.front().hash, one);
    EXPECT_EQ(line->commits.back().hash, three);
    EXPECT_EQ(line->commits.back().parents, 1);
    EXPECT_TRUE(line->notes.empty());
}

TEST_F(FindLine, a_merge_stands_for_what_it_brought_and_that_is_said) {
    const auto one = commit("one");
    run(words("checkout", "-q", "-b", "side"));
    commit("on-the-side");
    commit("further-on-the-side");
    run(words("checkout", "-q", main));
    commit("two");
    run(words("merge", "-q", "--no-ff", "-m", "merge of the side", "side"));
    const auto line = find(one, "HEAD");
    ASSERT_TRUE(line) << line.error().to_string();
    EXPECT_THAT(titles(*line), ElementsAre("one", "two", "merge of the side"));
    EXPECT_EQ(line->commits.back().parents, 2);
    EXPECT_THAT(line->notes, ElementsAre(HasSubstr("of 4 commits the 2 on the line")));
}

TEST_F(FindLine, a_good_commit_beside_the_line_is_said_to_be) {
    commit("one");
    run(words("checkout", "-q", "-b", "side"));
    commit("on-the-side");
    run(words("checkout", "-q", main));
    commit("two");
    run(words("merge", "-q", "--no-ff", "-m", "merge of the side", "side"));
    const auto line = find("side", "HEAD");
    ASSERT_TRUE(line) << line.error().to_string();
    EXPECT_THAT(titles(*line), ElementsAre("on-the-side", "two", "merge of the side"));
    EXPECT_THAT(line->notes.back(), HasSubstr("is not on that line"));
}

TEST_F(FindLine, ends_that_span_no_line_are_refused) {
    const auto one = commit("one");
    commit("two");
    struct Case {
        std::string good, bad, what;
        util::ErrorKind kind;
    };
    for (const auto& each :
         {Case{"HEAD", one, "does not come from the good one", util::ErrorKind::invalid_input},
          Case{one, one, "the same commit", util::ErrorKind::invalid_input},
          Case{"nowhere", "HEAD", "no revision nowhere", util::ErrorKind::not_found},
          Case{one, "--output=x", "is no commit", util::ErrorKind::invalid_input}}) {
        const auto line = find(each.good, each.bad);
        ASSERT_FALSE(line) << each.what;
        EXPECT_THAT(line.error().what, HasSubstr(each.what));
        EXPECT_EQ(line.error().kind, each.kind);
    }
}

}  // namespace
}  // namespace krepro::checkout
