// SPDX-License-Identifier: Apache-2.0
// The store's file: opened again, by two, by a newer program, damaged.
#include <soci.h>
#include <sqlite3/soci-sqlite3.h>

#include <chrono>
#include <thread>

#include "store/schema.hpp"
#include "unit/store/store_fixture.hpp"
#include "util/files.hpp"

namespace krepro::store {
namespace {

using model::ArmName;
using model::Job;
using util::ErrorKind;

class StoreOnDisk : public ::testing::Test {
  protected:
    StoreOnDisk() : folder_(*util::TempDir::make(::testing::TempDir(), "store")) {}
    [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "krepro.db"; }
    [[nodiscard]] std::unique_ptr<Store> open() const {
        auto store = Store::open(file());
        EXPECT_TRUE(store) << store.error().to_string();
        return std::move(*store);
    }

  private:
    util::TempDir folder_;
};

TEST_F(StoreOnDisk, what_was_written_is_there_when_it_is_opened_again) {
    Job job;
    std::int64_t seq = 0;
    {
        auto store = open();
        job = store->add_job(job_titled("x"));
        store->add_trial(trial_of(job.id, ArmName::unpatched));
        seq = store->add_event(job.id, "log", {}).seq;
    }
    auto store = open();
    EXPECT_EQ(store->job(job.id), job);
    EXPECT_EQ(store->unfinished_jobs(), std::vector<std::int64_t>{job.id});
    EXPECT_FALSE(store->trials(job.id)[0].outcome);
    EXPECT_EQ(store->add_trial(trial_of(job.id, ArmName::unpatched)).number, 2);
    EXPECT_GT(store->add_event(job.id, "log", {}).seq, seq);
}

// A commit is on the disk when the call returns: a copy of the files taken while the writer is
// still open is what a process that was killed leaves behind.
TEST_F(StoreOnDisk, a_store_that_was_not_closed_loses_nothing) {
    auto store = open();
    const auto job = store->add_job(job_titled("x"));
    const auto killed = *util::TempDir::make(::testing::TempDir(), "killed");
    for (const auto* suffix : {"", "-wal"})
        std::filesystem::copy_file(file().string() + suffix,
                                   killed.path() / (std::string("krepro.db") + suffix));
    auto reopened = Store::open(killed.path() / "krepro.db");
    ASSERT_TRUE(reopened) << reopened.error().to_string();
    EXPECT_EQ((*reopened)->job(job.id), job);
}

TEST_F(StoreOnDisk, two_openers_share_one_file) {
    auto first = open();
    auto second = open();
    const auto id = first->add_job(job_titled("x")).id;
    EXPECT_TRUE(second->job(id));
    EXPECT_EQ(second->add_job(job_titled("y")).id, id + 1);
}

TEST_F(StoreOnDisk, a_schema_of_a_newer_program_is_refused) {
    open().reset();
    {
        soci::session sql(soci::sqlite3, "db=" + file().string());
        const int newer = schema_version() + 1;
        sql << "INSERT INTO schema_version(version) VALUES (:v)", soci::use(newer, "v");
    }
    const auto store = Store::open(file());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
    EXPECT_NE(store.error().what.find("schema version"), std::string::npos);
    EXPECT_EQ(store.error().where, file().string());
}

// As a program of before the index of titles left it.
void forget_titles(soci::session& sql) {
    for (const auto* trigger : {"added", "gone", "changed"})
        sql << std::string("DROP TRIGGER job_title_") + trigger;
    sql << "DROP TABLE job_titles";
    sql << "DELETE FROM schema_version WHERE version >= 8";
}

TEST_F(StoreOnDisk, titles_of_before_their_index_are_found) {
    open()->add_job(job_titled("mm: slab"));
    {
        soci::session sql(soci::sqlite3, "db=" + file().string());
        forget_titles(sql);
    }
    EXPECT_EQ(open()->summaries({{}, {}, "slab", 0, 50}).size(), 1U);
}

TEST_F(StoreOnDisk, a_new_form_waits_for_who_writes) {
    open()->add_job(job_titled("mm: slab"));
    soci::session other(soci::sqlite3, "db=" + file().string());
    forget_titles(other);
    other << "BEGIN IMMEDIATE";
    std::thread writer([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        other << "COMMIT";
    });
    const auto store = Store::open(file());
    writer.join();
    ASSERT_TRUE(store) << store.error().to_string();
    EXPECT_EQ((*store)->summaries({{}, {}, "slab", 0, 50}).size(), 1U);
}

TEST_F(StoreOnDisk, a_summary_is_kept_without_what_is_empty_and_read_with_it_too) {
    auto store = open();
    store->add_job(job_titled("x"));
    soci::session sql(soci::sqlite3, "db=" + file().string());
    std::string kept;
    sql << "SELECT summary FROM job_documents", soci::into(kept);
    EXPECT_EQ(kept.find("\"\""), std::string::npos) << kept;
    EXPECT_EQ(kept.find("null"), std::string::npos) << kept;
    const auto before = model::to_json(store->summaries({}).front());
    const auto whole = model::dump(before);
    sql << "UPDATE job_documents SET summary = :whole", soci::use(whole);
    EXPECT_EQ(model::to_json(store->summaries({}).front()), before);
}

TEST_F(StoreOnDisk, a_file_that_is_no_database_is_refused) {
    ASSERT_TRUE(util::write_file_atomic(file(), std::string(8192, 'x')));
    const auto store = Store::open(file());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
}

TEST_F(StoreOnDisk, a_folder_that_cannot_be_made_is_refused) {
    ASSERT_TRUE(util::write_file_atomic(file(), "a file, not a folder"));
    const auto store = Store::open(file() / "below" / "krepro.db");
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
}

TEST_F(StoreOnDisk, a_damaged_document_names_its_row) {
    auto store = open();
    const auto id = store->add_job(job_titled("x")).id;
    {
        soci::session sql(soci::sqlite3, "db=" + file().string());
        sql << "UPDATE job_documents SET document = '{'";
    }
    try {
        (void)store->job(id);
        FAIL() << "a damaged document was read";
    } catch (const util::InfraError& error) {
        EXPECT_NE(error.error().where.find("job 1"), std::string::npos);
    }
}

}  // namespace
}  // namespace krepro::store
