// SPDX-License-Identifier: Apache-2.0
// Which jobs a listing shows, and what it shows of them.
#include "unit/store/store_fixture.hpp"

namespace krepro::store {
namespace {

using model::JobStage;

TEST(StoreListing, filters_narrow_and_paging_walks_from_the_newest) {
    auto store = memory_store();
    std::string long_title = "net: ";
    for (int i = 0; i < 150; ++i) long_title += "net: ";
    for (const auto& title : {std::string("sched: 100% idle"), std::string("mm: slab_free"),
                              std::string("mm: SLAB cache"), std::string("net: x"),
                              std::string("\u00c4rger"), std::string("\xe2 lost byte"), long_title})
        store->add_job(job_titled(title));
    auto done = *store->job(2);
    done.stage = JobStage::done;
    done.verdict.emplace();
    done.verdict->kind = model::VerdictKind::fixed;
    ASSERT_TRUE(store->update_job(done));

    struct Case {
        const char* name;
        JobFilter filter;
        std::vector<std::int64_t> ids;
    };
    const std::vector<Case> cases{
        {"all", {}, {7, 6, 5, 4, 3, 2, 1}},
        {"text in any case", {{}, {}, "slab", 0, 50}, {3, 2}},
        {"a per cent sign is no wildcard", {{}, {}, "0%", 0, 50}, {1}},
        {"an underscore is no wildcard", {{}, {}, "b_f", 0, 50}, {2}},
        {"two letters, in any case", {{}, {}, "LA", 0, 50}, {3, 2}},
        {"across a blank and a colon", {{}, {}, "m: sL", 0, 50}, {3, 2}},
        {"words that are there, but not side by side", {{}, {}, "slab mm", 0, 50}, {}},
        {"a query's own words are text", {{}, {}, "slab\" OR \"net", 0, 50}, {}},
        {"a character that ends a query", {{}, {}, std::string("mm:\0", 4), 0, 50}, {}},
        {"beyond ASCII as it is written", {{}, {}, "\u00e4r", 0, 50}, {}},
        {"and no more of it in a longer text", {{}, {}, "\u00e4rger", 0, 50}, {}},
        {"beside what is beyond ASCII", {{}, {}, "\u00c4RGER", 0, 50}, {5}},
        {"after a byte that is no character", {{}, {}, "lost byte", 0, 50}, {6}},
        {"a long text", {{}, {}, long_title.substr(3), 0, 50}, {7}},
        {"a long text with one more letter", {{}, {}, long_title + "e", 0, 50}, {}},
        {"text of jobs that wait", {JobStage::queued, {}, "slab", 0, 50}, {3}},
        {"bytes that are no character", {{}, {}, "\xff\xfe\xfd\xc0", 0, 50}, {}},
        {"text of a stage", {JobStage::done, {}, "slab", 0, 50}, {2}},
        {"text of a verdict that no such job has",
         {{}, model::VerdictKind::not_fixed, "slab", 0, 50},
         {}},
        {"text before a job", {{}, {}, "slab", 3, 50}, {2}},
        {"text, one job", {{}, {}, "slab", 0, 1}, {3}},
        {"by stage", {JobStage::done, {}, "", 0, 50}, {2}},
        {"by verdict", {{}, model::VerdictKind::fixed, "", 0, 50}, {2}},
        {"by both, none", {JobStage::queued, model::VerdictKind::fixed, "", 0, 50}, {}},
        {"a page", {{}, {}, "", 4, 2}, {3, 2}},
        {"a limit below one is one", {{}, {}, "", 0, 0}, {7}},
    };
    for (const auto& c : cases) {
        std::vector<std::int64_t> jobs, summaries;
        for (const auto& job : store->jobs(c.filter)) jobs.push_back(job.id);
        for (const auto& summary : store->summaries(c.filter)) summaries.push_back(summary.id);
        EXPECT_EQ(jobs, c.ids) << c.name;
        EXPECT_EQ(summaries, c.ids) << c.name;
    }
}

TEST(StoreListing, a_title_of_megabytes_is_listed_by_its_beginning_and_kept_whole) {
    auto store = memory_store();
    const auto title = "mm: " + std::string(4 << 20, 'x') + " end";
    const auto id = store->add_job(job_titled(title)).id;
    EXPECT_EQ(store->summaries({{}, {}, "MM: x", 0, 50}).size(), 1U);
    EXPECT_TRUE(store->summaries({{}, {}, " end", 0, 50}).empty());
    EXPECT_EQ(store->job(id)->title, title);
}

TEST(StoreListing, a_search_knows_the_title_that_a_job_has_now) {
    auto store = memory_store();
    auto job = store->add_job(job_titled("mm: slab"));
    store->add_job(job_titled("mm: slab again"));
    const auto found = [&](const char* text) {
        std::vector<std::int64_t> ids;
        for (const auto& summary : store->summaries({{}, {}, text, 0, 50}))
            ids.push_back(summary.id);
        return ids;
    };
    job.title = "net: socket";
    ASSERT_TRUE(store->update_job(job));
    EXPECT_EQ(found("slab"), (std::vector<std::int64_t>{2}));
    EXPECT_EQ(found("socket"), (std::vector<std::int64_t>{1}));
    job.stage = JobStage::done;
    ASSERT_TRUE(store->update_job(job));
    ASSERT_TRUE(store->delete_job(job.id));
    EXPECT_TRUE(found("socket").empty());
    EXPECT_EQ(found("again"), (std::vector<std::int64_t>{2}));
}

TEST(StoreListing, a_summary_is_the_job_without_its_heavy_parts) {
    auto store = memory_store();
    auto job = job_titled("a");
    job.mail.author = "A <a@b.c>";
    job.mail.patch = "diff";
    job.expected.emplace();
    job.unpatched_build.emplace();
    job = store->add_job(job);
    ASSERT_TRUE(store->request_cancel(job.id));
    job.stage = JobStage::done;
    job.verdict.emplace();
    job.verdict->kind = model::VerdictKind::not_fixed;
    ASSERT_TRUE(store->update_job(job));
    const auto summaries = store->summaries({});
    ASSERT_EQ(summaries.size(), 1U);
    auto expected = *store->job(job.id);
    expected.spec.mail.clear();
    expected.mail.patch.clear();
    expected.expected.reset();
    expected.unpatched_build.reset();
    EXPECT_EQ(summaries[0], expected);
    EXPECT_TRUE(summaries[0].cancel_requested);
}

TEST(StoreListing, ten_thousand_jobs_can_be_listed_and_searched) {
    auto store = memory_store();
    for (int i = 0; i < 10000; ++i) store->add_job(job_titled("job " + std::to_string(i)));
    EXPECT_EQ(store->summaries({{}, {}, "", 0, 500}).size(), 500U);
    const auto found = store->summaries({{}, {}, "job 7777", 0, 50});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].id, 7778);
    EXPECT_EQ(store->unfinished_jobs().size(), 10000U);
}

}  // namespace
}  // namespace krepro::store
