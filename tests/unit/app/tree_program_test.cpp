// SPDX-License-Identifier: Apache-2.0
#include "app/tree_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/job_stores.hpp"
#include "store/store.hpp"
#include "util/files.hpp"

namespace krepro::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int k_usage = 64;

// A tree of the user's own, with files in the cache.
class TreeOfAJob : public testing::Test {
  protected:
    void SetUp() override {
        settings_.state = folder_.path() / "state";
        settings_.cache = folder_.path() / "cache";
        settings_.share = folder_.path() / "share";
        write(settings_.share / "kernels/trees.toml", "");
        write(settings_.state / "trees.toml",
              "[mine]\nkind = \"tarball\"\nlocation = \"/none.tar\"\n");
        write(source() / "Makefile", "all:\n");
    }
    static void write(const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    [[nodiscard]] fs::path source() const { return settings_.cache / "trees/mine/source"; }

    static void add_job(const fs::path& store, model::JobStage stage) {
        fs::create_directories(store.parent_path());
        const auto opened = util::value_or_throw(store::Store::open(store));
        model::Job job;
        job.spec.tree = "mine";
        auto added = opened->add_job(job);
        added.stage = stage;
        util::value_or_throw(opened->update_job(added));
    }
    int run(TreeRequest::What what) {
        TreeRequest request;
        request.what = what;
        request.name = "mine";
        testing::internal::CaptureStderr();
        const int status = run_tree(settings_, request);
        said_ = testing::internal::GetCapturedStderr();
        return status;
    }

    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "krepro-tree"));
    Settings settings_;
    std::string said_;
};

TEST_F(TreeOfAJob, that_is_not_done_is_neither_removed_nor_brought_up_to_date) {
    add_job(settings_.state / "krepro.db", model::JobStage::running);
    for (const auto what : {TreeRequest::What::remove, TreeRequest::What::update}) {
        EXPECT_EQ(run(what), k_usage);
        EXPECT_THAT(said_, HasSubstr("job 1 has the tree"));
        EXPECT_TRUE(fs::exists(source() / "Makefile"));
    }
}

TEST_F(TreeOfAJob, that_is_done_can_be_removed) {
    add_job(settings_.state / "krepro.db", model::JobStage::done);
    EXPECT_EQ(run(TreeRequest::What::remove), 0) << said_;
    EXPECT_FALSE(fs::exists(source()));
}

TEST_F(TreeOfAJob, of_krepro_run_is_held_while_that_runs) {
    const auto state = settings_.state / "run";
    add_job(state / "krepro.db", model::JobStage::running);
    EXPECT_TRUE(job_stores(settings_.state).empty());
    {
        const auto lock = util::FileLock::take(state / "lock", util::FileLock::Wait::no);
        EXPECT_EQ(run(TreeRequest::What::remove), k_usage);
    }
    EXPECT_EQ(run(TreeRequest::What::remove), 0) << said_;
}

TEST_F(TreeOfAJob, is_held_in_the_cache_whoever_has_the_job) {
    add_job(settings_.state / "krepro.db", model::JobStage::done);
    add_job(settings_.state / "run/krepro.db", model::JobStage::running);
    EXPECT_EQ(held_by_jobs(settings_.state).trees.count("mine"), 0U) << "its run was killed";
    {
        const auto run =
            util::FileLock::take(settings_.state / "run/lock", util::FileLock::Wait::no);
        const auto holds = held_by_jobs(settings_.state);
        EXPECT_EQ(holds.trees.count("mine"), 1U);
        EXPECT_EQ(holds.jobs, 1);
    }
    add_job(settings_.state / "krepro.db", model::JobStage::running);
    EXPECT_EQ(held_by_jobs(settings_.state).trees.count("mine"), 1U);
}

}  // namespace
}  // namespace krepro::app
