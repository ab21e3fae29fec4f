// SPDX-License-Identifier: Apache-2.0
#include "pipeline/keep_files.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>

#include "run_job_fixture.hpp"

namespace krepro::pipeline {
namespace {

namespace asio = boost::asio;
using run_job_fixture::RunJob;

class KeepFiles : public RunJob {
  protected:
    std::filesystem::path file_with(const std::string& text) {
        const auto file = folder_.path() / "file";
        util::value_or_throw(util::write_file_atomic(file, text));
        return file;
    }

    // A job that is done and has this artifact.
    static std::int64_t done_job_in(store::Store& s, const std::string& hash) {
        auto job = s.add_job({});
        s.note_artifacts(job.id, {hash});
        job.stage = model::JobStage::done;
        util::value_or_throw(s.update_job(job));
        return job.id;
    }

    void begin(std::int64_t job, std::vector<std::filesystem::path> files) {
        asio::co_spawn(io_, keep_files(services_, job, std::move(files), Absent::empty),
                       [this](const std::exception_ptr& e, std::vector<std::string> hashes) {
                           EXPECT_FALSE(e);
                           hashes_ = std::move(hashes);
                       });
    }

    std::vector<std::string> hashes_;
};

TEST_F(KeepFiles, they_stay_while_the_job_does) {
    const auto id = add(spec());
    begin(id, {file_with("a console"), folder_.path() / "none"});
    io_.run();
    ASSERT_EQ(hashes_.size(), 2U);
    EXPECT_TRUE(artifacts_.path(hashes_[0]));
    EXPECT_EQ(std::filesystem::file_size(*artifacts_.path(hashes_[1])), 0U);
    EXPECT_EQ(query([hash = hashes_[0]](store::Store& s) {
                  return s.delete_job(done_job_in(s, hash))->size();
              }),
              0U)
        << "another job has it too";
}

TEST_F(KeepFiles, one_that_goes_with_its_last_job_meanwhile_is_put_there_anew) {
    const auto file = file_with("a console");
    const auto hash = util::value_or_throw(artifacts_.add_file(file));
    const auto old = query([hash](store::Store& s) { return done_job_in(s, hash); });
    const auto id = add(spec());
    // The store is busy until the file was found to be there; then the old job goes.
    std::promise<void> found;
    bool deleted = false;
    const std::function<void(store::Store&)> remove = [&](store::Store& s) {
        found.get_future().wait();
        for (const auto& orphan : util::value_or_throw(s.delete_job(old)))
            artifacts_.remove(orphan);
        deleted = !artifacts_.path(hash);
    };
    asio::co_spawn(
        io_, [this, remove]() -> asio::awaitable<void> { co_await store_.call(remove); },
        [](const std::exception_ptr& e) { EXPECT_FALSE(e); });
    begin(id, {file});
    io_.poll();  // both are on their way; the pool has one thread, so what comes next is after
    asio::post(pool_, [&] { found.set_value(); });
    io_.restart();
    io_.run();
    EXPECT_TRUE(deleted);
    EXPECT_EQ(hashes_, std::vector{hash});
    EXPECT_TRUE(artifacts_.path(hash));
    EXPECT_TRUE(artifacts_.verify(hash));
}

}  // namespace
}  // namespace krepro::pipeline
