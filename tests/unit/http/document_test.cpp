// SPDX-License-Identifier: Apache-2.0
#include "http/document.hpp"

#include <gtest/gtest.h>

namespace krepro::http {
namespace {

SharedDocument document(std::size_t bytes) {
    return std::make_shared<const Document>(std::string(bytes, 'd'));
}

TEST(DocumentCache, what_is_kept_is_found_until_its_job_changes) {
    DocumentCache cache;
    EXPECT_EQ(cache.find(1, 0), nullptr);
    const auto kept = document(10);
    cache.keep(1, 7, kept);
    EXPECT_EQ(cache.find(1, 7), kept);
    EXPECT_EQ(cache.find(2, 7), nullptr);
    EXPECT_EQ(cache.find(1, 8), nullptr);
    EXPECT_EQ(cache.find(1, 7), nullptr) << "an old document is given up";
    EXPECT_EQ(cache.bytes(), 0U);
}

TEST(DocumentCache, it_stays_small_and_keeps_what_is_asked_for) {
    DocumentCache cache;
    const auto wanted = document(DocumentCache::k_max_bytes / 8);
    cache.keep(1, 0, wanted);
    for (int job = 2; job < 1000; ++job) {
        cache.keep(job, 0, document(DocumentCache::k_max_bytes / 8));
        EXPECT_EQ(cache.find(1, 0), wanted);
        EXPECT_LE(cache.bytes(), DocumentCache::k_max_bytes);
    }
    EXPECT_EQ(cache.find(900, 0), nullptr);
    for (int job = 2; job < 1000; ++job) cache.keep(job, 0, document(1));
    int kept = 0;
    for (int job = 2; job < 1000; ++job) kept += cache.find(job, 0) ? 1 : 0;
    EXPECT_LE(kept, static_cast<int>(DocumentCache::k_max_documents));
    cache.keep(5000, 0, document(DocumentCache::k_max_bytes));
    EXPECT_EQ(cache.find(5000, 0), nullptr);
}

}  // namespace
}  // namespace krepro::http
